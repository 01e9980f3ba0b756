//! Whether messages are logged.

use super::*;

#[track_caller]
fn check(settings: &Settings, message: Message, verdict: Verdict) {
    let decision = decide(&Document::Messages(single(message)), settings, &Company::default(), None).unwrap();
    assert_eq!((decision.verdict, decision.call_type()), (verdict, None), "{:?}", decision.trace);
}

#[test]
fn messages_are_logged_as_completed_at_any_time() {
    let mut settings = Settings::default();
    settings.business_hours.log_calls = LogCalls::DuringBusinessHours;
    let mut closed = message();
    closed.line.open = Some(false);
    check(&settings, closed, Verdict::Log(TaskStatus::Completed));
}

#[test]
fn disabled_messages_unselected_lines_and_short_codes_are_skipped() {
    let off = Settings { log_messages: false, ..Settings::default() };
    check(&off, message(), Verdict::Skip(SkipReason::MessagesOff));
    let other = Settings { lines: Some(BTreeSet::from([LineId(1)])), ..Settings::default() };
    check(&other, message(), Verdict::Skip(SkipReason::LineNotSelected));
    let short = Message { party: Party::Unusable("3030".to_owned()), ..message() };
    check(&Settings::default(), short, Verdict::Skip(SkipReason::ShortCode));
}

#[test]
fn messages_between_own_lines_are_skipped_if_the_settings_say_so() {
    let own_lines = message().party.phone().cloned().into_iter().collect();
    let company = Company { own_lines, connected_since: None };
    let settings = Settings { internal_calls: InternalCalls::DoNothing, ..Settings::default() };
    let document = Document::Messages(single(message()));
    let decision = decide(&document, &settings, &company, None).unwrap();
    assert_eq!(decision.verdict, Verdict::Skip(SkipReason::InternalCall));
    let decision = decide(&document, &Settings::default(), &company, None).unwrap();
    assert_eq!(decision.verdict, Verdict::Log(TaskStatus::Completed));
}

#[test]
fn new_settings_do_not_apply_to_messages_already_decided() {
    let document = Document::Messages(single(message()));
    let logged = decide(&document, &Settings::default(), &Company::default(), None).unwrap();
    let off = Settings { log_messages: false, ..Settings::default() };
    assert_eq!(decide(&document, &off, &Company::default(), Some(&logged)), Some(logged));
}

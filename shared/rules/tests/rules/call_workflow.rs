//! The choices of the call workflow for each call type, and when a decision is taken again.

use std::collections::BTreeSet;

use rules::settings::{LogAs, Settings};
use rules::{
    CallDocument, CallEvent, CallType, Company, Decision, Document, LineId, Party, SkipReason, Snapshot, TaskStatus,
    Topic, Verdict,
};

use crate::support::{Timestamp, at, call, decide, ended};

fn all(log_as: LogAs) -> Settings {
    let mut settings = Settings::default();
    for call_type in CallType::ALL {
        settings.call_workflow.set(call_type, log_as);
    }
    settings
}

#[test]
fn each_call_type_is_classified_and_follows_its_own_choice() {
    let choices = [
        (LogAs::Completed, Verdict::Log(TaskStatus::Completed)),
        (LogAs::InProgress, Verdict::Log(TaskStatus::InProgress)),
        (LogAs::DoNothing, Verdict::Skip(SkipReason::DoNothing)),
    ];
    for call_type in CallType::ALL {
        for (choice, expected) in choices {
            // All other types get a different choice, so that a mix-up fails the test.
            let mut settings = all(if choice == LogAs::Completed { LogAs::InProgress } else { LogAs::Completed });
            settings.call_workflow.set(call_type, choice);
            let document = serde_json::to_value(&settings).unwrap();
            assert_eq!(document["call_workflow"][call_type.key()], serde_json::to_value(choice).unwrap());
            let decision = decide(&ended(call(call_type)), &settings, None).unwrap();
            assert_eq!((decision.call_type(), decision.verdict), (Some(call_type), expected));
            assert!(decision.trace.finding(Topic::CallWorkflow).unwrap().contains(&call_type.to_string()));
        }
    }
}

#[test]
fn there_is_no_decision_before_the_call_is_over() {
    let mut unanswered = call(CallType::Missed);
    let hungup = Snapshot { event: CallEvent::Hungup, at: unanswered.ended_at.unwrap(), call: unanswered.clone() };
    assert_eq!(decide(&hungup.into(), &Settings::default(), None), None);
    unanswered.ended_at = None;
    let created = Snapshot { event: CallEvent::Created, at: unanswered.started_at, call: unanswered };
    assert_eq!(decide(&created.into(), &Settings::default(), None), None);
}

#[test]
fn a_call_whose_ended_event_was_lost_is_decided_on_a_later_event() {
    let call = call(CallType::Missed);
    let commented = Snapshot { event: CallEvent::Commented, at: at("2026-03-23T10:02:00Z"), call };
    assert!(decide(&commented.into(), &Settings::default(), None).is_some());
}

#[test]
fn the_missed_call_reason_does_not_affect_the_call_type() {
    let mut outbound = call(CallType::OutboundUnanswered);
    outbound.missed_call_reason = Some(rules::MissedCallReason::AgentsDidNotAnswer);
    assert_eq!(
        decide(&ended(outbound), &Settings::default(), None).unwrap().call_type(),
        Some(CallType::OutboundUnanswered)
    );
}

#[test]
fn only_calls_on_the_selected_lines_are_logged() {
    let mut settings = Settings { lines: Some(BTreeSet::from([LineId(1)])), ..Settings::default() };
    let document = ended(call(CallType::Missed));
    let decision = decide(&document, &settings, None).unwrap();
    assert_eq!(decision.verdict, Verdict::Skip(SkipReason::LineNotSelected));
    settings.lines = Some(BTreeSet::from([LineId(397_375)]));
    assert!(matches!(decide(&document, &settings, None).unwrap().verdict, Verdict::Log(_)));
}

#[test]
fn calls_without_a_usable_phone_number_are_skipped_with_a_reason() {
    let unusable = |text: &str| Party::Unusable(text.to_owned());
    for (party, reason) in [
        (Party::Anonymous, SkipReason::Anonymous),
        (unusable("3030"), SkipReason::ShortCode),
        (unusable("ACME Bank"), SkipReason::AlphanumericSender),
        (unusable("sip:lou@example.com"), SkipReason::SipAddress),
        (unusable("agent@example.com"), SkipReason::SipAddress),
        (unusable("0612345678"), SkipReason::NotAPhoneNumber),
        (unusable("Reception of the house"), SkipReason::NotAPhoneNumber),
    ] {
        let mut call = call(CallType::InboundAnswered);
        call.party = party;
        assert_eq!(decide(&ended(call), &Settings::default(), None).unwrap().verdict, Verdict::Skip(reason));
    }
}

fn with_late_comment(document: CallDocument) -> CallDocument {
    let mut call = document.call();
    call.comments.push(rules::Comment { content: "Later".to_owned(), posted_at: None, posted_by: None });
    document.merge(Snapshot { event: CallEvent::Commented, at: at("2026-03-30T10:00:00Z"), call }.into())
}

#[test]
fn new_settings_do_not_apply_to_a_call_already_decided() {
    let document = ended(call(CallType::Missed));
    let skipped = decide(&document, &all(LogAs::DoNothing), None).unwrap();
    let again = decide(&with_late_comment(document), &all(LogAs::Completed), Some(&skipped)).unwrap();
    assert_eq!(again, skipped);
}

#[test]
fn a_missed_call_that_turns_out_to_be_a_voicemail_is_decided_again() {
    let mut settings = all(LogAs::DoNothing);
    settings.call_workflow.voicemail = LogAs::InProgress;
    let missed = ended(call(CallType::Missed));
    let skipped = decide(&missed, &settings, None).unwrap();
    assert_eq!(skipped.verdict, Verdict::Skip(SkipReason::DoNothing));
    let left = CallEvent::VoicemailLeft;
    let both =
        missed.merge(Snapshot { event: left, at: at("2026-03-23T10:01:00Z"), call: call(CallType::Voicemail) }.into());
    let decision = decide(&both, &settings, Some(&skipped)).unwrap();
    assert_eq!(
        (decision.call_type(), decision.verdict),
        (Some(CallType::Voicemail), Verdict::Log(TaskStatus::InProgress))
    );
}

#[test]
fn a_logged_call_stays_logged() {
    let mut settings = all(LogAs::Completed);
    settings.call_workflow.voicemail = LogAs::DoNothing;
    let missed = ended(call(CallType::Missed));
    let logged = decide(&missed, &settings, None).unwrap();
    let left = CallEvent::VoicemailLeft;
    let both =
        missed.merge(Snapshot { event: left, at: at("2026-03-23T10:01:00Z"), call: call(CallType::Voicemail) }.into());
    let decision = decide(&both, &settings, Some(&logged)).unwrap();
    assert_eq!(
        (decision.call_type(), decision.verdict),
        (Some(CallType::Voicemail), Verdict::Log(TaskStatus::Completed))
    );
    assert!(decision.trace.finding(Topic::CallType).unwrap().contains("stays logged"));
}

#[test]
fn a_call_that_ended_before_the_company_was_connected_is_skipped() {
    let document = Document::from(ended(call(CallType::InboundAnswered)));
    let ended_at = document.interaction().call().unwrap().ended_at.unwrap();
    let verdict = |connected_since, previous: Option<&Decision>| {
        let company = Company { connected_since, ..Company::default() };
        rules::decide::decide(&document, &Settings::default(), &company, previous).unwrap()
    };
    let later = Timestamp::from_second(ended_at.as_second() + 1).unwrap();
    let skipped = verdict(Some(later), None);
    assert_eq!(skipped.verdict, Verdict::Skip(SkipReason::BeforeConnection));
    for since in [None, Some(ended_at)] {
        let logged = verdict(since, None);
        assert!(matches!(logged.verdict, Verdict::Log(_)), "{since:?}");
        assert_eq!(verdict(Some(later), Some(&logged)).verdict, logged.verdict, "a Task is never withdrawn");
    }
}

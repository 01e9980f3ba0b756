//! Deciding again about what was skipped.

use rules::decide_again::{DecideAgain, decide_again};
use rules::settings::LogAs;
use rules::{CallType, Company, Decision, Document, Party, Settings, SkipReason, TaskStatus, Topic, Verdict};

use crate::support::{at, call, ended};

const FIRST: &str = "2026-03-30T08:00:00Z";
const LATER: &str = "2026-03-31T09:15:00Z";

/// A missed call.
fn missed() -> Document {
    ended(call(CallType::Missed)).into()
}

fn log_missed_as(log_as: LogAs) -> Settings {
    let mut settings = Settings::default();
    settings.call_workflow.missed = log_as;
    settings
}

fn again(document: &Document, settings: &Settings, previous: &Decision, when: &str) -> Decision {
    let request = DecideAgain { by: "Ada Admin", at: at(when) };
    decide_again(document, settings, &Company::default(), Some(previous), request).unwrap()
}

fn first(document: &Document, settings: &Settings) -> Decision {
    rules::decide::decide(document, settings, &Company::default(), None).unwrap()
}

#[test]
fn what_was_skipped_is_logged_if_the_settings_now_say_so() {
    let skipped = first(&missed(), &log_missed_as(LogAs::DoNothing));
    assert_eq!(skipped.verdict, Verdict::Skip(SkipReason::DoNothing));
    let decision = again(&missed(), &log_missed_as(LogAs::InProgress), &skipped, FIRST);
    assert_eq!(decision.verdict, Verdict::Log(TaskStatus::InProgress));
    let steps = decision.trace.steps();
    assert_eq!(steps[0].about, Topic::Event);
    let finding = "Decided again by the settings as they were on 2026-03-30 at 08:00 UTC, as Ada Admin asked.";
    assert_eq!(steps[0].finding, finding);
    assert!(decision.trace.finding(Topic::CallWorkflow).unwrap().contains("In progress"));
    assert_eq!(decision.call_type(), Some(CallType::Missed));
}

#[test]
fn what_is_still_skipped_has_the_reason_of_the_current_settings() {
    let skipped = first(&missed(), &log_missed_as(LogAs::DoNothing));
    let mut settings = log_missed_as(LogAs::Completed);
    settings.lines = Some([].into());
    let decision = again(&missed(), &settings, &skipped, FIRST);
    assert_eq!(decision.verdict, Verdict::Skip(SkipReason::LineNotSelected));
    assert_eq!(decision.trace.finding(Topic::CallWorkflow), None);
}

#[test]
fn a_withheld_number_is_skipped_again() {
    let mut call = call(CallType::Missed);
    call.party = Party::Anonymous;
    let document = ended(call).into();
    let skipped = first(&document, &Settings::default());
    let decision = again(&document, &log_missed_as(LogAs::Completed), &skipped, FIRST);
    assert_eq!(decision.verdict, Verdict::Skip(SkipReason::Anonymous));
}

#[test]
fn a_repeated_request_changes_a_skipped_decision_only_if_its_reasons_change() {
    let settings = log_missed_as(LogAs::DoNothing);
    let skipped = first(&missed(), &settings);
    let decision = again(&missed(), &settings, &skipped, FIRST);
    assert_ne!(decision, skipped, "the trace says that it was decided again");
    assert_eq!(again(&missed(), &settings, &decision, LATER), decision);

    let mut others = settings.clone();
    others.lines = Some([].into());
    let changed = again(&missed(), &others, &decision, LATER);
    assert!(changed.trace.steps()[0].finding.contains("2026-03-31 at 09:15 UTC"));
}

#[test]
fn what_the_writer_skipped_is_decided_anew_each_time() {
    let settings = log_missed_as(LogAs::Completed);
    let decision = again(&missed(), &settings, &first(&missed(), &settings), FIRST);
    let later = again(&missed(), &settings, &decision, LATER);
    assert_eq!(later.verdict, Verdict::Log(TaskStatus::Completed));
    assert_eq!(later.trace.steps().len(), decision.trace.steps().len());
    assert!(later.trace.steps()[0].finding.contains("2026-03-31"));
}

#[test]
fn a_later_event_keeps_the_decision() {
    let skipped = first(&missed(), &log_missed_as(LogAs::DoNothing));
    let decision = again(&missed(), &log_missed_as(LogAs::Completed), &skipped, FIRST);
    for settings in [log_missed_as(LogAs::DoNothing), log_missed_as(LogAs::InProgress)] {
        let kept = rules::decide::decide(&missed(), &settings, &Company::default(), Some(&decision)).unwrap();
        assert_eq!(kept, decision);
    }
}

//! Calls between the company's own lines.

use rules::settings::InternalCalls;
use rules::{CallType, Company, Decision, E164, Party, Settings, SkipReason, TaskStatus, Topic, Verdict};

use crate::support::{call, ended};

/// The decision about a call from `phone` to a company whose lines include +52 55 1234 5678.
fn decide(phone: &str, internal_calls: InternalCalls) -> Decision {
    let own_lines = [E164::parse("+525512345678").unwrap()].into_iter().collect();
    let company = Company { own_lines, connected_since: None };
    let settings = Settings { internal_calls, ..Settings::default() };
    let mut call = call(CallType::InboundAnswered);
    call.party = Party::Phone(E164::parse(phone).unwrap());
    rules::decide::decide(&ended(call).into(), &settings, &company, None).unwrap()
}

#[test]
fn a_call_from_an_own_line_is_skipped_if_the_settings_say_so() {
    for spelling in ["+525512345678", "+5215512345678"] {
        let decision = decide(spelling, InternalCalls::DoNothing);
        assert_eq!(decision.verdict, Verdict::Skip(SkipReason::InternalCall), "{spelling}");
        let finding = decision.trace.finding(Topic::PhoneNumber).unwrap();
        assert!(finding.contains("one of the company's own lines"), "{finding}");
    }
}

#[test]
fn a_call_from_an_own_line_is_to_be_logged_by_default() {
    assert_eq!(Settings::default().internal_calls, InternalCalls::Log);
    assert_eq!(decide("+525512345678", InternalCalls::Log).verdict, Verdict::Log(TaskStatus::Completed));
}

#[test]
fn a_call_from_another_number_is_not_affected() {
    for internal_calls in [InternalCalls::Log, InternalCalls::DoNothing] {
        assert_eq!(decide("+525512345679", internal_calls).verdict, Verdict::Log(TaskStatus::Completed));
    }
}

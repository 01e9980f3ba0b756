//! The order in which the events of a call are delivered does not matter for what is decided.

use proptest::prelude::*;
use rules::{CallDocument, CallReport, Company, Decision, Line, LineId, Settings, SkipReason, Verdict};
use serde_json::json;

use crate::any_report::{any_report, second};

/// Calls are logged on Mondays from nine to six, in the line's own time zone.
fn settings() -> Settings {
    let weekly = json!({"monday": [{"opens": "09:00", "closes": "18:00"}]});
    let schedule = json!({"time_zone": null, "weekly": weekly, "holidays": []});
    let mut document = serde_json::to_value(Settings::default()).unwrap();
    document["business_hours"] = json!({"log_calls": "during_business_hours", "schedule": schedule, "numbers": {}});
    Settings::parse(&document).unwrap()
}

/// Delivers the events one after the other. Returns the last decision, and what each document on the way would be decided
/// afresh.
fn deliver(reports: &[CallReport], company: &Company) -> (Option<Decision>, Vec<Verdict>) {
    let (settings, mut document, mut decision, mut afresh) = (settings(), None::<CallDocument>, None, Vec::new());
    for report in reports {
        let event = CallDocument::from(report.clone());
        let merged = document.map_or_else(|| event.clone(), |document| document.merge(event.clone()));
        let decide = |previous| rules::decide::decide(&merged.clone().into(), &settings, company, previous);
        afresh.extend(decide(None).map(|decision| decision.verdict));
        decision = decide(decision.as_ref());
        document = Some(merged);
    }
    (decision, afresh)
}

fn any_delivered() -> impl Strategy<Value = Vec<CallReport>> {
    let zones = ["Europe/Paris", "Pacific/Auckland", "Atlantis"].map(|zone| Some(zone.to_owned()));
    let line = (0u64..2, prop::sample::select([zones.to_vec(), vec![None]].concat()));
    let line = line.prop_map(|(id, time_zone)| Line { id: LineId(id), time_zone, ..Line::default() });
    let report = (any_report(), line).prop_map(|(report, line)| CallReport { line, ..report });
    prop::collection::vec(report, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_all_events_together_say_is_decided(reports in any_delivered(), since in 0i64..120) {
        let company = Company { connected_since: Some(second(since)), ..Company::default() };
        let (decision, afresh) = deliver(&reports, &company);
        let verdict = decision.map(|decision| decision.verdict);
        prop_assert_eq!(verdict.is_some(), !afresh.is_empty());
        if let (Some(verdict), Some(last)) = (verdict, afresh.last()) {
            // What was once to be logged stays so, as what it was, even if it would be skipped in between.
            let is_log = |verdict: &Verdict| matches!(verdict, Verdict::Log(_));
            let stays_logged = is_log(&verdict) && afresh.iter().any(is_log) && !afresh.iter().all(is_log);
            prop_assert!(verdict == *last || stays_logged, "{verdict:?} instead of {last:?}");
        }
    }
}

/// An inbound call of Monday morning in Auckland, which is Sunday evening in UTC.
fn monday_in_auckland(zone: Option<&str>) -> CallReport {
    let started_at = "2026-03-22T21:00:00Z".parse::<jiff::Timestamp>().unwrap();
    let after = |seconds| started_at + jiff::SignedDuration::from_secs(seconds);
    CallReport {
        direction: Some(rules::Direction::Inbound),
        started_at: Some(started_at),
        answered_at: Some(after(10)),
        ended_at: Some(after(60)),
        party: Some(rules::Party::Phone(rules::E164::parse("+33612345678").unwrap())),
        line: Line { id: LineId(1), time_zone: zone.map(str::to_owned), ..Line::default() },
        ..CallReport::new(rules::CallEvent::Ended, after(90), rules::CallId(7001))
    }
}

#[test]
fn a_time_zone_that_comes_later_decides() {
    let first = monday_in_auckland(None);
    let later = CallReport {
        event: rules::CallEvent::CommAssetsGenerated,
        at: first.at + jiff::SignedDuration::from_secs(60),
        ..monday_in_auckland(Some("Pacific/Auckland"))
    };
    let company = Company::default();
    let (decision, afresh) = deliver(&[first.clone(), later.clone()], &company);
    assert_eq!(afresh.first(), Some(&Verdict::Skip(SkipReason::OutsideBusinessHours)));
    let verdict = decision.unwrap().verdict;
    assert!(matches!(verdict, Verdict::Log(_)));
    assert_eq!(deliver(&[later, first], &company).0.unwrap().verdict, verdict);
}

#[test]
fn an_end_after_the_connection_that_comes_later_decides() {
    let ended = monday_in_auckland(Some("Pacific/Auckland"));
    let company = Company { connected_since: ended.answered_at, ..Company::default() };
    let voicemail = CallReport { event: rules::CallEvent::VoicemailLeft, ended_at: None, ..ended.clone() };
    let (decision, afresh) = deliver(&[voicemail.clone(), ended.clone()], &company);
    assert_eq!(afresh.first(), Some(&Verdict::Skip(SkipReason::BeforeConnection)));
    assert!(matches!(decision.unwrap().verdict, Verdict::Log(_)));
    assert!(matches!(deliver(&[ended, voicemail], &company).0.unwrap().verdict, Verdict::Log(_)));
}

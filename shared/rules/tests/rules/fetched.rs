//! Calls that Aircall was asked for, because no event of their end had arrived.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rules::{
    CallDocument, CallEvent, CallReport, CallType, Company, Decision, FetchCause, Fetched, Settings, SkipReason,
    Snapshot, Topic, Verdict,
};

use crate::support::{at, call, ended};

/// When and why a call was fetched.
pub(crate) fn any_fetched() -> BoxedStrategy<Fetched> {
    let causes = [FetchCause::Requested, FetchCause::Repaired, FetchCause::Compared];
    let at = |second| Timestamp::from_second(1_774_260_000 + second).unwrap();
    (0i64..3, prop::sample::select(causes.to_vec()))
        .prop_map(move |(second, cause)| Fetched { at: at(second), cause })
        .boxed()
}

/// A missed call as Aircall lists it, fetched at 13:05 for this reason.
fn fetched(cause: FetchCause) -> CallDocument {
    let at = at("2026-03-23T13:05:00Z");
    let snapshot = Snapshot { event: CallEvent::Ended, at, call: call(CallType::Missed) };
    CallReport { fetched: Some(Fetched { at, cause }), ..snapshot.into() }.into()
}

fn decide(document: &CallDocument, company: &Company, previous: Option<&Decision>) -> Decision {
    rules::decide::decide(&document.clone().into(), &Settings::default(), company, previous).unwrap()
}

/// A company that was first connected a day after the call.
fn connected_later() -> Company {
    let connected_since = Some(call(CallType::Missed).started_at + SignedDuration::from_hours(24));
    Company { connected_since, ..Company::default() }
}

#[test]
fn a_fetched_call_says_where_it_came_from_and_why_it_is_late() {
    for (cause, why) in [
        (FetchCause::Requested, "because an admin imported the calls of its day."),
        (FetchCause::Repaired, "after the webhook was repaired."),
        (FetchCause::Compared, "when Aircall's list of calls was compared."),
    ] {
        let decision = decide(&fetched(cause), &Company::default(), None);
        let expected = format!("Aircall's event did not arrive; the call was fetched on 2026-03-23 at 13:05 UTC {why}");
        assert_eq!(decision.trace.finding(Topic::Event), Some(expected.as_str()));
        assert!(matches!(decision.verdict, Verdict::Log(_)));
    }
}

#[test]
fn a_call_whose_own_event_arrived_is_not_late_in_either_order() {
    let (ended, fetched) = (ended(call(CallType::Missed)), fetched(FetchCause::Compared));
    for document in [ended.clone().merge(fetched.clone()), fetched.merge(ended)] {
        assert_eq!(document.why_late(), None);
        assert!(document.fetched().is_some());
        assert_eq!(decide(&document, &Company::default(), None).trace.finding(Topic::Event), None);
    }
}

#[test]
fn of_several_fetches_the_first_counts() {
    let later = CallReport {
        fetched: Some(Fetched { at: at("2026-03-24T08:00:00Z"), cause: FetchCause::Requested }),
        ..CallReport::new(CallEvent::Ended, at("2026-03-24T08:00:00Z"), call(CallType::Missed).id)
    };
    let both = CallDocument::from(later).merge(fetched(FetchCause::Repaired));
    assert_eq!(both.fetched().unwrap().cause, FetchCause::Repaired);
}

#[test]
fn a_call_of_an_imported_period_is_logged_though_it_is_from_before_the_connection() {
    let company = connected_later();
    let skipped = decide(&ended(call(CallType::Missed)), &company, None);
    assert_eq!(skipped.verdict, Verdict::Skip(SkipReason::BeforeConnection));
    let both = ended(call(CallType::Missed)).merge(fetched(FetchCause::Requested));
    for previous in [None, Some(&skipped)] {
        assert!(matches!(decide(&both, &company, previous).verdict, Verdict::Log(_)), "{previous:?}");
    }
    // Without an import it stays skipped, whatever comes later.
    let tagged = CallReport::new(CallEvent::Tagged, at("2026-03-25T08:00:00Z"), call(CallType::Missed).id);
    let later = ended(call(CallType::Missed)).merge(tagged.into());
    assert_eq!(decide(&later, &company, Some(&skipped)).verdict, skipped.verdict);
}

#[test]
fn a_stored_document_of_a_former_version_was_not_fetched() {
    let mut stored = serde_json::to_value(ended(call(CallType::Missed))).unwrap();
    let facts = stored["facts"].as_object_mut().unwrap();
    assert!(!facts.contains_key("fetched"));
    facts.remove("has_end_event");
    let document: CallDocument = serde_json::from_value(stored).unwrap();
    assert_eq!((document.fetched(), document.why_late()), (None, None));
}

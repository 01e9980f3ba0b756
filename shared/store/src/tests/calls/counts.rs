//! Counts of outcomes.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::tests::{Fixture, START, at, do_nothing, document, ended, logged, merge, problem, tenant};
use crate::{DayOutcomes, FailedCount, FailedKeys, Outcome};

/// Records a failure of the entry, as the writer does.
pub(super) async fn fail(f: &Fixture, key: &str) {
    let outcome = Outcome::Failed { problem: problem(), trace: rules::Trace::new() };
    f.calls.record_outcome(&f.tenant, &f.entry(key).await, &outcome, at(START + 1000)).await.unwrap();
}

/// Records that the entry was logged, as the writer does.
pub(super) async fn log(f: &Fixture, key: &str) {
    let entry = f.entry(key).await;
    f.calls.record_outcome(&f.tenant, &entry, &logged(&entry), at(START + 1000)).await.unwrap();
}

/// Merges the ended call `id`, which started `after` seconds after START and is skipped.
pub(super) async fn skip(f: &Fixture, id: u64, after: i64) -> String {
    let (key, change) = (format!("call-{id}"), merge(ended(id, START + after), &do_nothing()));
    f.calls.merge(&f.tenant, &key, &change, None, at(START + after + 60)).await.unwrap();
    key
}

/// Hours in seconds. START is 2026-03-23T08:30:00Z.
fn hours(hours: i64) -> i64 {
    hours * 3600
}

async fn days(f: &Fixture, first: Date, last: Date, zone: &TimeZone) -> Vec<(i8, u64, u64, u64, u64)> {
    let counted = f.calls.daily_outcomes(&f.tenant, first, last, zone).await.unwrap();
    assert!(counted.is_complete);
    let day = |day: DayOutcomes| (day.date.day(), day.logged, day.skipped, day.failed, day.waiting);
    counted.days.into_iter().map(day).collect()
}

#[tokio::test]
async fn each_day_counts_its_calls_by_outcome() {
    let f = Fixture::new().await;
    log(&f, &f.ended(1, 0).await).await;
    log(&f, &f.ended(2, 10).await).await;
    fail(&f, &f.ended(3, 20).await).await;
    skip(&f, 4, hours(24)).await;
    f.ended(5, hours(24) + 1).await;
    f.ended(6, hours(-24)).await;
    let open = merge(document("created", 7, START), &do_nothing());
    f.calls.merge(&f.tenant, "call-7", &open, None, at(START)).await.unwrap();
    let (first, last) = (date(2026, 3, 23), date(2026, 3, 25));
    let expected = [(23, 2, 0, 1, 0), (24, 0, 1, 0, 1), (25, 0, 0, 0, 0)];
    assert_eq!(days(&f, first, last, &TimeZone::UTC).await, expected);
    let other_tenant = f.calls.daily_outcomes(&tenant("two"), first, last, &TimeZone::UTC).await.unwrap();
    assert!(other_tenant.days.iter().all(|day| day.logged + day.skipped + day.failed + day.waiting == 0));
}

#[tokio::test]
async fn days_follow_the_time_zone() {
    let f = Fixture::new().await;
    // Clocks in Vienna go forward at 01:00 UTC on 2026-03-29, a day of 23 hours.
    let start = 1_774_738_800; // 2026-03-28T23:00:00Z, midnight in Vienna
    for (id, at) in [(1, start - 1), (2, start), (3, start + hours(23) - 1), (4, start + hours(23))] {
        f.ended(id, at - START).await;
    }
    let vienna = TimeZone::get("Europe/Vienna").unwrap();
    let count = async |zone: &TimeZone| days(&f, date(2026, 3, 28), date(2026, 3, 30), zone).await;
    assert_eq!(count(&vienna).await, [(28, 0, 0, 0, 1), (29, 0, 0, 0, 2), (30, 0, 0, 0, 1)]);
    assert_eq!(count(&TimeZone::UTC).await, [(28, 0, 0, 0, 2), (29, 0, 0, 0, 2), (30, 0, 0, 0, 0)]);
}

#[tokio::test]
async fn an_empty_range_has_no_days_and_a_long_one_the_latest_366() {
    let f = Fixture::new().await;
    f.ended(1, 0).await;
    let count = async |first, last| f.calls.daily_outcomes(&f.tenant, first, last, &TimeZone::UTC).await.unwrap();
    let none = count(date(2026, 3, 24), date(2026, 3, 23)).await;
    assert_eq!((none.days, none.is_complete), (vec![], true));
    for first in [Date::MIN, date(2025, 3, 22)] {
        let long = count(first, date(2026, 3, 23)).await;
        assert_eq!((long.days.len(), long.days[0].date, long.is_complete), (366, date(2025, 3, 23), false));
        assert_eq!(long.days[365].waiting, 1);
    }
    let end_of_time = count(Date::MAX, Date::MAX).await;
    assert_eq!((end_of_time.days.len(), end_of_time.is_complete), (1, true));
}

#[tokio::test]
async fn failed_entries_are_listed_latest_first_and_counted() {
    let f = Fixture::new().await;
    for (id, after) in [(1, 0), (2, 30), (3, 10), (4, 20), (5, 40)] {
        f.ended(id, after).await;
    }
    for key in ["call-1", "call-2", "call-3"] {
        fail(&f, key).await;
    }
    log(&f, "call-4").await;
    let failed = async |limit| f.calls.failed_keys(&f.tenant, limit).await.unwrap();
    let keys =
        |keys: &[&str], is_complete| FailedKeys { keys: keys.iter().map(|&key| key.to_owned()).collect(), is_complete };
    assert_eq!(failed(10).await, keys(&["call-2", "call-3", "call-1"], true));
    assert_eq!(failed(3).await, keys(&["call-2", "call-3", "call-1"], true));
    assert_eq!(failed(2).await, keys(&["call-2", "call-3"], false));
    assert_eq!(f.calls.count_failed(&f.tenant).await.unwrap(), FailedCount { count: 3, is_exact: true });
    assert_eq!(f.calls.count_failed(&tenant("two")).await.unwrap(), FailedCount { count: 0, is_exact: true });

    assert!(f.calls.retry(&f.tenant, "call-2", at(START + 2000)).await.unwrap());
    assert_eq!(failed(10).await, keys(&["call-3", "call-1"], true));
}

//! What a tenant costs on a day on which all is well, in requests to Aircall.

use std::time::Duration;

use aircall_sandbox::Options;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rules::CallEvent;
use store::{Comparison, LONGEST_CALL};
use tokio::time::Instant;

use super::Fixture;
use super::backfill::{call, connected, one};
use crate::backfill::compare::compare_one;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The begin of yesterday, in UTC.
fn midnight() -> Timestamp {
    let yesterday = Timestamp::now().as_second() / 86_400 - 1;
    Timestamp::from_second(yesterday * 86_400).unwrap()
}

/// Whether an office is open that has calls from 9 to 18.
fn is_open(at: Timestamp) -> bool {
    (9..18).contains(&at.duration_since(midnight()).as_hours())
}

/// A tenant with as many calls in each hour of yesterday, all of which have an entry, and with a webhook that is active. Its
/// events arrive, unless it has no calls.
async fn healthy(calls_an_hour: i64, is_office: bool) -> Fixture {
    let midnight = midnight();
    let between = SignedDuration::from_secs(3600 / calls_an_hour.max(1));
    let starts = (0..24 * calls_an_hour).map(|n| midnight + between * i32::try_from(n).unwrap());
    let starts = starts.filter(|at| !is_office || is_open(*at));
    let starts: Vec<(u64, Timestamp)> = (1..).zip(starts).collect();
    let calls = starts.iter().map(|(id, at)| call(*id, *at)).collect();
    let (f, _company) = connected(Options { rate_limit: 0, ..Options::default() }, calls).await;
    for (id, at) in starts {
        f.entry(id, CallEvent::Ended, at).await;
    }
    f.with_sending_webhook(midnight - HOUR * 999).await;
    let mark = Some(midnight - HOUR - LONGEST_CALL);
    assert!(f.reconcile.tenants.set_comparison(&one(), &Comparison::default(), None, mark).await.unwrap());
    if calls_an_hour == 0 || is_office {
        let forget = f.tables.dynamodb.update_item().table_name("TenantsTable");
        let forget = forget.key("tenant", AttributeValue::S("one".to_owned()));
        forget.update_expression("REMOVE last_event_at").send().await.unwrap();
    }
    f
}

/// Runs all jobs that ask Aircall for something as their schedules do, and returns the requests of the day.
async fn day_of(calls_an_hour: i64, is_office: bool) -> u64 {
    let f = healthy(calls_an_hour, is_office).await;
    let before = f.requests().await;
    for quarter in 0..96 {
        let now = midnight() + SignedDuration::from_mins(15 * quarter) + SignedDuration::from_secs(quarter % 7);
        if is_office && is_open(now) {
            f.reconcile.tenants.record_event(&one(), now).await.unwrap();
        }
        let deadline = Instant::now() + Duration::from_mins(1);
        let checked = f.reconcile.health.check_all(&f.reconcile, now, deadline).await.unwrap();
        assert_eq!((checked.repaired, checked.failed, checked.not_reached), (0, 0, 0));
        if quarter % 4 == 1 {
            assert!(!compare_one(&f.reconcile, &one(), now).await.unwrap(), "no call is missing");
        }
    }
    f.read(Instant::now() + Duration::from_mins(1)).await;
    let complete_until = f.tenant().await.comparison.complete_until.unwrap();
    let lag = if calls_an_hour > 20 { 12 } else { 6 };
    assert!(complete_until > midnight() + HOUR * (24 - lag), "{complete_until}");
    f.requests().await - before
}

#[tokio::test]
async fn a_day_costs_at_most_thirty_requests_however_many_calls_there_are() {
    for (calls_an_hour, is_office) in [(0, false), (1, false), (12, false), (40, false), (20, true), (60, true)] {
        let requests = day_of(calls_an_hour, is_office).await;
        // Two further ones are for an app's lines.
        assert!((24..=28).contains(&requests), "{requests} with {calls_an_hour} calls an hour, office: {is_office}");
    }
}

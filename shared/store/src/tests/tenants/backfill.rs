//! Runs of a backfill: one at a time, and changed only by who holds it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use rules::FetchCause;

use crate::test_tables::TestTables;
use crate::tests::{START, at, tenant};
use crate::{AircallConnection, AircallState, Backfill, BackfillState, Comparison, LONGEST_CALL, Tenant, Tenants};

fn connection() -> AircallConnection {
    AircallConnection {
        company_name: "Example Company".to_owned(),
        webhook_id: "1".to_owned(),
        connected_at: at(START),
        state: AircallState::Active,
        ..AircallConnection::default()
    }
}

async fn connected() -> (TestTables, Tenants) {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    tenants.put(&Tenant { aircall: Some(connection()), ..Tenant::new(tenant("one")) }).await.unwrap();
    (tables, tenants)
}

fn run(cause: FetchCause) -> Backfill {
    Backfill::new(cause, at(START - 3600), at(START), at(START)).unwrap()
}

async fn read(tenants: &Tenants) -> Tenant {
    tenants.get(&tenant("one")).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_tenant_has_one_run_at_a_time_and_needs_an_account() {
    let (_tables, tenants) = connected().await;
    let one = run(FetchCause::Requested);
    assert!(tenants.start_backfill(&tenant("one"), &one).await.unwrap());
    assert_eq!(read(&tenants).await.backfill, Some(one.clone()));
    assert!(!tenants.start_backfill(&tenant("one"), &run(FetchCause::Compared)).await.unwrap());
    assert!(tenants.stop_backfill(&tenant("one"), &one, at(START + 1)).await.unwrap());
    assert!(tenants.start_backfill(&tenant("one"), &run(FetchCause::Compared)).await.unwrap());
    tenants.put(&Tenant::new(tenant("two"))).await.unwrap();
    assert!(!tenants.start_backfill(&tenant("two"), &one).await.unwrap());
}

#[tokio::test]
async fn a_step_is_taken_by_one_until_its_time_is_over() {
    let (_tables, tenants) = connected().await;
    let one = run(FetchCause::Requested);
    tenants.start_backfill(&tenant("one"), &one).await.unwrap();
    let take = async |after: i64| {
        tenants.take_backfill(&tenant("one"), &one.run, at(START + after), at(START + after + 65)).await.unwrap()
    };
    assert_eq!(take(-1).await, None, "it is not due");
    let first = take(0).await.unwrap();
    assert_eq!(take(64).await, None);
    let second = take(65).await.unwrap();
    assert_ne!(first.holder, second.holder);
    // The first one was taken to be dead, and changes nothing any more.
    assert!(!tenants.set_backfill(&tenant("one"), &Backfill { calls: 7, ..first }, None).await.unwrap());
    let change = Backfill { calls: 50, held_until: None, ..second };
    assert!(tenants.set_backfill(&tenant("one"), &change, Some(at(START))).await.unwrap());
    let stored = read(&tenants).await;
    assert_eq!((stored.backfill, stored.backfill_mark), (Some(change), Some(at(START))));
    assert!(take(66).await.is_some());
    assert_eq!(tenants.take_backfill(&tenant("one"), "another", at(START + 999), at(START)).await.unwrap(), None);
}

#[tokio::test]
async fn a_stopped_or_finished_run_is_not_changed() {
    let (_tables, tenants) = connected().await;
    for end in [BackfillState::Done, BackfillState::Failed, BackfillState::Stopped] {
        let one = run(FetchCause::Requested);
        assert!(tenants.start_backfill(&tenant("one"), &one).await.unwrap());
        let held = tenants.take_backfill(&tenant("one"), &one.run, at(START), at(START + 65)).await.unwrap().unwrap();
        if end == BackfillState::Stopped {
            assert!(tenants.stop_backfill(&tenant("one"), &one, at(START + 9)).await.unwrap());
        } else {
            let change = Backfill { state: end, ..held.clone() };
            assert!(tenants.set_backfill(&tenant("one"), &change, None).await.unwrap());
            assert!(!tenants.stop_backfill(&tenant("one"), &one, at(START + 9)).await.unwrap());
        }
        assert!(!tenants.set_backfill(&tenant("one"), &held, Some(at(START))).await.unwrap());
        let stored = read(&tenants).await;
        assert_eq!((stored.backfill.unwrap().state, stored.backfill_mark), (end, None));
    }
}

#[tokio::test]
async fn calls_are_compared_from_the_mark_else_from_the_connection_with_the_longest_call() {
    let (_tables, tenants) = connected().await;
    let day = SignedDuration::from_hours(24);
    let soon = at(START + 60);
    assert_eq!(read(&tenants).await.compared_from(soon), Some(at(START) - LONGEST_CALL));
    // An account that was connected before there were comparisons.
    let later = at(START) + day * 100;
    assert_eq!(read(&tenants).await.compared_from(later), Some(later - day - LONGEST_CALL));
    let comparison = Comparison { day: 7, requests: 3, ..Comparison::default() };
    let one = tenant("one");
    assert!(tenants.set_comparison(&one, &comparison, None, Some(soon)).await.unwrap());
    assert!(!tenants.set_comparison(&one, &Comparison::default(), None, Some(later)).await.unwrap(), "it changed");
    let stored = read(&tenants).await;
    assert_eq!((stored.compared_from(later), stored.comparison), (Some(soon), comparison));
    // Another account may be connected next.
    tenants.disconnect_aircall(&one).await.unwrap();
    let stored = read(&tenants).await;
    assert_eq!((stored.compared_from(later), stored.backfill_mark, stored.comparison.requests), (None, None, 0));
}

#[tokio::test]
async fn what_is_left_of_a_stopped_automatic_run_is_not_fetched_but_what_goes_on_is() {
    for (cause, mark) in [(FetchCause::Requested, None), (FetchCause::Repaired, Some(at(START)))] {
        let (_tables, tenants) = connected().await;
        let one = run(cause);
        tenants.start_backfill(&tenant("one"), &one).await.unwrap();
        tenants.stop_backfill(&tenant("one"), &one, at(START + 9)).await.unwrap();
        let stored = read(&tenants).await;
        assert_eq!(stored.backfill_mark, mark.map(|mark| mark - LONGEST_CALL));
        assert_eq!(stored.fetched_since(), mark);
    }
}

#[tokio::test]
async fn an_account_is_unheard_of_after_three_hours_without_event_and_answer() {
    let (_tables, tenants) = connected().await;
    let heard = at(START + 60);
    let connected = read(&tenants).await;
    let answered = Comparison { at: Some(heard), ..Comparison::default() };
    let asked = Comparison { lines_at: Some(heard), ..Comparison::default() };
    let run = Backfill { at: heard, ..run(FetchCause::Compared) };
    for (tenant, since) in [
        (connected.clone(), at(START)),
        (Tenant { last_event_at: Some(heard), ..connected.clone() }, heard),
        (Tenant { comparison: answered, ..connected.clone() }, heard),
        (Tenant { comparison: asked, ..connected.clone() }, heard),
        (Tenant { webhook_checked_at: Some(heard), ..connected.clone() }, heard),
        (Tenant { backfill: Some(run.clone()), ..connected.clone() }, heard),
        // It was delayed because Aircall did not answer.
        (Tenant { backfill: Some(Backfill { attempts: 1, ..run.clone() }), ..connected.clone() }, at(START)),
    ] {
        let hours = SignedDuration::from_hours(3);
        assert_eq!(tenant.aircall_unheard_since(since + hours - SignedDuration::from_secs(1)), None);
        assert_eq!(tenant.aircall_unheard_since(since + hours), Some(since));
    }
    assert_eq!(Tenant { aircall: None, ..connected }.aircall_unheard_since(at(START + 999_999)), None);
}

#[tokio::test]
async fn a_run_of_another_version_is_read_as_far_as_it_is_understood() {
    let (tables, tenants) = connected().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for (state, expected) in [("running", Some(BackfillState::Running)), ("of-the-future", None)] {
        let stored = [("run", text("r")), ("state", text(state)), ("cause", text("new")), ("colour", text("red"))];
        let stored = AttributeValue::M(stored.map(|(name, value)| (name.to_owned(), value)).into());
        let set = tables.dynamodb.update_item().table_name("TenantsTable").key("tenant", text("one"));
        let set = set.update_expression("SET backfill = :b").expression_attribute_values(":b", stored);
        set.send().await.unwrap();
        let read = read(&tenants).await.backfill;
        assert_eq!(read.as_ref().map(|backfill| backfill.state), expected);
        assert!(read.is_none_or(|backfill| (backfill.calls, backfill.cause) == (0, FetchCause::Compared)));
    }
}

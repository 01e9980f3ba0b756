//! Pagination and search of the activity log.

use jiff::Timestamp;
use rules::{CallType, E164, LineId, Settings, Snapshot};
use serde_json::json;

use crate::dynamodb::item;
use crate::tests::calls::counts::{fail, log};
use crate::tests::{Fixture, START, at, document, merge, tenant};
use crate::{ActivityQuery, Cursor, InvalidCursor, State};

fn keys(page: crate::Page) -> (Vec<String>, Option<Cursor>) {
    (page.entries.into_iter().map(|entry| entry.unwrap().key).collect(), page.next)
}

#[tokio::test]
async fn pages_list_newest_entries_first_and_the_last_has_no_cursor() {
    let f = Fixture::new().await;
    for (id, after) in [(1, 0), (2, 30), (3, 10), (4, 20)] {
        f.ended(id, after).await;
    }
    let (first, next) = keys(f.calls.activity(&f.tenant, 2, None).await.unwrap());
    assert_eq!(first, ["call-2", "call-4"]);
    let cursor = Cursor::parse(&f.tenant, &next.unwrap().to_string()).unwrap();
    let (second, next) = keys(f.calls.activity(&f.tenant, 2, Some(&cursor)).await.unwrap());
    assert_eq!((second, next), (vec!["call-3".to_owned(), "call-1".to_owned()], None));
}

#[tokio::test]
async fn entries_and_cursors_are_invisible_to_other_tenants() {
    let f = Fixture::new().await;
    f.ended(1, 0).await;
    f.ended(2, 10).await;
    let other = tenant("two");
    assert_eq!(keys(f.calls.activity(&other, 10, None).await.unwrap()), (vec![], None));
    let cursor = f.calls.activity(&f.tenant, 1, None).await.unwrap().next.unwrap().to_string();
    assert_eq!(Cursor::parse(&other, &cursor), Err(InvalidCursor));
}

#[tokio::test]
async fn a_damaged_entry_does_not_hide_the_others() {
    let f = Fixture::new().await;
    f.ended(1, 0).await;
    f.ended(2, 10).await;
    f.damage("call-2", "state", item::text("of a newer version")).await;
    let page = f.calls.activity(&f.tenant, 10, None).await.unwrap();
    assert_eq!(page.entries[0].as_ref().unwrap_err().key, "call-2");
    assert_eq!(page.entries[1].as_ref().unwrap().key, "call-1");
}

/// Runs a search to its last page. Returns the keys found and the number of pages.
async fn search(f: &Fixture, query: ActivityQuery) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut query) = (Vec::new(), 0, query);
    loop {
        let page = f.calls.search(&f.tenant, &query).await.unwrap();
        assert!(page.entries.len() <= query.limit);
        pages += 1;
        let (more, next) = keys(page);
        found.extend(more);
        let Some(next) = next else { return (found, pages) };
        query.cursor = Some(Cursor::parse(&f.tenant, &next.to_string()).unwrap());
    }
}

#[track_caller]
fn check(found: (Vec<String>, usize), expected: &[&str]) {
    assert_eq!(found.0, expected);
}

/// Merges a missed inbound call, anonymous if there is no phone number.
async fn missed(f: &Fixture, id: u64, after: i64, line: u64, phone: Option<&str>) -> String {
    let mut snapshot = serde_json::to_value(document("ended", id, START + after)).unwrap()["latest"].take();
    snapshot["call"]["direction"] = json!("inbound");
    snapshot["call"]["answered_at"] = json!(null);
    snapshot["call"]["number"]["id"] = json!(line);
    snapshot["call"]["party"] = phone.map_or(json!("anonymous"), |phone| json!({ "number": phone }));
    let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
    let key = format!("call-{id}");
    let change = merge(snapshot.into(), &Settings::default());
    f.calls.merge(&f.tenant, &key, &change, None, at(START + after + 60)).await.unwrap();
    key
}

/// Removes the attributes that entries of older versions lack in the index.
async fn remove_index_attributes(f: &Fixture, key: &str) {
    let request = f.tables.dynamodb.update_item().table_name("CallsTable");
    let request = request.key("tenant", item::text("one")).key("key", item::text(key));
    let request = request.update_expression("REMOVE #n, #p, #c").expression_attribute_names("#n", "number");
    let request = request.expression_attribute_names("#p", "party").expression_attribute_names("#c", "call_type");
    request.send().await.unwrap();
}

const PHONE: &str = "+14155550132";

#[tokio::test]
async fn filters_also_find_entries_of_an_older_version() {
    let f = Fixture::new().await;
    f.ended(1, 10).await;
    missed(&f, 2, 20, 397_375, Some(PHONE)).await;
    missed(&f, 3, 30, 5, Some("+442079460958")).await;
    missed(&f, 4, 40, 5, None).await;
    let open = merge(document("created", 5, START + 50), &Settings::default());
    f.calls.merge(&f.tenant, "call-5", &open, None, at(START + 50)).await.unwrap();
    fail(&f, &f.ended(6, 60).await).await;
    log(&f, &f.ended(7, 70).await).await;
    let all = || ActivityQuery { limit: 2, ..ActivityQuery::default() };
    for of_older_version in [vec![], vec!["call-2", "call-5"], vec!["call-1", "call-3", "call-4", "call-6", "call-7"]] {
        for key in of_older_version {
            remove_index_attributes(&f, key).await;
        }
        check(search(&f, all()).await, &["call-7", "call-6", "call-5", "call-4", "call-3", "call-2", "call-1"]);
        let by = |states: &[State]| ActivityQuery { states: states.to_vec(), ..all() };
        check(search(&f, by(&[State::Failed])).await, &["call-6"]);
        check(search(&f, by(&[State::Pending])).await, &["call-3", "call-2", "call-1"]);
        check(search(&f, by(&[State::Open, State::Logged, State::Open])).await, &["call-7", "call-5"]);
        let by = |call_types: &[CallType]| ActivityQuery { call_types: call_types.to_vec(), ..all() };
        check(search(&f, by(&[CallType::Missed])).await, &["call-4", "call-3", "call-2"]);
        check(search(&f, by(&[CallType::OutboundAnswered])).await, &["call-7", "call-6", "call-1"]);
        check(search(&f, by(&[CallType::Voicemail])).await, &[]);
        let line = ActivityQuery { number: Some(LineId(5)), ..all() };
        check(search(&f, line.clone()).await, &["call-4", "call-3"]);
        let phone = ActivityQuery { phone: Some(E164::parse(PHONE).unwrap()), ..all() };
        check(search(&f, phone.clone()).await, &["call-7", "call-6", "call-5", "call-2", "call-1"]);
        check(search(&f, ActivityQuery { call_types: vec![CallType::Missed], ..phone.clone() }).await, &["call-2"]);
        check(search(&f, ActivityQuery { number: Some(LineId(5)), ..phone }).await, &[]);
        check(search(&f, ActivityQuery { states: vec![State::Skipped], ..line }).await, &["call-4"]);
    }
}

#[tokio::test]
async fn date_ranges_include_their_start_and_exclude_their_end() {
    let f = Fixture::new().await;
    for (id, after) in [(1, 0), (2, 10), (3, 20)] {
        f.ended(id, after).await;
    }
    let between = |from: Option<i64>, until: Option<i64>| {
        let second = |after| at(START + after);
        ActivityQuery { from: from.map(second), until: until.map(second), limit: 1, ..ActivityQuery::default() }
    };
    check(search(&f, between(Some(10), None)).await, &["call-3", "call-2"]);
    check(search(&f, between(None, Some(10))).await, &["call-1"]);
    check(search(&f, between(Some(0), Some(20))).await, &["call-2", "call-1"]);
    check(search(&f, between(Some(11), Some(20))).await, &[]);
    check(search(&f, between(Some(10), Some(10))).await, &[]);
    check(search(&f, between(Some(20), Some(10))).await, &[]);
    let ever = ActivityQuery { from: Some(Timestamp::MIN), until: Some(Timestamp::MAX), ..ActivityQuery::default() };
    check(search(&f, ever).await, &["call-3", "call-2", "call-1"]);
}

#[tokio::test]
async fn a_cursor_outside_the_date_range_starts_at_the_range() {
    let f = Fixture::new().await;
    for (id, after) in [(1, 0), (2, 10), (3, 20)] {
        f.ended(id, after).await;
    }
    let cursor = f.calls.activity(&f.tenant, 1, None).await.unwrap().next;
    let earlier = ActivityQuery { until: Some(at(START + 20)), cursor: cursor.clone(), ..ActivityQuery::default() };
    check(search(&f, earlier).await, &["call-2", "call-1"]);
    let later = ActivityQuery { from: Some(at(START + 21)), cursor, ..ActivityQuery::default() };
    check(search(&f, later).await, &[]);
}

#[tokio::test]
async fn a_search_stops_at_its_scan_limit_and_returns_a_cursor() {
    let f = Fixture::new().await;
    for id in 0..40 {
        f.ended(id, i64::try_from(id).unwrap()).await;
    }
    for key in ["call-3", "call-35"] {
        fail(&f, key).await;
    }
    let failed = |look_at| ActivityQuery {
        states: vec![State::Failed],
        scan_limit: look_at,
        limit: 3,
        ..ActivityQuery::default()
    };
    let first = f.calls.search(&f.tenant, &failed(2)).await.unwrap();
    assert!(first.entries.is_empty() && first.next.is_some(), "the scan limit ends the page before a match");
    for (look_at, pages) in [(10, 5), (2_000, 1)] {
        let (found, took) = search(&f, failed(look_at)).await;
        assert_eq!((found, took), (vec!["call-35".to_owned(), "call-3".to_owned()], pages), "{look_at}");
    }
    let all = ActivityQuery { scan_limit: 2, limit: 10, ..ActivityQuery::default() };
    let (found, _) = search(&f, all).await;
    assert_eq!(found, (0..40).rev().map(|id| format!("call-{id}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_damaged_entry_is_found_through_its_index_attributes() {
    let f = Fixture::new().await;
    fail(&f, &f.ended(1, 0).await).await;
    fail(&f, &f.ended(2, 10).await).await;
    f.damage("call-2", "document", item::text("not a document")).await;
    let failed = ActivityQuery { states: vec![State::Failed], ..ActivityQuery::default() };
    let page = f.calls.search(&f.tenant, &failed).await.unwrap();
    assert_eq!(page.entries[0].as_ref().unwrap_err().key, "call-2");
    assert_eq!(page.entries[1].as_ref().unwrap().key, "call-1");
}

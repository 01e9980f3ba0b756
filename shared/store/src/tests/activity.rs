//! The pages of the activity log.

use jiff::Timestamp;
use rules::{CallType, E164, LineId, Settings, Snapshot};
use serde_json::json;

use super::outcomes::{fail, log};
use super::{Fixture, START, at, document, merge, tenant};
use crate::{ActivityQuery, Cursor, NotACursor, State, item};

fn keys(page: crate::Page) -> (Vec<String>, Option<Cursor>) {
    (page.entries.into_iter().map(|entry| entry.unwrap().key).collect(), page.next)
}

#[tokio::test]
async fn pages_are_newest_first_and_end() {
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
async fn another_tenant_sees_nothing_and_its_cursor_is_refused() {
    let f = Fixture::new().await;
    f.ended(1, 0).await;
    f.ended(2, 10).await;
    let other = tenant("two");
    assert_eq!(keys(f.calls.activity(&other, 10, None).await.unwrap()), (vec![], None));
    let cursor = f.calls.activity(&f.tenant, 1, None).await.unwrap().next.unwrap().to_string();
    assert_eq!(Cursor::parse(&other, &cursor), Err(NotACursor));
}

#[tokio::test]
async fn a_damaged_entry_hides_no_other() {
    let f = Fixture::new().await;
    f.ended(1, 0).await;
    f.ended(2, 10).await;
    f.damage("call-2", "state", item::text("of a newer version")).await;
    let page = f.calls.activity(&f.tenant, 10, None).await.unwrap();
    assert_eq!(page.entries[0].as_ref().unwrap_err().key, "call-2");
    assert_eq!(page.entries[1].as_ref().unwrap().key, "call-1");
}

/// What a search found: keys of all its pages, of as many pages as it took.
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

/// Merges an inbound call, missed and with a number withheld if there is none.
async fn missed(f: &Fixture, id: u64, after: i64, line: u64, party: Option<&str>) -> String {
    let mut snapshot = serde_json::to_value(document("ended", id, START + after)).unwrap()["latest"].take();
    snapshot["call"]["direction"] = json!("inbound");
    snapshot["call"]["answered_at"] = json!(null);
    snapshot["call"]["number"]["id"] = json!(line);
    snapshot["call"]["party"] = party.map_or(json!("anonymous"), |party| json!({ "number": party }));
    let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
    let key = format!("call-{id}");
    let change = merge(snapshot.into(), &Settings::default());
    f.calls.merge(&f.tenant, &key, &change, None, at(START + after + 60)).await.unwrap();
    key
}

/// Removes what entries from before the index was searched by lack.
async fn age(f: &Fixture, key: &str) {
    let request = f.tables.dynamodb.update_item().table_name("CallsTable");
    let request = request.key("tenant", item::text("one")).key("key", item::text(key));
    let request = request.update_expression("REMOVE #n, #p, #c").expression_attribute_names("#n", "number");
    let request = request.expression_attribute_names("#p", "party").expression_attribute_names("#c", "call_type");
    request.send().await.unwrap();
}

const PARTY: &str = "+14155550132";

#[tokio::test]
async fn what_is_asked_for_is_found_also_among_entries_of_an_older_version() {
    let f = Fixture::new().await;
    f.ended(1, 10).await;
    missed(&f, 2, 20, 397_375, Some(PARTY)).await;
    missed(&f, 3, 30, 5, Some("+442079460958")).await;
    missed(&f, 4, 40, 5, None).await;
    let open = merge(document("created", 5, START + 50), &Settings::default());
    f.calls.merge(&f.tenant, "call-5", &open, None, at(START + 50)).await.unwrap();
    fail(&f, &f.ended(6, 60).await).await;
    log(&f, &f.ended(7, 70).await).await;
    let all = || ActivityQuery { limit: 2, ..ActivityQuery::default() };
    for aged in [vec![], vec!["call-2", "call-5"], vec!["call-1", "call-3", "call-4", "call-6", "call-7"]] {
        for key in aged {
            age(&f, key).await;
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
        let phone = ActivityQuery { phone: Some(E164::parse(PARTY).unwrap()), ..all() };
        check(search(&f, phone.clone()).await, &["call-7", "call-6", "call-5", "call-2", "call-1"]);
        check(search(&f, ActivityQuery { call_types: vec![CallType::Missed], ..phone.clone() }).await, &["call-2"]);
        check(search(&f, ActivityQuery { number: Some(LineId(5)), ..phone }).await, &[]);
        check(search(&f, ActivityQuery { states: vec![State::Skipped], ..line }).await, &["call-4"]);
    }
}

#[tokio::test]
async fn dates_are_those_of_the_calls_from_the_first_second_to_before_the_last() {
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
async fn a_cursor_of_a_page_with_other_dates_begins_where_these_do() {
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
async fn a_search_looks_at_so_many_entries_and_says_where_to_go_on() {
    let f = Fixture::new().await;
    for id in 0..40 {
        f.ended(id, i64::try_from(id).unwrap()).await;
    }
    for key in ["call-3", "call-35"] {
        fail(&f, key).await;
    }
    let failed = |look_at| ActivityQuery { states: vec![State::Failed], look_at, limit: 3, ..ActivityQuery::default() };
    let first = f.calls.search(&f.tenant, &failed(2)).await.unwrap();
    assert!(first.entries.is_empty() && first.next.is_some(), "it has not looked far enough");
    for (look_at, pages) in [(10, 5), (2_000, 1)] {
        let (found, took) = search(&f, failed(look_at)).await;
        assert_eq!((found, took), (vec!["call-35".to_owned(), "call-3".to_owned()], pages), "{look_at}");
    }
    let all = ActivityQuery { look_at: 2, limit: 10, ..ActivityQuery::default() };
    let (found, _) = search(&f, all).await;
    assert_eq!(found, (0..40).rev().map(|id| format!("call-{id}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_damaged_entry_is_found_by_what_the_index_has_of_it() {
    let f = Fixture::new().await;
    fail(&f, &f.ended(1, 0).await).await;
    fail(&f, &f.ended(2, 10).await).await;
    f.damage("call-2", "document", item::text("not a document")).await;
    let failed = ActivityQuery { states: vec![State::Failed], ..ActivityQuery::default() };
    let page = f.calls.search(&f.tenant, &failed).await.unwrap();
    assert_eq!(page.entries[0].as_ref().unwrap_err().key, "call-2");
    assert_eq!(page.entries[1].as_ref().unwrap().key, "call-1");
}

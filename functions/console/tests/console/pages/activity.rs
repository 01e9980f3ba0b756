//! The Activity page.

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use store::{ConnectionState, Tenant};

use crate::fixture::{Fixture, Response, START, at, cookie};
use crate::sample_entries::MARKUP;

/// The keys of the entries that a page lists.
fn keys(page: &Response) -> Vec<&str> {
    let links = page.text.split("<a href=\"/activity/").skip(1);
    links.map(|link| link.split('"').next().unwrap()).collect()
}

/// The link of "Show more".
fn more(page: &Response) -> Option<String> {
    let (_, link) = page.text.split_once("data-more=\"entries\" href=\"")?;
    Some(link.split('"').next().unwrap().replace("&#38;", "&"))
}

#[track_caller]
fn check_contains(page: &Response, texts: &[&str]) {
    for text in texts {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
}

#[tokio::test]
async fn a_call_is_shown_with_its_outcome() {
    let f = Fixture::new().await;
    f.connect().await;
    let user = json!({"user": {"id": 1, "name": "Ada Example", "email": "ada@example.com"}, "answered_at": START + 5});
    let logged = f.merge_call(1, START, user).await;
    f.mark_logged(&logged, "Test Contact").await;
    let page = f.get("/activity").await;
    assert_eq!((page.status, keys(&page)), (StatusCode::OK, vec!["call-1"]));
    let task = format!("href=\"{}/lightning/r/Task/00T000000000001EAA/view\"", f.vendors.salesforce_url);
    check_contains(
        &page,
        &[
            "Inbound answered call</a>",
            "+43 664 1234567",
            "Sales",
            "Ada Example",
            "<time datetime=\"2026-03-23T08:30:00Z\" title=\"2026-03-23 08:30:00 UTC; the line is in Europe/Vienna\">23 Mar 2026<small>09:30 CET</small>",
            "<span class=\"outcome logged\">Logged</span>",
            "Logged as In progress (Next Steps) on the Contact Test Contact.",
            &task,
        ],
    );
    assert!(!page.text.contains("Retry all failed"));
}

#[tokio::test]
async fn markup_from_vendors_is_escaped() {
    let f = Fixture::new().await;
    f.connect().await;
    let number = json!({"id": 1, "name": MARKUP, "digits": null, "time_zone": null, "open": null});
    let user = json!({"id": 1, "name": MARKUP, "email": MARKUP});
    let entry = f.merge_call(1, START, json!({"number": number, "user": user, "party": {"unusable": MARKUP}})).await;
    let logged = f.merge_call(2, START, json!({"number": number, "user": user})).await;
    f.mark_logged(&logged, MARKUP).await;
    let failed = f.merge_call(3, START, json!({})).await;
    f.mark_failed(&failed, MARKUP).await;
    assert_eq!(entry.key, "call-1");
    let search: String = url::form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect();
    for path in ["/activity", &format!("/activity?search={search}&from={search}"), "/activity/call-1", "/preview"] {
        let page = f.get(path).await;
        assert!(page.text.contains("&#60;img src=x"), "{path}: {}", page.text);
        assert!(!page.text.contains("<img src=x"), "{path}");
    }
}

#[tokio::test]
async fn later_pages_keep_the_filters() {
    let f = Fixture::new().await;
    for id in 1..=30 {
        f.merge_call(id, START + i64::try_from(id).unwrap(), json!({})).await;
    }
    f.merge_call(31, START, json!({"party": "anonymous"})).await;
    let first = f.get("/activity?search=0664+1234567&type=missed&outcome=waiting").await;
    assert_eq!((keys(&first).len(), keys(&first)[0]), (25, "call-30"));
    let more_path = more(&first).unwrap();
    assert!(
        more_path.starts_with("/activity?outcome=waiting&type=missed&search=%2B436641234567&cursor="),
        "{more_path}"
    );
    let second = f.get(&more_path).await;
    assert_eq!((keys(&second), more(&second)), (vec!["call-5", "call-4", "call-3", "call-2", "call-1"], None));
    // Only the first page shows the chart.
    assert!(!second.text.contains("<svg"));
}

#[tokio::test]
async fn the_filter_form_shows_the_current_filters() {
    let f = Fixture::new().await;
    f.merge_call(1, START, json!({})).await;
    let page = f.get("/activity?outcome=failed&type=voicemail&line=9&from=2026-03-22&until=2026-03-23&search=1").await;
    check_contains(
        &page,
        &[
            "<a href=\"/activity?outcome=failed&#38;type=voicemail&#38;line=9&#38;from=2026-03-22&#38;until=2026-03-23&#38;search=1\" aria-current=\"page\">Failed</a>",
            "<a href=\"/activity?type=voicemail&#38;line=9&#38;from=2026-03-22&#38;until=2026-03-23&#38;search=1\">All</a>",
            "<option value=\"voicemail\" selected>",
            "<option value=\"9\" selected>Line 9</option>",
            "value=\"2026-03-22\"",
            "name=\"outcome\" value=\"failed\"",
        ],
    );
    // Searching for a call ID finds that call regardless of the other filters.
    assert_eq!(keys(&page), ["call-1"]);
}

#[tokio::test]
async fn an_invalid_filter_is_reported_at_its_field() {
    let f = Fixture::new().await;
    f.merge_call(1, START, json!({})).await;
    let page = f.get("/activity?search=Ada&from=2026-03-24&until=2026-03-23").await;
    assert_eq!((page.status, keys(&page).len()), (StatusCode::UNPROCESSABLE_ENTITY, 0));
    check_contains(
        &page,
        &[
            "<a href=\"#search\">Search for a phone number or the id of a call.</a>",
            "<a href=\"#until\">The last day is before the first.</a>",
            "aria-invalid=\"true\" aria-describedby=\"search-error\"",
            "id=\"until-error\"",
            "value=\"Ada\"",
        ],
    );
}

#[tokio::test]
async fn an_empty_list_shows_the_next_step() {
    let f = Fixture::new().await;
    let page = f.get("/activity").await;
    check_contains(
        &page,
        &["No calls yet", "Salesforce is not connected", "<a href=\"/connections\">Connect Salesforce</a>"],
    );
    f.connect().await;
    check_contains(&f.get("/activity").await, &["Aircall is not connected", "Connect Aircall"]);
    let hash = serde_json::from_value(json!("0".repeat(64))).unwrap();
    let connected = f.tenants.get(&f.tenant).await.unwrap().unwrap();
    let connected = Tenant { webhook_tokens: vec![hash], ..connected };
    f.tenants.put(&connected).await.unwrap();
    check_contains(&f.get("/activity").await, &["Everything is connected"]);
    f.merge_call(1, START, json!({})).await;
    check_contains(
        &f.get("/activity?outcome=failed").await,
        &["No matching calls", "<a href=\"/activity\">show all calls</a>"],
    );

    let (since, until, reason) = (at(START), at(START + 900), "The org is busy.".to_owned());
    let paused = ConnectionState::Paused { since, until, reason: reason.clone() };
    f.tenants.put(&Tenant { state: paused, ..connected.clone() }).await.unwrap();
    check_contains(
        &f.get("/activity").await,
        &["Calls wait here until Salesforce takes requests again: The org is busy.", "23 Mar 2026, 08:45 UTC"],
    );
    let dead = ConnectionState::ReconnectNeeded { reason, since, try_at: until };
    f.tenants.put(&Tenant { state: dead, ..connected }).await.unwrap();
    check_contains(&f.get("/activity").await, &["Salesforce has to be connected again: The org is busy."]);
}

#[tokio::test]
async fn the_last_days_are_shown_as_chart_and_table() {
    let f = Fixture::new().await;
    assert!(!f.get("/activity").await.text.contains("<svg"));
    let now = Timestamp::now() - SignedDuration::from_secs(100);
    let failed = f.merge_call(1, now.as_second(), json!({})).await;
    f.mark_failed(&failed, "No.").await;
    f.merge_call(2, now.as_second() - 30 * 86_400, json!({})).await;
    let page = f.get("/activity").await;
    check_contains(
        &page,
        &["<rect class=\"failed\"", "Failed 1</span>", "Logged 0</span>", "Dates are in the Europe/Vienna time zone."],
    );
    assert_eq!(page.text.matches("<tr><th scope=\"row\">").count(), 14);
    assert_eq!(page.text.matches("data-label=\"Failed\">1<").count(), 1);
}

#[tokio::test]
async fn all_failed_calls_are_retried_by_a_form_with_csrf_token() {
    let f = Fixture::new().await;
    let failed = f.merge_call(1, START, json!({})).await;
    f.mark_failed(&failed, "No.").await;
    check_contains(&f.get("/activity").await, &["Retry all failed (1)", "data-confirm="]);
    let path = "/activity/retry-failed";
    assert_eq!(f.post_as(&cookie("one"), path, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(f.woken().await.len(), 0);
    for flash in ["retried-all", "nothing-failed"] {
        let done = f.post(path, &[]).await;
        assert_eq!((done.status, done.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/activity"));
        assert!(done.cookies()[0].starts_with(&format!("flash={flash};")), "{:?}", done.cookies());
    }
    assert_eq!(f.woken().await.len(), 1);
}

#[tokio::test]
async fn another_tenant_sees_no_entries() {
    let f = Fixture::new().await;
    f.merge_call(1, START, json!({})).await;
    for query in ["", "?search=call-1", "?search=1", "?search=%2B436641234567"] {
        let page = f.send_as(&cookie("two"), Method::GET, &format!("/activity{query}"), "").await;
        assert_eq!((page.status, keys(&page).len()), (StatusCode::OK, 0));
        assert!(!page.text.contains("Sales<"));
    }
}

/// The maximum size of a page of 25 calls with its stylesheet and script, bytes.
const MAX_BYTES: usize = 60_000;

/// The maximum CPU time of a page once everything is loaded, including the in-memory tables. Unoptimised builds take longer.
const MAX_CPU_TIME: Duration = Duration::from_millis(if cfg!(debug_assertions) { 300 } else { 100 });

/// The CPU time of this thread, which does not include time that other tests use.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

#[tokio::test]
async fn a_full_page_is_small_and_fast() {
    let f = Fixture::new().await;
    f.connect().await;
    let user = json!({"user": {"id": 1, "name": "Ada Example", "email": "ada@example.com"}, "answered_at": START + 5});
    for id in 2_849_584_301..=2_849_584_330 {
        let entry = f.merge_call(id, Timestamp::now().as_second() - 3600, user.clone()).await;
        f.mark_logged(&entry, "A Contact with a Name of Some Length").await;
    }
    let mut size = 0;
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let begun = cpu_time();
        let page = f.get("/activity").await;
        fastest = fastest.min(cpu_time().saturating_sub(begun));
        assert_eq!(keys(&page).len(), 25);
        size = page.text.len();
    }
    let page = f.get("/activity").await.text;
    for asset in page.split('"').filter(|text| text.starts_with("/assets/")).collect::<std::collections::BTreeSet<_>>()
    {
        size += f.get(asset).await.text.len();
    }
    println!("25 calls: {size} bytes in {fastest:?}");
    assert!(size < MAX_BYTES, "{size} bytes");
    assert!(fastest < MAX_CPU_TIME, "{fastest:?}");
}

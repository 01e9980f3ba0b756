//! The page of an entry.

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::fixture::{Fixture, Response, START, cookie};
use crate::sample_entries::MARKUP;

#[track_caller]
fn check_contains(page: &Response, texts: &[&str]) {
    for text in texts {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
}

#[tokio::test]
async fn a_logged_call_shows_its_trace_and_its_task() {
    let f = Fixture::new().await;
    f.connect().await;
    let entry = f.merge_call(7, START, json!({"tags": [{"name": "Pricing"}]})).await;
    f.mark_logged(&entry, "Test Contact").await;
    let page = f.get("/activity/call-7").await;
    assert_eq!(page.status, StatusCode::OK);
    let contact = format!("href=\"{}/lightning/r/Contact/003000000000001AAA/view\"", f.vendors.salesforce_url);
    check_contains(
        &page,
        &[
            "<h1>Missed call from +43 664 1234567</h1>",
            "Logged as In progress (Next Steps) on the Contact Test Contact.",
            "<li><strong>Call type</strong> <span>It is a missed call: nobody took it within 50 s, and no voicemail was left.</span></li>",
            "<li><strong>Record</strong> <span>The phone number is that of the Contact Test Contact.</span></li>",
            "<dt>Subject</dt><dd class=\"lines\">Missed call from Test Contact on Sales</dd>",
            "<dt>CallDisposition</dt><dd class=\"lines\">Pricing</dd>",
            "<dt>Waiting time</dt><dd>50 s</dd>",
            &contact,
            "/lightning/r/Task/00T000000000001EAA/view\"",
        ],
    );
    assert!(!page.text.contains("/retry\""));
}

#[tokio::test]
async fn a_failed_call_shows_the_message_of_salesforce_and_can_be_retried() {
    let f = Fixture::new().await;
    let entry = f.merge_call(7, START, json!({})).await;
    f.mark_failed(&entry, "Please fill in the region.").await;
    let page = f.get("/activity/call-7").await;
    check_contains(
        &page,
        &[
            "<blockquote>Please fill in the region.</blockquote>",
            "<code>FIELD_CUSTOM_VALIDATION_EXCEPTION</code>",
            "action=\"/activity/call-7/retry\"",
        ],
    );
    let path = "/activity/call-7/retry";
    assert_eq!(f.post_as(&cookie("one"), path, &[]).await.status, StatusCode::FORBIDDEN);
    let token = f.send_as(&cookie("two"), Method::GET, "/call-workflow", "").await;
    let token = super::support::value(&token.text, "csrf_token");
    let other = f.post_as(&cookie("two"), path, &[("csrf_token", &token)]).await;
    assert_eq!((other.status, f.woken().await.len()), (StatusCode::NOT_FOUND, 0));

    let done = f.post(path, &[]).await;
    assert_eq!((done.status, done.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/activity/call-7"));
    assert!(done.cookies()[0].starts_with("flash=retried;"));
    assert_eq!(f.woken().await.len(), 1);
    let waiting = f.get("/activity/call-7").await;
    check_contains(&waiting, &["<span class=\"outcome waiting\">Waiting</span>"]);
    assert!(f.post(path, &[]).await.cookies()[0].starts_with("flash=nothing-failed;"));
}

#[tokio::test]
async fn a_failed_entry_that_cannot_be_read_says_so_and_can_be_retried() {
    let f = Fixture::new().await;
    for id in [7, 8] {
        let entry = f.merge_call(id, START, json!({})).await;
        f.mark_failed(&entry, "Please fill in the region.").await;
        f.damage(&entry).await;
    }
    let reason = "The entry cannot be read: its attribute &#34;document&#34; is missing, or another version wrote it.";
    check_contains(&f.get("/activity").await, &[reason]);
    check_contains(&f.get("/activity/call-7").await, &[reason, "action=\"/activity/call-7/retry\""]);
    let done = f.post("/activity/call-7/retry", &[]).await;
    assert!(done.cookies()[0].starts_with("flash=retried;"));
    assert!(f.post("/activity/call-7/retry", &[]).await.cookies()[0].starts_with("flash=nothing-failed;"));
    assert_eq!(f.post("/activity/call-9/retry", &[]).await.status, StatusCode::NOT_FOUND);

    let done = f.send(Method::POST, "/api/activity/call-8/retry", "").await;
    done.check_error(StatusCode::INTERNAL_SERVER_ERROR, "unreadable");
    assert_eq!(f.woken().await.len(), 2);
}

#[tokio::test]
async fn an_ongoing_call_says_that_it_is_not_over() {
    let f = Fixture::new().await;
    f.call("created", 7, 0, &rules::Settings::default()).await;
    let page = f.get("/activity/call-7").await;
    check_contains(
        &page,
        &["Waiting for the call to end.", "The outcome is decided when the call is over.", "Inbound call from"],
    );
    assert!(!page.text.contains("Preview with"));
}

#[tokio::test]
async fn markup_from_vendors_is_escaped() {
    let f = Fixture::new().await;
    f.connect().await;
    let call = json!({
        "tags": [{"name": MARKUP}],
        "comments": [{"content": MARKUP, "posted_at": START, "posted_by": {"id": 1, "name": MARKUP, "email": null}}],
        "contact": {"first_name": MARKUP, "last_name": MARKUP, "company_name": MARKUP, "email": MARKUP},
        "user": {"id": 1, "name": MARKUP, "email": MARKUP},
        "number": {"id": 1, "name": MARKUP, "digits": MARKUP, "time_zone": MARKUP, "open": null},
    });
    let logged = f.merge_call(1, START, call.clone()).await;
    f.mark_logged(&logged, MARKUP).await;
    let failed = f.merge_call(2, START, call).await;
    f.mark_failed(&failed, MARKUP).await;
    for path in ["/activity/call-1", "/activity/call-2"] {
        let page = f.get(path).await;
        assert!(page.text.matches("&#60;img src=x").count() > 6, "{path}: {}", page.text);
        assert!(!page.text.contains("<img src=x"), "{path}");
    }
}

#[tokio::test]
async fn unknown_entries_and_those_of_other_tenants_are_not_found() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({})).await;
    for path in ["/activity/call-8", "/activity/%2e%2e", "/activity/%ff", "/activity/call%2F7"] {
        assert_eq!(f.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let other = f.send_as(&cookie("two"), Method::GET, "/activity/call-7", "").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

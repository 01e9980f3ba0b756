//! Deciding again about skipped calls, on the pages.

use axum::http::{Method, StatusCode, header};
use console::DecideAgainBounds;
use serde_json::json;

use super::support::{fields, value};
use crate::fixture::{Fixture, Response, START, cookie};

#[track_caller]
fn check_redirect(answer: &Response, path: &str, flash: &str) {
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, path));
    assert!(answer.cookies()[0].starts_with(&format!("flash={flash};")), "{:?}", answer.cookies());
}

#[track_caller]
fn check_contains(page: &Response, texts: &[&str]) {
    for text in texts {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
}

#[tokio::test]
async fn a_skipped_call_is_decided_again_by_a_form_with_csrf_token() {
    let f = Fixture::new().await;
    f.skip_call(7, 0).await;
    let (page, path) = ("/activity/call-7", "/activity/call-7/decide-again");
    check_contains(&f.get(page).await, &[&format!("action=\"{path}\""), "Decide again</button>"]);
    assert_eq!(f.post_as(&cookie("one"), path, &[]).await.status, StatusCode::FORBIDDEN);
    let token = value(&f.send_as(&cookie("two"), Method::GET, "/call-workflow", "").await.text, "csrf_token");
    let other = f.post_as(&cookie("two"), path, &[("csrf_token", &token)]).await;
    assert_eq!((other.status, f.woken().await.len()), (StatusCode::NOT_FOUND, 0));

    check_redirect(&f.post(path, &[]).await, page, "now-logged");
    let waiting = f.get(page).await;
    check_contains(
        &waiting,
        &["outcome waiting\">Waiting</span>", "<li><strong>Event</strong>", "user@example.com asked."],
    );
    assert!(!waiting.text.contains("Decide again"));
    check_redirect(&f.post(path, &[]).await, page, "not-skipped");
    assert_eq!(f.woken().await.len(), 1);
}

#[tokio::test]
async fn a_call_that_stays_skipped_says_so() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({"party": "anonymous"})).await;
    check_redirect(&f.post("/activity/call-7/decide-again", &[]).await, "/activity/call-7", "still-skipped");
    check_contains(
        &f.get("/activity/call-7").await,
        &["The other party withheld the phone number", "Decide again</button>"],
    );
}

#[tokio::test]
async fn the_list_of_skipped_calls_leads_to_a_preview_of_deciding_all_again() {
    let f = Fixture::new().await;
    for id in 1..=3 {
        f.skip_call(id, 0).await;
    }
    f.merge_call(4, START, json!({"party": "anonymous"})).await;
    f.skip_call(5, -86_400).await;
    for query in ["", "?outcome=failed", "?outcome=skipped&search=Ada", "?outcome=skipped&line=9"] {
        assert!(!f.get(&format!("/activity{query}")).await.text.contains("Decide all again"), "{query}");
    }
    let list = "/activity?outcome=skipped&from=2026-03-23&time_zone=UTC";
    let path = "/activity/decide-again?outcome=skipped&from=2026-03-23&time_zone=UTC";
    check_contains(&f.get(list).await, &[&format!("href=\"{}\">Decide all again", path.replace('&', "&#38;"))]);
    let page = f.get(path).await;
    let sentence = "Of 4 skipped, today&#39;s settings log 3. Whether a record is found is known when it is written.";
    check_contains(&page, &[&sentence.replace("&#39;", "'"), "Decide 4 again</button>"]);
    assert_eq!(f.woken().await.len(), 0);

    let sent = fields(&page.text);
    let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    check_redirect(&f.post("/activity/decide-again", &sent).await, list, "decided-all");
    assert_eq!(f.woken().await.len(), 1);
    let states = f.get("/api/activity").await.body;
    let states: Vec<&str> =
        states["entries"].as_array().unwrap().iter().map(|e| e["state"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == "pending").count(), 3);
    check_contains(&f.get(path).await, &["Of 1 skipped, today's settings log 0."]);
}

#[tokio::test]
async fn what_is_left_is_decided_by_the_same_page() {
    let f = Fixture::new().await;
    for id in 1..=3 {
        f.skip_call(id, i64::try_from(id).unwrap()).await;
    }
    let f = f.deciding_again_at_most(DecideAgainBounds { entries: 2, ..DecideAgainBounds::default() });
    let page = f.get("/activity/decide-again").await;
    check_contains(&page, &["Of 2 skipped, today's settings log 2.", "1 or more are left"]);
    let done = f.post("/activity/decide-again", &[]).await;
    let rest = done.header(header::LOCATION).to_owned();
    assert!(rest.starts_with("/activity/decide-again?outcome=skipped&cursor="), "{rest}");
    check_redirect(&done, &rest, "decided-some");
    let page = f.get(&rest).await;
    check_contains(&page, &["Of 1 skipped, today's settings log 1."]);
    let cursor = value(&page.text, "cursor");
    let done = f.post("/activity/decide-again", &[("outcome", "skipped"), ("cursor", &cursor)]).await;
    check_redirect(&done, "/activity?outcome=skipped", "decided-all");
}

#[tokio::test]
async fn only_skipped_calls_are_decided_whatever_the_form_says() {
    let f = Fixture::new().await;
    let failed = f.missed(1, 0).await;
    f.mark_failed(&failed, "No.").await;
    f.skip_call(2, 0).await;
    f.post("/activity/decide-again", &[("outcome", "failed")]).await;
    let state = async |key: &str| f.get(&format!("/api/activity/{key}")).await.body["state"].clone();
    assert_eq!([state("call-1").await, state("call-2").await], [json!("failed"), json!("pending")]);
}

#[tokio::test]
async fn a_wrong_filter_is_refused() {
    let f = Fixture::new().await;
    for query in ["from=yesterday", "cursor=x", "search=Ada"] {
        let page = f.get(&format!("/activity/decide-again?{query}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(page.text.contains("This did not work"), "{query}");
    }
    let page = f.get("/activity/decide-again").await;
    check_contains(&page, &["There are no skipped calls or messages with this filter."]);
}

//! The pages of the activity log.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;

fn keys(body: &Value) -> Vec<&str> {
    body["entries"].as_array().unwrap().iter().map(|entry| entry["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_latest_call_comes_first_and_pages_follow_their_cursor() {
    let f = Fixture::new().await;
    for (id, after) in [(1, 0), (2, 20), (3, 10)] {
        f.missed(id, after).await;
    }
    let first = f.get("/api/activity?limit=2").await.body;
    assert_eq!(keys(&first), ["call-2", "call-3"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = f.get(&format!("/api/activity?limit=2&cursor={cursor}")).await.body;
    assert_eq!((keys(&second), &second["next_cursor"]), (vec!["call-1"], &Value::Null));
}

#[tokio::test]
async fn a_page_has_25_entries_when_nobody_says_how_many() {
    let f = Fixture::new().await;
    for id in 0..26 {
        f.missed(id, 0).await;
    }
    for path in ["/api/activity", "/api/activity?limit=&cursor="] {
        assert_eq!(keys(&f.get(path).await.body).len(), 25, "{path}");
    }
    assert_eq!(keys(&f.get("/api/activity?limit=100").await.body).len(), 26);
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let f = Fixture::new().await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("cursor=x", "cursor"),
        ("limit=5&cursor=e30", "cursor"),
    ] {
        let answer = f.get(&format!("/api/activity?{query}")).await;
        answer.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
        assert_eq!(answer.body["error"]["parameter"], json!(name), "{query}");
    }
}

//! The history of the settings, and restoring versions.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::call_workflow::choose;
use crate::fixture::{Fixture, cookie};

const FIRST: [&str; 5] = ["completed", "completed", "completed", "do_nothing", "in_progress"];
const SECOND: [&str; 5] = ["completed", "completed", "completed", "do_nothing", "do_nothing"];

async fn changed_twice() -> Fixture {
    let f = Fixture::new().await;
    assert_eq!(choose(&f, "0", FIRST).await.status, StatusCode::SEE_OTHER);
    assert_eq!(choose(&f, "1", SECOND).await.status, StatusCode::SEE_OTHER);
    f
}

async fn workflow(f: &Fixture) -> Value {
    f.get("/api/settings").await.body["call_workflow"].clone()
}

#[tokio::test]
async fn each_version_shows_its_author_time_and_changes() {
    let f = changed_twice().await;
    let page = f.get("/history").await.text;
    let (second, first) = page.split_once("id=\"version-1\"").unwrap();
    for (text, part) in [
        ("Version 2", second),
        ("Current", second),
        ("user@example.com", second),
        ("<th scope=\"row\">Voicemail</th>", second),
        ("<del class=\"lines\">In progress</del>", second),
        ("<ins class=\"lines\">Do nothing</ins>", second),
        ("<th scope=\"row\">Missed call</th>", first),
        ("href=\"/history/1\"", first),
        ("href=\"/history/0\"", first),
    ] {
        assert!(part.contains(text), "{text} is not in {part}");
    }
    assert!(!second.contains("Missed call") && !page.contains("href=\"/history/2\""), "{page}");
}

#[tokio::test]
async fn a_restored_version_becomes_a_new_version() {
    let f = changed_twice().await;
    let page = f.get("/history/1").await.text;
    assert!(page.contains("Restore version 1") && page.contains("<ins class=\"lines\">In progress</ins>"), "{page}");
    let restored = f.post("/history/1", &[("version", "2")]).await;
    assert_eq!((restored.status, restored.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/history"));
    let settings = f.get("/api/settings").await.body;
    assert_eq!((&settings["version"], &settings["call_workflow"]["voicemail"]), (&json!(3), &json!("in_progress")));
    assert!(f.get("/history").await.text.contains("restored from version 1"));

    f.post("/history/0", &[("version", "3")]).await;
    assert_eq!(workflow(&f).await, serde_json::to_value(rules::Settings::default().call_workflow).unwrap());
    assert!(f.get("/history").await.text.contains("restored from the default settings"));
}

#[tokio::test]
async fn restoring_after_another_change_is_a_conflict() {
    let f = changed_twice().await;
    let stale = f.post("/history/0", &[("version", "1")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    // A restored version is compared as a whole.
    for legend in ["Missed call", "Voicemail"] {
        assert!(stale.text.contains(&format!("<legend>{legend}</legend>")), "{}", stale.text);
    }
    assert_eq!(f.get("/api/settings").await.body["version"], 2);
    let odd = f.post("/history/0", &[("version", "x")]).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn unknown_versions_and_those_of_other_tenants_are_not_found() {
    let f = changed_twice().await;
    for path in ["/history/3", "/history/-1", "/history/x", "/history/99999999999999999999"] {
        assert_eq!(f.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let other = cookie("two");
    assert_eq!(f.send_as(&other, Method::GET, "/history/1", "").await.status, StatusCode::NOT_FOUND);
    assert!(!f.send_as(&other, Method::GET, "/history", "").await.text.contains("Version"));
}

#[tokio::test]
async fn older_versions_are_on_further_pages() {
    let f = Fixture::new().await;
    for version in 0..23 {
        let choices = if version % 2 == 0 { FIRST } else { SECOND };
        choose(&f, &version.to_string(), choices).await;
    }
    let page = f.get("/history").await.text;
    assert!(page.contains("Version 4") && !page.contains("id=\"version-3\"") && page.contains("?before=4\""), "{page}");
    assert!(!page.contains("The previous version is not available"), "{page}");
    let older = f.get("/history?before=4").await.text;
    assert!(older.contains("id=\"version-3\"") && older.contains("id=\"version-1\"") && !older.contains("?before"));
}

#[tokio::test]
async fn an_invalid_cursor_of_the_history_is_refused() {
    let f = changed_twice().await;
    for before in ["x", "-1", "%2B2", "1.5", "99999999999999999999"] {
        let answer = f.get(&format!("/history?before={before}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{before}");
        assert!(answer.text.contains("There is no version with this number"), "{before}: {}", answer.text);
    }
    assert_eq!(f.get("/history?before=").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_api_lists_shows_and_restores_versions() {
    let f = changed_twice().await;
    let list = f.get("/api/settings/history").await.body;
    assert_eq!((&list["versions"][0]["version"], &list["next_before"]), (&json!(2), &Value::Null));
    assert_eq!(list["versions"][1]["changed_by"], "user@example.com");
    let first = f.get("/api/settings/history/1").await.body;
    assert_eq!((&first["version"], &first["call_workflow"]["voicemail"]), (&json!(1), &json!("in_progress")));
    let restored = f.send(Method::POST, "/api/settings/history/1/restore", "").await;
    assert_eq!((restored.status, &restored.body["version"]), (StatusCode::OK, &json!(3)));
    assert_eq!(workflow(&f).await["voicemail"], "in_progress");
    let made_from = &f.get("/api/settings/history").await.body["versions"][0]["made_from"];
    assert_eq!(*made_from, json!({"is": "restore", "version": 1}));
    f.get("/api/settings/history/9").await.check_error(StatusCode::NOT_FOUND, "not_found");
    f.get("/api/settings/history?before=x").await.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
}

//! The page of the five call types.

use axum::http::{Method, StatusCode, header};

use super::support::{chosen, value};
use crate::fixture::{Fixture, Response, cookie};

const TYPES: [&str; 5] = ["outbound_answered", "outbound_unanswered", "inbound_answered", "missed", "voicemail"];

/// Submits the form with these choices for the five call types.
pub(super) async fn choose(f: &Fixture, version: &str, choices: [&str; 5]) -> Response {
    let fields: Vec<_> = [("version", version)].into_iter().chain(TYPES.into_iter().zip(choices)).collect();
    f.post("/call-workflow", &fields).await
}

#[tokio::test]
async fn it_shows_the_settings_and_saves_them() {
    let f = Fixture::new().await;
    let page = f.get("/call-workflow").await.text;
    assert_eq!((value(&page, "version").as_str(), chosen(&page, "missed").as_deref()), ("0", Some("in_progress")));

    let choices = ["completed", "do_nothing", "completed", "do_nothing", "completed"];
    let saved = choose(&f, "0", choices).await;
    assert_eq!((saved.status, saved.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/call-workflow"));
    let settings = f.get("/api/settings").await.body;
    assert_eq!(settings["version"], 1);
    for (call_type, choice) in TYPES.into_iter().zip(choices) {
        assert_eq!(settings["call_workflow"][call_type], choice);
    }

    let flash = saved.cookies()[0].split(';').next().unwrap().to_owned();
    let page = f.send_as(&format!("{flash}; {}", cookie("one")), Method::GET, "/call-workflow", "").await;
    assert!(page.text.contains("role=\"status\">Saved."), "{}", page.text);
    assert_eq!(chosen(&page.text, "missed").as_deref(), Some("do_nothing"));
}

#[tokio::test]
async fn unchanged_settings_are_not_saved() {
    let f = Fixture::new().await;
    let same = choose(&f, "0", ["completed", "completed", "completed", "in_progress", "in_progress"]).await;
    assert!(same.cookies()[0].starts_with("flash=unchanged;"));
    assert_eq!(f.get("/api/settings").await.body["version"], 0);
}

#[tokio::test]
async fn errors_are_shown_at_their_fields_and_the_input_is_kept() {
    let f = Fixture::new().await;
    let answer = choose(&f, "0", ["do_nothing", "<b>later", "completed", "", "completed"]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "<a href=\"#outbound_unanswered-completed\">Outbound unanswered call: choose how it is logged.</a>",
        "<a href=\"#missed-completed\">Missed call: choose how it is logged.</a>",
        "id=\"missed-error\"",
        "aria-describedby=\"missed-error missed-hint\"",
        " data-changed",
    ] {
        assert!(answer.text.contains(text), "{text} is not in {}", answer.text);
    }
    assert!(!answer.text.contains("<b>"));
    assert_eq!(chosen(&answer.text, "outbound_answered").as_deref(), Some("do_nothing"));
    assert_eq!(chosen(&answer.text, "missed"), None);
    assert_eq!(f.get("/api/settings").await.body["version"], 0);
}

#[tokio::test]
async fn an_invalid_version_saves_nothing() {
    let f = Fixture::new().await;
    for version in ["", "x", "-1", "0.5"] {
        let answer = choose(&f, version, ["do_nothing"; 5]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{version:?}");
    }
    assert_eq!(f.get("/api/settings").await.body["version"], 0);
}

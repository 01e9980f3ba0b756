//! Conflicts with settings that another admin has saved in between.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::call_workflow::choose;
use super::support::value;
use crate::fixture::{Fixture, Response, cookie};

const OURS: [&str; 5] = ["do_nothing", "completed", "completed", "in_progress", "do_nothing"];

/// Another admin changes a setting.
async fn save_as_other_admin(f: &Fixture, pointer: &str, value: Value) {
    let mut settings = f.get("/api/settings").await.body;
    *settings.pointer_mut(pointer).unwrap() = value;
    assert_eq!(f.send(Method::PUT, "/api/settings", settings.to_string()).await.status, StatusCode::OK);
}

/// Saves [`OURS`] after another admin has saved. Ours changes outbound answered, theirs changes missed, both change
/// voicemail.
async fn conflict(f: &Fixture) -> Response {
    save_as_other_admin(f, "/call_workflow", workflow_with("completed", "completed")).await;
    let answer = choose(f, "0", OURS).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer
}

/// The call workflow of a new tenant, with these choices for missed calls and voicemail.
fn workflow_with(missed: &str, voicemail: &str) -> Value {
    let mut workflow = json!(rules::Settings::default().call_workflow);
    workflow["missed"] = json!(missed);
    workflow["voicemail"] = json!(voicemail);
    workflow
}

/// Submits the form of the conflict page.
async fn resolve(f: &Fixture, page: &Response, choices: &[(&str, &str)]) -> Response {
    let hidden = ["version", "base", "back", "mine"].map(|name| (name, value(&page.text, name)));
    let hidden: Vec<_> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    f.post("/settings/conflict", &[&hidden, choices].concat()).await
}

async fn workflow(f: &Fixture) -> [String; 3] {
    let settings = f.get("/api/settings").await.body;
    ["outbound_answered", "missed", "voicemail"].map(|key| settings["call_workflow"][key].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn conflicting_changes_are_shown_side_by_side_and_nothing_is_saved() {
    let f = Fixture::new().await;
    let page = conflict(&f).await.text;
    for text in [
        "Resolve conflicting changes",
        "user@example.com saved the settings",
        "Keep mine",
        "Take theirs",
        "<legend>Voicemail</legend>",
        "Only you changed Outbound answered call,",
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(page.contains("<small class=\"lines\">Do nothing</small>"), "ours: {page}");
    assert!(page.contains("<small class=\"lines\">Completed</small>"), "theirs: {page}");
    assert_eq!(page.matches("<legend>").count(), 1, "nothing else was changed by both: {page}");
    assert_eq!(f.get("/api/settings").await.body["version"], 1);
}

#[tokio::test]
async fn changes_that_do_not_conflict_are_merged() {
    let f = Fixture::new().await;
    save_as_other_admin(&f, "/call_workflow/missed", json!("do_nothing")).await;
    let saved = choose(&f, "0", ["completed", "completed", "completed", "in_progress", "completed"]).await;
    assert_eq!((saved.status, saved.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/call-workflow"));
    assert!(saved.cookies()[0].starts_with("flash=saved-both;"), "{:?}", saved.cookies());
    assert_eq!(workflow(&f).await, ["completed", "do_nothing", "completed"]);
    assert_eq!(f.get("/api/settings").await.body["version"], 2);
    let flash = saved.cookies()[0].split(';').next().unwrap().to_owned();
    let page = f.send_as(&format!("{flash}; {}", cookie("one")), Method::GET, "/call-workflow", "").await;
    assert!(page.text.contains("both changes were kept"), "{}", page.text);
}

#[tokio::test]
async fn a_form_without_changes_reverts_nothing() {
    let f = Fixture::new().await;
    save_as_other_admin(&f, "/call_workflow/missed", json!("do_nothing")).await;
    let same = choose(&f, "0", ["completed", "completed", "completed", "in_progress", "in_progress"]).await;
    assert!(same.cookies()[0].starts_with("flash=unchanged;"), "{:?}", same.cookies());
    assert_eq!(workflow(&f).await, ["completed", "do_nothing", "in_progress"]);
}

#[tokio::test]
async fn keeping_ours_reverts_no_other_change() {
    let f = Fixture::new().await;
    let page = conflict(&f).await;
    let saved = resolve(&f, &page, &[("all", "mine")]).await;
    assert!(saved.cookies()[0].starts_with("flash=saved;"));
    assert_eq!(workflow(&f).await, ["do_nothing", "completed", "do_nothing"]);
}

#[tokio::test]
async fn theirs_can_be_taken_for_conflicting_settings() {
    let f = Fixture::new().await;
    let page = conflict(&f).await;
    let saved = resolve(&f, &page, &[("all", "theirs")]).await;
    assert!(saved.cookies()[0].starts_with("flash=saved;"));
    assert_eq!(workflow(&f).await, ["do_nothing", "completed", "completed"]);
}

#[tokio::test]
async fn choosing_only_theirs_saves_nothing() {
    let f = Fixture::new().await;
    save_as_other_admin(&f, "/call_workflow/voicemail", json!("completed")).await;
    let page = choose(&f, "0", ["completed", "completed", "completed", "in_progress", "do_nothing"]).await;
    let kept = resolve(&f, &page, &[("all", "theirs")]).await;
    assert!(kept.cookies()[0].starts_with("flash=kept-theirs;"), "{:?}", kept.cookies());
    assert_eq!(workflow(&f).await, ["completed", "in_progress", "completed"]);
    assert_eq!(f.get("/api/settings").await.body["version"], 1);
}

#[tokio::test]
async fn each_conflicting_setting_can_be_chosen() {
    let f = Fixture::new().await;
    save_as_other_admin(&f, "/call_workflow", workflow_with("completed", "completed")).await;
    let page = choose(&f, "0", ["completed", "completed", "completed", "do_nothing", "do_nothing"]).await;
    let choices = [("call_workflow.missed", "theirs"), ("call_workflow.voicemail", "mine")];
    resolve(&f, &page, &choices).await;
    assert_eq!(workflow(&f).await, ["completed", "completed", "do_nothing"]);
}

#[tokio::test]
async fn a_third_change_of_the_same_setting_is_another_conflict() {
    let f = Fixture::new().await;
    let page = conflict(&f).await;
    save_as_other_admin(&f, "/call_workflow/voicemail", json!("in_progress")).await;
    let again = resolve(&f, &page, &[("all", "mine")]).await;
    assert_eq!((again.status, value(&again.text, "version").as_str()), (StatusCode::CONFLICT, "2"));
    resolve(&f, &again, &[("all", "mine")]).await;
    assert_eq!(workflow(&f).await, ["do_nothing", "completed", "do_nothing"]);
}

#[tokio::test]
async fn a_third_change_of_another_setting_is_merged() {
    let f = Fixture::new().await;
    let page = conflict(&f).await;
    save_as_other_admin(&f, "/call_workflow/missed", json!("do_nothing")).await;
    let saved = resolve(&f, &page, &[("all", "mine")]).await;
    assert!(saved.cookies()[0].starts_with("flash=saved-both;"), "{:?}", saved.cookies());
    assert_eq!(workflow(&f).await, ["do_nothing", "do_nothing", "do_nothing"]);
}

#[tokio::test]
async fn a_change_made_on_another_page_is_kept() {
    let f = Fixture::new().await;
    save_as_other_admin(&f, "/log_messages", json!(false)).await;
    let saved = choose(&f, "0", OURS).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let settings = f.get("/api/settings").await.body;
    assert_eq!(
        (&settings["log_messages"], &settings["call_workflow"]["voicemail"]),
        (&json!(false), &json!("do_nothing"))
    );
}

#[tokio::test]
async fn the_same_change_by_both_is_not_a_conflict() {
    let f = Fixture::new().await;
    save_as_other_admin(&f, "/log_messages", json!(false)).await;
    save_as_other_admin(&f, "/call_workflow/voicemail", json!("do_nothing")).await;
    let same = choose(&f, "0", ["completed", "completed", "completed", "in_progress", "do_nothing"]).await;
    assert!(same.cookies()[0].starts_with("flash=unchanged;"));
}

#[tokio::test]
async fn an_invalid_document_is_refused() {
    let f = Fixture::new().await;
    for mine in ["", "{}", "[", "{\"version\": 0}"] {
        let answer = f.post("/settings/conflict", &[("mine", mine), ("all", "mine"), ("back", "//example.com")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{mine}");
    }
}

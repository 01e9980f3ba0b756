//! The statuses of Tasks: those in use, and the admin's choice.

use axum::http::{Method, StatusCode};
use salesforce_sandbox::{Options, TaskStatus};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Response};
use crate::pages::support::selected;

const PATH: &str = "/api/connections/salesforce/statuses";

/// A console whose org has these open and closed statuses.
async fn connected(open: &[&str], closed: &[&str]) -> Fixture {
    let f = Fixture::new().await;
    f.connect().await;
    set_statuses(&f, open, closed);
    f
}

fn set_statuses(f: &Fixture, open: &[&str], closed: &[&str]) {
    let status = |(name, is_closed): (&&str, bool)| TaskStatus {
        api_name: (*name).to_owned(),
        master_label: None,
        is_closed,
        is_default: false,
    };
    let (open, closed) = (open.iter().map(|name| (name, false)), closed.iter().map(|name| (name, true)));
    let task_statuses = Some(open.chain(closed).map(status).collect());
    let org = &f.vendors.salesforce;
    org.set_options(Options { task_statuses, ..org.options() });
}

async fn choose(f: &Fixture, completed: Value, in_progress: Value) -> Response {
    f.send(Method::PUT, PATH, json!({ "completed": completed, "in_progress": in_progress }).to_string()).await
}

async fn shown(f: &Fixture) -> Value {
    f.get("/api/connections").await.body["salesforce"]["statuses"].clone()
}

fn statuses([chosen_done, used_done]: [Option<&str>; 2], [chosen_open, used_open]: [Option<&str>; 2]) -> Value {
    json!({ "completed": { "chosen": chosen_done, "used": used_done },
        "in_progress": { "chosen": chosen_open, "used": used_open } })
}

#[tokio::test]
async fn statuses_of_the_same_kind_can_be_chosen_and_taken_back() {
    let f = connected(&["Neu", "Offen"], &["Erledigt", "Abgelehnt"]).await;
    // Before the org's list is known, Salesforce's standard values are assumed.
    assert_eq!(shown(&f).await, statuses([None, Some("Completed")], [None, Some("In Progress")]));
    let chosen = choose(&f, json!("Abgelehnt"), Value::Null).await;
    let expected = statuses([Some("Abgelehnt"), Some("Abgelehnt")], [None, Some("Neu")]);
    assert_eq!((chosen.status, &chosen.body), (StatusCode::OK, &expected));
    assert_eq!(shown(&f).await, expected);
    let known = f.stored(&f.tenant).await.facts.lists.unwrap().value;
    assert_eq!(known.statuses.len(), 4);
    assert!(known.picklists.contains_key("Task.Type"), "{known:?}");

    let cleared = choose(&f, Value::Null, json!("Offen")).await;
    assert_eq!(cleared.body, statuses([None, Some("Erledigt")], [Some("Offen"), Some("Offen")]));
    assert_eq!(shown(&f).await, cleared.body);
}

#[tokio::test]
async fn a_status_that_the_org_does_not_have_or_has_as_another_kind_is_refused() {
    let f = connected(&["Open"], &["Completed"]).await;
    for (completed, in_progress, field, message) in [
        (json!("Done"), Value::Null, "completed", "Choose one of the org's closed statuses: Completed."),
        (json!("Open"), Value::Null, "completed", "Choose one of the org's closed statuses: Completed."),
        (Value::Null, json!("Completed"), "in_progress", "Choose one of the org's open statuses: Open."),
        (Value::Null, json!(""), "in_progress", "Choose one of the org's open statuses: Open."),
    ] {
        let refused = choose(&f, completed, in_progress).await;
        refused.check_error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field");
        let error = &refused.body["error"];
        assert_eq!((&error["parameter"], &error["message"]), (&json!(field), &json!(message)));
    }
    assert_eq!(shown(&f).await["completed"]["chosen"], Value::Null);
    // The list is read again each time.
    set_statuses(&f, &["Open"], &["Completed", "Done"]);
    assert_eq!(choose(&f, json!("Done"), Value::Null).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_has_exactly_both_fields() {
    let f = connected(&["Open"], &["Completed"]).await;
    for (body, field) in [
        (json!({}), "completed"),
        (json!({ "completed": null }), "in_progress"),
        (json!({ "completed": null, "in_progress": 1 }), "in_progress"),
        (json!({ "completed": null, "in_progress": null, "failed": null }), "failed"),
    ] {
        let refused = f.send(Method::PUT, PATH, body.to_string()).await;
        refused.check_error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field");
        assert_eq!(refused.body["error"]["parameter"], field);
    }
    f.send(Method::PUT, PATH, "[]").await.check_error(StatusCode::BAD_REQUEST, "not_json");
}

#[tokio::test]
async fn without_an_org_there_is_nothing_to_choose_from() {
    let f = Fixture::new().await;
    choose(&f, Value::Null, Value::Null).await.check_error(StatusCode::CONFLICT, "not_connected");
    let f = f.with_tenant().await;
    choose(&f, Value::Null, Value::Null).await.check_error(StatusCode::CONFLICT, "not_connected");
}

#[tokio::test]
async fn an_org_that_does_not_show_its_list_refuses_a_choice() {
    let f = connected(&["Open"], &["Completed"]).await;
    let org = &f.vendors.salesforce;
    org.set_options(Options { hidden_objects: vec!["TaskStatus".to_owned()], ..org.options() });
    choose(&f, json!("Completed"), Value::Null).await.check_error(StatusCode::CONFLICT, "salesforce_refused");
    assert_eq!(choose(&f, Value::Null, Value::Null).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_offers_the_statuses_once_they_are_known() {
    let f = connected(&["Neu", "Offen"], &["Erledigt", "Abgelehnt"]).await;
    let page = f.get("/connections").await.text;
    assert!(page.contains("statuses are read with the first call") && !page.contains("<select"), "{page}");
    f.get("/api/connections/salesforce/check").await;
    let page = f.get("/connections").await.text;
    for text in
        ["Chosen automatically: Erledigt", "Chosen automatically: Neu", "<option value=\"Offen\">Offen</option>"]
    {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert_eq!(selected(&page, "completed").as_deref(), Some(""));

    let fields = [("completed", "Abgelehnt"), ("in_progress", "")];
    let saved = f.post("/connections/salesforce/statuses", &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert!(saved.cookies()[0].starts_with("flash=statuses-chosen;"), "{:?}", saved.cookies());
    let page = f.get("/connections").await.text;
    assert_eq!([selected(&page, "completed"), selected(&page, "in_progress")].map(Option::unwrap), ["Abgelehnt", ""]);

    // The org loses the chosen status.
    set_statuses(&f, &["Neu"], &["Erledigt"]);
    let refused = f.post("/connections/salesforce/statuses", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "<a href=\"#status-completed\">Choose one of the org&#39;s closed statuses: Erledigt.</a>",
        "id=\"status-completed-error\"",
        "<option value=\"Abgelehnt\" selected>Abgelehnt (the org no longer has it)</option>",
        "In use: Erledigt.",
    ] {
        assert!(refused.text.contains(text), "{text} is not in {}", refused.text);
    }
}

#[tokio::test]
async fn the_page_says_why_nothing_was_chosen() {
    let f = Fixture::new().await;
    let refused = f.post("/connections/salesforce/statuses", &[("completed", ""), ("in_progress", "")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("Salesforce is not connected. Connect it first."), "{}", refused.text);
}

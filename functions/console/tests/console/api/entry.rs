//! The API's view of an entry in each of its states.

use axum::http::StatusCode;
use rules::matching::Record;
use rules::relate::RelatedKind;
use rules::settings::LogAs;
use rules::{RecordKind, SalesforceId, Settings, TaskStatus, Topic, Trace};
use serde_json::{Value, json};
use store::{Entry, Outcome, Problem, Related, Written};

use crate::fixture::{Fixture, START, at};

fn logged(entry: &Entry) -> Outcome {
    let task = entry.document.interaction().task(TaskStatus::InProgress, &Settings::default(), "Test Contact");
    let mut trace = Trace::new();
    trace.note(Topic::Record, "The phone number is that of the Contact Test Contact.");
    Outcome::Logged {
        written: Box::new(Written {
            task_id: SalesforceId::parse("00T000000000001").unwrap(),
            task: Some(task),
            record: Record {
                kind: RecordKind::Contact,
                id: SalesforceId::parse("003000000000001").ok(),
                person_contact_id: None,
                name: "Test Contact".to_owned(),
            },
            related: Some(Related { kind: RelatedKind::Case, id: SalesforceId::parse("500000000000001").unwrap() }),
            logged_at: at(START + 100),
        }),
        trace,
    }
}

fn problem() -> Problem {
    let message = "Please fill in the region.".to_owned();
    Problem {
        code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
        message,
        since: at(START + 100),
        shared_failures: 0,
    }
}

async fn record_outcome(f: &Fixture, entry: &Entry, outcome: &Outcome) -> Value {
    f.calls.record_outcome(&f.tenant, entry, outcome, at(START + 100)).await.unwrap();
    f.get("/api/activity/call-7").await.body
}

#[tokio::test]
async fn a_logged_entry_shows_record_task_and_trace() {
    let f = Fixture::new().await;
    let entry = f.missed(7, 0).await;
    let mut body = record_outcome(&f, &entry, &logged(&entry)).await;
    let [trace, call, messages, task, logged_at] = ["trace", "call", "messages", "task", "logged_at"]
        .map(|name| body.as_object_mut().unwrap().remove(name).unwrap());
    assert_eq!(messages, Value::Null);
    assert_eq!(
        body,
        json!({
            "key": "call-7", "state": "logged", "outcome": "logged", "status": "in_progress",
            "reason": "Logged as In progress (Next Steps) on the Contact Test Contact, related to a Case.",
            "direction": "inbound", "kind": "call", "call_type": "missed",
            "started_at": START, "started_at_local": "2026-03-23T09:30:00+01:00", "time_zone": "Europe/Vienna",
            "number": {"id": 397_375, "name": "Sales"}, "external_number": "+14155550132", "user": null,
            "task_id": "00T000000000001EAA", "task_url": null,
            "record": {"kind": "contact", "id": "003000000000001AAA", "name": "Test Contact"},
            "related": {"kind": "case", "id": "500000000000001AAA"},
            "problem": null, "attempts": 0, "due_at": null, "updated_at": START + 100,
        })
    );
    let topics: Vec<_> = trace.as_array().unwrap().iter().map(|step| step["about"].as_str().unwrap()).collect();
    assert_eq!(topics, ["call_type", "number", "call_workflow", "business_hours", "phone_number", "record"]);
    assert_eq!(trace[5]["finding"], "The phone number is that of the Contact Test Contact.");

    assert_eq!((&call["waiting_seconds"], &call["answered_at"]), (&json!(50), &Value::Null));
    assert_eq!((&task["Status"], logged_at), (&json!("In Progress"), json!(START + 100)));
    assert_eq!(task["Subject"], "Missed call from Test Contact on Sales");

    // The list has the same fields without the trace and the other long ones.
    assert_eq!(f.get("/api/activity").await.body["entries"], json!([body]));
}

#[tokio::test]
async fn a_pending_entry_says_why_it_waits() {
    let f = Fixture::new().await;
    let entry = f.missed(7, 0).await;
    let body = f.get("/api/activity/call-7").await.body;
    assert_eq!(
        (&body["state"], &body["status"], &body["task_id"]),
        (&json!("pending"), &json!("in_progress"), &Value::Null)
    );
    assert_eq!(
        (&body["reason"], &body["due_at"]),
        (&json!("Waiting to be written to Salesforce."), &json!(START + 60))
    );

    let outcome = Outcome::Postponed { due_at: at(START + 900), problem: problem(), trace: Trace::new() };
    let body = record_outcome(&f, &entry, &outcome).await;
    assert_eq!((&body["attempts"], &body["due_at"]), (&json!(1), &json!(START + 900)));
    assert_eq!(body["reason"], "Waiting to try again: Please fill in the region.");
}

#[tokio::test]
async fn a_failed_entry_shows_the_message_of_salesforce() {
    let f = Fixture::new().await;
    let entry = f.missed(7, 0).await;
    let body = record_outcome(&f, &entry, &Outcome::Failed { problem: problem(), trace: Trace::new() }).await;
    assert_eq!((&body["state"], &body["reason"]), (&json!("failed"), &json!("Please fill in the region.")));
    let problem = json!({"code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Please fill in the region.",
        "since": START + 100});
    assert_eq!(body["problem"], problem);
}

#[tokio::test]
async fn a_skipped_entry_says_why() {
    let f = Fixture::new().await;
    let mut settings = Settings::default();
    settings.call_workflow.missed = LogAs::DoNothing;
    f.call("ended", 7, 0, &settings).await;
    let body = f.get("/api/activity/call-7").await.body;
    assert_eq!((&body["state"], &body["status"]), (&json!("skipped"), &Value::Null));
    assert_eq!(body["reason"], "The call workflow says to do nothing with calls of this type.");
}

#[tokio::test]
async fn an_entry_that_the_writer_skipped_says_why() {
    let f = Fixture::new().await;
    let entry = f.missed(7, 0).await;
    let outcome = Outcome::Skipped { reason: rules::SkipReason::UnknownNumber, trace: Trace::new() };
    let body = record_outcome(&f, &entry, &outcome).await;
    assert_eq!((&body["state"], &body["status"]), (&json!("skipped"), &Value::Null));
    assert_eq!(body["reason"], rules::SkipReason::UnknownNumber.sentence());
}

#[tokio::test]
async fn a_call_that_is_not_over_has_no_type_yet() {
    let f = Fixture::new().await;
    f.call("created", 7, 0, &Settings::default()).await;
    let body = f.get("/api/activity/call-7").await.body;
    assert_eq!((&body["state"], &body["call_type"], &body["trace"]), (&json!("open"), &Value::Null, &json!([])));
    assert_eq!(body["reason"], "Waiting for the call to end.");
}

#[tokio::test]
async fn an_unknown_entry_is_not_found() {
    let f = Fixture::new().await;
    let long = "x".repeat(1025);
    for key in ["call-999", "..", "%00", "%ff", "call%2F7", &long] {
        f.get(&format!("/api/activity/{key}")).await.check_error(StatusCode::NOT_FOUND, "not_found");
    }
}

//! Triggers that are not bulk-safe: how many records of an object a request may write.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{
    client::{Client, Response, answer, column, data},
    resources::{Resource, code},
};

const LIMITED: &str = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY";

/// An org that takes two records of an object in one request.
fn org() -> Client {
    Client::with(json!({"max_records_per_write": 2}))
}

fn tasks(count: usize) -> Vec<(&'static str, Value)> {
    (0..count).map(|at| ("Task", json!({"Subject": format!("Call {at}")}))).collect()
}

fn contact() -> (&'static str, Value) {
    ("Contact", json!({"LastName": "Roe"}))
}

#[tokio::test]
async fn one_record_too_many_refuses_all_of_its_object() {
    for resource in Resource::TOGETHER {
        let org = org();
        assert_eq!(resource.codes(&org, &tasks(2)).await, ["", ""], "{resource:?}");
        assert_eq!(resource.codes(&org, &tasks(3)).await, [LIMITED; 3], "{resource:?}");
        // Between them a record of another object; the chunks of a collection count together.
        let [one, other, another] = [0, 1, 2].map(|at| tasks(3).remove(at));
        let mixed = [one, contact(), other, another];
        assert_eq!(resource.codes(&org, &mixed).await, [LIMITED, "", LIMITED, LIMITED], "{resource:?}");
        let counts = (org.org.records("Task").len(), org.org.records("Contact").len());
        assert_eq!(counts, (2, 1), "{resource:?}");
    }
}

#[tokio::test]
async fn by_default_and_alone_any_number_is_taken() {
    let org = Client::new();
    for resource in Resource::ALL {
        assert_eq!(resource.codes(&org, &tasks(20)).await, [""; 20], "{resource:?}");
    }
    let org = Client::with(json!({"max_records_per_write": 1}));
    assert_eq!(Resource::Alone.codes(&org, &tasks(3)).await, [""; 3]);
}

#[tokio::test]
async fn the_error_is_that_of_a_trigger_beyond_a_governor_limit() {
    let org = org();
    let message = "TaskTrigger: System.LimitException: Too many SOQL queries: 101";
    for resource in Resource::TOGETHER {
        let error = resource.create(&org, &tasks(3), &[]).await.remove(0);
        let found = (code(&error), &error["message"], &error["fields"]);
        assert_eq!(found, (LIMITED.to_owned(), &json!(message), &json!([])), "{resource:?}");
    }
    org.set(json!({"language": "fr"})).await;
    let french = Resource::Collection.create(&org, &tasks(3), &[]).await.remove(0);
    assert_eq!(french["message"], "TaskTrigger : System.LimitException: Trop de requêtes SOQL : 101");
}

/// Three records of an update or upsert, with these keys.
fn keyed(keys: [&str; 3]) -> Value {
    json!({"records": keys.map(|key| json!({"attributes": {"type": "Task"}, "Aircall_Key__c": key}))})
}

#[track_caller]
fn check_limited(answer: &Response) {
    assert_eq!(column(&answer.body, "success"), ["false"; 3], "{}", answer.body);
    assert_eq!(answer.code(), LIMITED);
}

#[tokio::test]
async fn updates_upserts_and_deletes_count_too() {
    let org = org();
    let ids = ["call-1", "call-2", "call-3"].map(|key| org.seed("Task", json!({"Aircall_Key__c": key})));
    let update = ids.each_ref().map(|id| json!({"attributes": {"type": "Task"}, "id": id, "Subject": "Call"}));
    check_limited(&org.patch(&data("composite/sobjects"), json!({"records": update})).await);
    let upsert = data("composite/sobjects/Task/Aircall_Key__c");
    check_limited(&org.patch(&upsert, keyed(["call-1", "call-2", "call-9"])).await);
    check_limited(&org.delete(&data(&format!("composite/sobjects?ids={}", ids.join(",")))).await);
    assert!(org.org.records("Task").iter().all(|task| task["Subject"].is_null() && task["IsDeleted"] == false));
    let two = org.delete(&data(&format!("composite/sobjects?ids={}", ids[1..].join(",")))).await;
    assert_eq!(column(&two.body, "success"), ["true", "true"]);
}

#[tokio::test]
async fn in_a_composite_the_records_of_subrequests_and_collections_count_together() {
    let org = org();
    let task = json!({"attributes": {"type": "Task"}, "Subject": "Call"});
    let contacts = json!([{"attributes": {"type": "Contact"}, "LastName": "Roe"}]);
    let post = |reference_id: &str, path: &str, body: Value| json!({"method": "POST", "url": data(path), "referenceId": reference_id, "body": body});
    let steps = json!([
        post("two", "composite/sobjects", json!({"records": [task, task]})),
        post("people", "composite/sobjects", json!({"records": contacts})),
        post("one", "sobjects/Task", json!({"Subject": "Call"})),
    ]);
    let answer = org.post(&data("composite"), json!({"compositeRequest": steps})).await.body;
    let body = |at: usize| answer["compositeResponse"][at]["body"].clone();
    assert_eq!(column(&body(0), "success"), ["false", "false"]);
    assert_eq!((column(&body(1), "success"), code(&body(2)[0])), (vec!["true".to_owned()], LIMITED.to_owned()));
    assert_eq!((org.org.records("Task").len(), org.org.records("Contact").len()), (0, 1));
}

#[tokio::test]
async fn what_is_rolled_back_with_a_refused_record_is_gone_too() {
    let org = org();
    let step = |reference_id: String, sobject: &str, body: Value| {
        json!({"method": "POST", "url": data(&format!("sobjects/{sobject}")), "referenceId": reference_id,
            "body": body})
    };
    let (name, person) = contact();
    let bundle = |at: usize| {
        let who = json!({"WhoId": format!("@{{c{at}.id}}")});
        json!([step(format!("c{at}"), name, person.clone()), step(format!("t{at}"), "Task", who)])
    };
    let graph = |at: usize| json!({"graphId": format!("g{at}"), "compositeRequest": bundle(at)});
    let lead = json!({"LastName": "Roe", "Company": "Acme"});
    let alone = json!({"graphId": "alone", "compositeRequest": [step("l".to_owned(), "Lead", lead)]});
    let graphs = json!({"graphs": [graph(0), alone, graph(1), graph(2)]});
    let answer = org.post(&data("composite/graph"), graphs).await.body;
    assert_eq!(column(&answer["graphs"], "isSuccessful"), ["false", "true", "false", "false"]);
    assert_eq!(["Contact", "Task", "Lead"].map(|sobject| org.org.records(sobject).len()), [0, 0, 1]);
    // Each bundle alone is within the limits.
    for at in 0..3 {
        let answer = org.post(&data("composite/graph"), json!({"graphs": [graph(at)]})).await.body;
        assert_eq!(answer["graphs"][0]["isSuccessful"], true, "{answer}");
    }

    let all = json!({"allOrNone": true, "records": tasks(3).into_iter().map(|(sobject, mut body)| {
        body["attributes"] = json!({"type": sobject});
        body
    }).chain([json!({"attributes": {"type": "Lead"}, "LastName": "Doe", "Company": "Acme"})]).collect::<Vec<_>>()});
    let answer = org.post(&data("composite/sobjects"), all).await.body;
    let codes: Vec<String> = answer.as_array().unwrap().iter().map(|result| code(&result["errors"][0])).collect();
    assert_eq!(codes, [LIMITED, LIMITED, LIMITED, "ALL_OR_NONE_OPERATION_ROLLED_BACK"]);
}

#[tokio::test]
async fn a_refused_request_uses_up_a_record_fault_once() {
    let org = org();
    let error = json!({"code": "UNABLE_TO_LOCK_ROW"});
    let fault = json!({"record": {"sobject": "Task", "matches": "Call 1"}, "error": error, "times": 2});
    org.post("/_sandbox/faults", fault).await;
    // The fault comes first, and the record that it refuses does not count.
    assert_eq!(Resource::Collection.codes(&org, &tasks(3)).await, ["", "UNABLE_TO_LOCK_ROW", ""]);
    let codes = Resource::Collection.codes(&org, &tasks(4)).await;
    assert_eq!(codes, [LIMITED, "UNABLE_TO_LOCK_ROW", LIMITED, LIMITED]);
    assert_eq!(org.get("/_sandbox/faults").await.body, json!([]));
}

#[tokio::test]
async fn each_chunk_of_a_bulk_job_counts_on_its_own() {
    let org = Client::new();
    let send = async |path: &str, body: &str| {
        let request = Request::builder().method("POST").uri(format!("/services/async/66.0/job{path}"));
        let request = request.header("x-sfdc-session", &org.token);
        answer(&org.org, request.body(Body::from(body.to_owned())).unwrap()).await.body.to_string()
    };
    let job = "<operation>insert</operation><object>Task</object><contentType>CSV</contentType>";
    let opened = send("", job).await;
    let id = opened.split("<id>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    let batch = format!("Subject\n{}", "Call\n".repeat(400));
    for (limit, expect) in [(199, 0), (200, 400)] {
        org.set(json!({"max_records_per_write": limit})).await;
        send(&format!("/{id}/batch"), &batch).await;
        assert_eq!(org.org.records("Task").len(), expect);
    }
}

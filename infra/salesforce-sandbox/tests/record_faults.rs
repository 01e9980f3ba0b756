//! Record faults: which records they refuse, through which resources, and how often.

use serde_json::{Value, json};

use crate::client::{Client, column, data};

async fn add_fault(org: &Client, fault: Value) {
    let answer = org.post("/_sandbox/faults", fault).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

fn locked() -> Value {
    json!({"code": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record"})
}

fn task_fault(matches: &str) -> Value {
    json!({"record": {"sobject": "Task", "matches": matches}, "error": locked()})
}

#[tokio::test]
async fn a_single_record_is_refused_once_and_then_accepted() {
    let org = Client::new();
    let error = json!({"code": "INVALID_FIELD", "message": "No such column", "fields": ["CallObject"]});
    add_fault(&org, json!({"record": {"sobject": "task"}, "error": error})).await;
    org.create("Contact", json!({"LastName": "Roe"})).await.id();
    let refused = org.create("Task", json!({"Subject": "Call"})).await;
    let expected = json!([{"errorCode": "INVALID_FIELD", "message": "No such column", "fields": ["CallObject"]}]);
    assert_eq!((refused.status, refused.body), (400, expected));
    org.create("Task", json!({"Subject": "Call"})).await.id();
}

#[tokio::test]
async fn in_a_collection_only_the_matching_record_fails() {
    let org = Client::new();
    add_fault(&org, task_fault("call-2|call-3")).await;
    let record = |key: &str| json!({"attributes": {"type": "Task"}, "Aircall_Key__c": key});
    let records = ["call-1", "call-2", "call-3"].map(record);
    let answer = org.post(&data("composite/sobjects"), json!({"records": records})).await;
    assert_eq!(column(&answer.body, "success"), ["true", "false", "true"], "the fault is used up after one record");
    let error = json!([{"statusCode": "UNABLE_TO_LOCK_ROW", "message": locked()["message"], "fields": []}]);
    assert_eq!((&answer.body[1]["errors"], org.org.records("Task").len()), (&error, 2));
}

#[tokio::test]
async fn in_a_composite_and_a_graph_a_fault_rolls_back_the_transaction() {
    let step = |sobject: &str, body: Value| {
        let url = data(&format!("sobjects/{sobject}"));
        json!({"method": "POST", "url": url, "referenceId": sobject, "body": body})
    };
    let steps =
        || json!([step("Contact", json!({"LastName": "Roe"})), step("Task", json!({"WhoId": "@{Contact.id}"}))]);
    let bundles = [
        ("composite", json!({"allOrNone": true, "compositeRequest": steps()}), "/compositeResponse"),
        (
            "composite/graph",
            json!({"graphs": [{"graphId": "g", "compositeRequest": steps()}]}),
            "/graphs/0/graphResponse/compositeResponse",
        ),
    ];
    for (path, body, responses) in bundles {
        let org = Client::new();
        add_fault(&org, task_fault("")).await;
        let answer = org.post(&data(path), body.clone()).await.body;
        let codes = answer.pointer(responses).unwrap().as_array().unwrap().iter();
        let codes: Vec<_> = codes.map(|response| response["body"][0]["errorCode"].clone()).collect();
        assert_eq!(codes, ["PROCESSING_HALTED", "UNABLE_TO_LOCK_ROW"], "{path}");
        assert!(org.org.records("Contact").is_empty(), "{path}");
        org.post(&data(path), body).await;
        assert_eq!((org.org.records("Contact").len(), org.org.records("Task").len()), (1, 1), "{path}");
    }
}

#[tokio::test]
async fn a_method_restricts_a_fault_to_creates_or_updates() {
    let org = Client::new();
    let key = data("sobjects/Task/Aircall_Key__c/call-1");
    add_fault(&org, json!({"record": {"sobject": "Task"}, "method": "PATCH", "error": locked()})).await;
    // An upsert that creates counts as a create.
    let id = org.patch(&key, json!({"Subject": "One"})).await.id();
    assert_eq!(org.patch(&key, json!({"Subject": "Two"})).await.code(), "UNABLE_TO_LOCK_ROW");
    add_fault(&org, json!({"record": {"sobject": "Task"}, "method": "POST", "error": locked()})).await;
    assert_eq!(org.patch(&data(&format!("sobjects/Task/{id}")), json!({"Subject": "Three"})).await.status, 204);
    assert_eq!(org.create("Task", json!({})).await.code(), "UNABLE_TO_LOCK_ROW");
    // An update matches by its id, even if the id is only in the path.
    add_fault(&org, task_fault(&id)).await;
    assert_eq!(org.patch(&key, json!({"Subject": "Four"})).await.code(), "UNABLE_TO_LOCK_ROW");
    assert_eq!(org.only("Task")["Subject"], "Three");
}

#[tokio::test]
async fn duplicates_have_the_shape_of_a_duplicate_rules_result() {
    let org = Client::new();
    let ids = [
        org.seed("Contact", json!({"LastName": "Roe"})),
        org.seed("Lead", json!({"LastName": "Roe", "Company": "Example"})),
    ];
    let error = json!({"code": "DUPLICATES_DETECTED", "message": "Use one of these records?", "duplicates": ids});
    add_fault(&org, json!({"record": {"sobject": "Contact"}, "error": error, "times": 2})).await;
    let refused = org.create("Contact", json!({"LastName": "Roe"})).await;
    let record = json!({"attributes": {"type": "Contact"}, "LastName": "Roe"});
    let collected = org.post(&data("composite/sobjects"), json!({"records": [record]})).await;
    for result in [&refused.body[0]["duplicateResult"], &collected.body[0]["errors"][0]["duplicateResult"]] {
        let found = |at: usize| result["matchResults"][at]["matchRecords"][0]["record"]["Id"].clone();
        assert_eq!([found(0), found(1)], ids.clone().map(Value::from), "{result}");
        assert_eq!(result["matchResults"][1]["entityType"], "Lead");
    }
    org.create("Contact", json!({"LastName": "Roe"})).await.id();
}

#[tokio::test]
async fn remaining_faults_are_listed_and_can_be_removed() {
    let org = Client::new();
    add_fault(
        &org,
        json!([{"status": 503, "path": "nowhere"}, {"record": {"sobject": "Task"}, "error": locked(), "times": 3}]),
    )
    .await;
    org.create("Task", json!({})).await;
    let waiting = org.get("/_sandbox/faults").await.body;
    assert_eq!((&waiting[0]["status"], &waiting[1]["times"]), (&json!(503), &json!(2)));
    assert_eq!(waiting[1]["error"]["code"], "UNABLE_TO_LOCK_ROW");
    org.delete("/_sandbox/faults").await;
    org.create("Task", json!({})).await.id();
}

#[tokio::test]
async fn an_invalid_fault_is_refused_and_the_error_names_the_key() {
    let org = Client::new();
    let record = json!({"sobject": "Task"});
    for (wrong, key) in [
        (json!({"record": record, "error": locked(), "path": "Task"}), "`path`"),
        (json!({"record": record, "error": locked(), "commit": true}), "`commit`"),
        (json!({"status": 400, "error": locked()}), "`status`"),
        (json!({"record": record}), "`error`"),
        (json!({"record": record, "error": {"message": "x"}}), "`code`"),
        (json!({"record": {"sobject": "Nope"}, "error": locked()}), "`record.sobject`"),
        (json!({"record": {"sobject": "Task", "matches": "("}, "error": locked()}), "`record.matches`"),
        (json!({"record": record, "error": {"code": "X", "duplicates": ["?"]}}), "`error.duplicates`"),
        (json!({"record": record, "method": "DELETE", "error": locked()}), "`DELETE`"),
    ] {
        let answer = org.post("/_sandbox/faults", json!([task_fault(""), wrong])).await;
        let why = answer.body["error"].as_str().unwrap_or_default();
        assert!(answer.status == 400 && why.contains(key), "{key}: {} {why}", answer.status);
    }
    assert_eq!(org.get("/_sandbox/faults").await.body, json!([]), "one invalid fault refuses all");
}

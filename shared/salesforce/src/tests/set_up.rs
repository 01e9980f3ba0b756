//! The set-up of the key field.

use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, method, path, query_param_contains};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{client_of, id};
use crate::SetUpOutcome::{AlreadyThere, Done, Failed};
use crate::{Error, Kind, Reply, SetUpOutcome, SetUpStep, set_up};

const SET: &str = "0PSVr00000m4eGCOAY";
const USER: &str = "005xx000001SwiUAAS";
const STEPS: [&str; 5] = [
    "Field Aircall_Key__c on Activity",
    "Permission set Aircall_Integration",
    "Permission for Task.Aircall_Key__c",
    "Permission for Event.Aircall_Key__c",
    "Aircall_Integration for the connected user",
];

/// A stub of an org during set-up.
struct Org(MockServer);

impl Org {
    async fn new() -> Self {
        Self(MockServer::start().await)
    }

    /// Stubs the result of queries of an object.
    async fn holds(self, object: &str, records: Value) -> Self {
        Mock::given(method("GET"))
            .and(path("/services/data/v66.0/query"))
            .and(query_param_contains("q", format!("FROM {object} ")))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"records": records})))
            .mount(&self.0)
            .await;
        self
    }

    async fn answers(self, verb: &str, resource: &str, body: Value, answer: ResponseTemplate) -> Self {
        Mock::given(method(verb))
            .and(path(format!("/services/data/v66.0/{resource}")))
            .and(body_partial_json(body))
            .respond_with(answer)
            .expect(1)
            .mount(&self.0)
            .await;
        self
    }

    async fn creates(self, resource: &str, body: Value, id: &str) -> Self {
        let created = ResponseTemplate::new(201).set_body_json(json!({"id": id, "success": true, "errors": []}));
        self.answers("POST", resource, body, created).await
    }

    async fn refuses(self, resource: &str, status: u16, code: &str, message: &str) -> Self {
        let refused = json!([{"errorCode": code, "message": message, "fields": []}]);
        self.answers("POST", resource, json!({}), ResponseTemplate::new(status).set_body_json(refused)).await
    }

    async fn run(&self) -> Result<Reply<Vec<SetUpStep>>, Error> {
        set_up(&client_of(&self.0), &id(USER)).await
    }

    async fn outcomes(&self) -> Vec<SetUpOutcome> {
        let Reply { value: steps, calls, .. } = self.run().await.unwrap();
        assert_eq!(self.0.received_requests().await.unwrap().len() as u64, calls);
        let names: Vec<&str> = steps.iter().map(|step| step.what.as_str()).collect();
        assert_eq!(names, STEPS[..steps.len()]);
        assert!(steps.iter().all(|step| step.message.ends_with('.')), "{steps:?}");
        steps.iter().map(|step| step.outcome).collect()
    }
}

/// An org in which the field can be created.
async fn fresh() -> Org {
    let field = json!({"FullName": "Activity.Aircall_Key__c", "Metadata": {"label": "Aircall Key", "type": "Text",
        "length": 64, "unique": true, "externalId": true, "caseSensitive": true, "required": false}});
    Org::new().await.creates("tooling/sobjects/CustomField", field, "00NVr00000m4eGC").await
}

fn permission(field: &str) -> Value {
    json!({"ParentId": SET, "SobjectType": field.split_once('.').unwrap().0, "Field": field,
        "PermissionsRead": true, "PermissionsEdit": true})
}

#[tokio::test]
async fn a_new_org_is_set_up_completely() {
    let org = fresh().await.holds("PermissionSet", json!([])).await;
    let org = org.creates("sobjects/PermissionSet", json!({"Name": "Aircall_Integration"}), SET).await;
    let org = org.holds("FieldPermissions", json!([])).await;
    let org = org.creates("sobjects/FieldPermissions", permission("Task.Aircall_Key__c"), "01kVr00000m4eGC").await;
    let org = org.creates("sobjects/FieldPermissions", permission("Event.Aircall_Key__c"), "01kVr00000m4eGD").await;
    let org = org.holds("PermissionSetAssignment", json!([])).await;
    let assigned = json!({"PermissionSetId": SET, "AssigneeId": USER});
    let org = org.creates("sobjects/PermissionSetAssignment", assigned, "0PaVr00000m4eGC").await;
    assert_eq!(org.outcomes().await, [Done; 5]);
}

/// An org that is already set up.
async fn ready(task: Value) -> Org {
    let there = "There is already a field named Aircall Key on Activity.";
    let org = Org::new().await.refuses("tooling/sobjects/CustomField", 400, "DUPLICATE_DEVELOPER_NAME", there).await;
    let org = org.holds("PermissionSet", json!([{"Id": SET}])).await;
    let event = json!({"Id": "01kVr00000m4eGD", "Field": "Event.Aircall_Key__c", "PermissionsRead": true,
        "PermissionsEdit": true});
    let org = org.holds("FieldPermissions", json!([task, event])).await;
    org.holds("PermissionSetAssignment", json!([{"Id": "0PaVr00000m4eGC"}])).await
}

#[tokio::test]
async fn a_complete_org_is_not_changed() {
    let task = json!({"Id": "01kVr00000m4eGC", "Field": "Task.Aircall_Key__c", "PermissionsRead": true,
        "PermissionsEdit": true});
    assert_eq!(ready(task).await.outcomes().await, [AlreadyThere; 5]);
}

#[tokio::test]
async fn a_read_permission_is_extended_to_write() {
    let task = json!({"Id": "01kVr00000m4eGC", "Field": "Task.Aircall_Key__c", "PermissionsRead": true,
        "PermissionsEdit": false});
    let rights = json!({"PermissionsRead": true, "PermissionsEdit": true});
    let row = &format!("sobjects/FieldPermissions/{}", id("01kVr00000m4eGC"));
    let org = ready(task).await.answers("PATCH", row, rights, ResponseTemplate::new(204)).await;
    assert_eq!(org.outcomes().await, [AlreadyThere, AlreadyThere, Done, AlreadyThere, AlreadyThere]);
}

#[tokio::test]
async fn concurrent_creation_counts_as_already_there() {
    let org = Org::new().await;
    let words = "There is already a field named Aircall Key on Activity.";
    let org = org.refuses("tooling/sobjects/CustomField", 400, "FIELD_INTEGRITY_EXCEPTION", words).await;
    let org = org.holds("PermissionSet", json!([{"Id": SET}])).await.holds("FieldPermissions", json!([])).await;
    for field in ["Task.Aircall_Key__c", "Event.Aircall_Key__c"] {
        let body = json!([{"errorCode": "DUPLICATE_VALUE", "message": "duplicate value found: <unknown>"}]);
        let refused = ResponseTemplate::new(400).set_body_json(body);
        Mock::given(method("POST")).and(body_partial_json(permission(field))).respond_with(refused).mount(&org.0).await;
    }
    let org = org.holds("PermissionSetAssignment", json!([])).await;
    let org = org.refuses("sobjects/PermissionSetAssignment", 400, "DUPLICATE_VALUE", "duplicate value found").await;
    assert_eq!(org.outcomes().await, [AlreadyThere; 5]);
}

#[track_caller]
fn check_failed(steps: &[SetUpStep], words: &[&str]) {
    let last = steps.last().unwrap();
    assert_eq!(last.outcome, Failed);
    for words in words {
        assert!(last.message.contains(words), "{}", last.message);
    }
    assert!(last.message.contains("infra/salesforce"), "{}", last.message);
}

#[tokio::test]
async fn a_user_without_permission_is_told_how_to_set_up_by_hand() {
    for (status, code) in [(403, "INSUFFICIENT_ACCESS"), (404, "NOT_FOUND"), (400, "INVALID_TYPE")] {
        let org = Org::new().await.refuses("tooling/sobjects/CustomField", status, code, "insufficient rights").await;
        let steps = org.run().await.unwrap().value;
        assert_eq!(steps.len(), 1);
        check_failed(&steps, &["insufficient rights", "Customize Application"]);
    }
}

#[tokio::test]
async fn a_field_that_is_not_available_yet_asks_to_try_again() {
    let org = fresh().await.holds("PermissionSet", json!([{"Id": SET}])).await;
    let org = org.holds("FieldPermissions", json!([])).await;
    let (code, words) = ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field");
    let org = org.refuses("sobjects/FieldPermissions", 400, code, words).await;
    let steps = org.run().await.unwrap().value;
    assert_eq!(steps.len(), 3);
    check_failed(&steps, &[words, "try again"]);
}

#[tokio::test]
async fn errors_of_the_org_or_session_end_the_set_up() {
    for (status, code, kind) in [
        (401, "INVALID_SESSION_ID", Kind::Refresh),
        (403, "REQUEST_LIMIT_EXCEEDED", Kind::Pause),
        (503, "SERVER_UNAVAILABLE", Kind::Retry),
    ] {
        let org = Org::new().await.refuses("tooling/sobjects/CustomField", status, code, "").await;
        assert_eq!(org.run().await.unwrap_err().kind(), kind);
    }
}

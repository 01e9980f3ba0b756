//! Tasks: related records, status, derived fields.

use serde_json::{Value, json};

use crate::client::{Client, data};

#[tokio::test]
async fn defaults_and_derived_fields_are_filled() {
    let org = Client::new();
    let id = org.create("Task", json!({"Subject": "Call", "TaskSubtype": "Call"})).await.id();
    let task = org.only("Task");
    assert_eq!((&task["Status"], &task["Priority"]), (&json!("Not Started"), &json!("Normal")));
    assert_eq!((&task["IsClosed"], &task["CompletedDateTime"]), (&json!(false), &Value::Null));
    assert_eq!(task["OwnerId"], json!(org.org.admin_user_id()));

    let address = data(&format!("sobjects/Task/{id}"));
    org.patch(&address, json!({"Status": "Completed"})).await;
    let closed = org.only("Task");
    assert_eq!(closed["IsClosed"], true);
    assert!(closed["CompletedDateTime"].as_str().unwrap().ends_with(".000+0000"));
    org.patch(&address, json!({"Status": "In Progress"})).await;
    assert_eq!(org.only("Task")["CompletedDateTime"], Value::Null);
}

#[tokio::test]
async fn the_account_is_derived_from_the_related_records() {
    let org = Client::new();
    let account = org.seed("Account", json!({"Name": "Acme"}));
    let contact = org.seed("Contact", json!({"LastName": "Roe", "AccountId": account}));
    let case = org.create("Case", json!({"ContactId": contact, "Subject": "Help"})).await.id();
    let case_account = &org.only("Case")["AccountId"];
    assert_eq!(case_account, &json!(account));
    org.create("Task", json!({"WhoId": contact, "WhatId": case})).await.id();
    assert_eq!(org.only("Task")["AccountId"], json!(account));
}

/// Creates a Task and asserts that it is refused with this error.
async fn refused(org: &Client, body: Value, code: &str, message: &str) {
    let answer = org.create("Task", body).await;
    assert_eq!((answer.status, answer.code(), answer.message()), (400, code, message));
    assert!(org.org.records("Task").is_empty());
}

#[tokio::test]
async fn an_activity_of_a_lead_has_no_other_related_record() {
    let org = Client::new();
    let lead = org.seed("Lead", json!({"LastName": "Roe", "Company": "Acme"}));
    let account = org.seed("Account", json!({"Name": "Acme"}));
    let body = json!({"WhoId": lead, "WhatId": account});
    refused(&org, body, "FIELD_INTEGRITY_EXCEPTION", "field integrity exception: WhoId, WhatId").await;
    org.create("Task", json!({"WhoId": lead})).await.id();
}

#[tokio::test]
async fn an_account_is_not_accepted_as_who() {
    let org = Client::new();
    let account = org.seed("Account", json!({"Name": "Acme"}));
    let message = format!("Name ID: id value of incorrect type: {account}");
    refused(&org, json!({"WhoId": account}), "FIELD_INTEGRITY_EXCEPTION", &message).await;
    org.create("Task", json!({"WhatId": account})).await.id();
}

#[tokio::test]
async fn references_must_point_to_existing_undeleted_records() {
    let org = Client::new();
    let unknown = Client::new().seed("Contact", json!({"LastName": "Roe"}));
    refused(&org, json!({"WhoId": unknown}), "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id").await;
    let deleted = org.seed("Contact", json!({"LastName": "Roe", "IsDeleted": true}));
    refused(&org, json!({"WhoId": deleted}), "ENTITY_IS_DELETED", "entity is deleted").await;
    let converted = org.seed("Lead", json!({"LastName": "Roe", "Company": "Acme", "IsConverted": true}));
    let message = "cannot reference converted lead";
    refused(&org, json!({"WhoId": converted}), "CANNOT_UPDATE_CONVERTED_LEAD", message).await;
    let user = json!({"Username": "old@example.com", "LastName": "Old", "Email": "old@example.com", "IsActive": false});
    let inactive = org.seed("User", user);
    let message = format!("operation performed with inactive user [{}] as owner of task", &inactive[..15]);
    refused(&org, json!({"OwnerId": inactive}), "INACTIVE_OWNER_OR_USER", &message).await;
}

#[tokio::test]
async fn a_converted_lead_cannot_be_changed() {
    let org = Client::new();
    let id = org.seed("Lead", json!({"LastName": "Roe", "Company": "Acme", "IsConverted": true}));
    let answer = org.patch(&data(&format!("sobjects/Lead/{id}")), json!({"Phone": "1"})).await;
    assert_eq!((answer.status, answer.code()), (400, "CANNOT_UPDATE_CONVERTED_LEAD"));
}

#[tokio::test]
async fn the_task_subtype_is_create_only() {
    let org = Client::new();
    let id = org.create("Task", json!({"TaskSubtype": "Call"})).await.id();
    let answer = org.patch(&data(&format!("sobjects/Task/{id}")), json!({"TaskSubtype": "Email"})).await;
    assert_eq!((answer.status, answer.code()), (400, "INVALID_FIELD_FOR_INSERT_UPDATE"));
    assert_eq!(org.only("Task")["TaskSubtype"], "Call");
}

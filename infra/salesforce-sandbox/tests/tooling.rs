//! The key field: creating it through the Tooling API, and its field-level security.

use serde_json::{Value, json};

use crate::{
    client::{Client, Response, column, data},
    permissions::{assigned, log_in},
    resources::Resource,
};

const KEY: &str = "Aircall_Key__c";

/// An org without the key field.
fn bare() -> Client {
    Client::with(json!({"unique_key_field": false}))
}

fn key_field() -> Value {
    json!({"FullName": "Activity.Aircall_Key__c", "Metadata": {"label": "Aircall Key", "type": "Text", "length": 64,
        "required": false, "unique": true, "externalId": true, "caseSensitive": true, "description": "Unique key."}})
}

async fn make(org: &Client, body: Value) -> Response {
    org.post(&data("tooling/sobjects/CustomField"), body).await
}

/// The key field in the `describe` of the session's user.
async fn described(org: &Client, sobject: &str) -> Option<Value> {
    let description = org.get(&data(&format!("sobjects/{sobject}/describe"))).await.body;
    description["fields"].as_array().unwrap().iter().find(|field| field["name"] == KEY).cloned()
}

/// An entry of a permission set for the key field of an object.
fn entry(set: &str, sobject: &str, edit: bool) -> Value {
    json!({"ParentId": set, "SobjectType": sobject, "Field": format!("{sobject}.{KEY}"), "PermissionsRead": true,
        "PermissionsEdit": edit})
}

async fn grant(org: &Client, set: &str, sobject: &str, edit: bool) -> String {
    org.create("FieldPermissions", entry(set, sobject, edit)).await.id()
}

/// The live entries: the field, whether it may be edited, and the id.
fn entries(org: &Client) -> Vec<(String, bool, String)> {
    let records = org.org.records("FieldPermissions").into_iter().filter(|entry| entry["IsDeleted"] == false);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    records.map(|entry| (text(&entry, "Field"), entry["PermissionsEdit"] == true, text(&entry, "Id"))).collect()
}

/// An org in which the API has just created the field, and a permission set of the admin.
async fn org_with_set() -> (Client, String) {
    let org = bare();
    make(&org, key_field()).await.id();
    let set = assigned(&org, &org.org.admin_user_id(), json!({})).await;
    (org, set)
}

#[tokio::test]
async fn an_entry_for_task_or_event_is_written_for_the_other_one_too() {
    for (sobject, other) in [("Task", "Event"), ("Event", "Task")] {
        let (org, set) = org_with_set().await;
        let id = grant(&org, &set, sobject, false).await;
        let (own, mirrored) = (format!("{sobject}.{KEY}"), format!("{other}.{KEY}"));
        let found = entries(&org);
        assert_eq!((&found[0].0, &found[1].0, found.len()), (&own, &mirrored, 2));
        assert_ne!(found[0].2, found[1].2);
        assert_eq!(described(&org, "Task").await.unwrap()["updateable"], false);
        let again = org.create("FieldPermissions", entry(&set, other, true)).await;
        assert_eq!((again.status, again.code()), (400, "DUPLICATE_VALUE"));
        // The entry follows a change and the deletion of the other one, in both directions.
        let row = |id: &str| data(&format!("sobjects/FieldPermissions/{id}"));
        assert_eq!(org.patch(&row(&found[1].2), json!({"PermissionsEdit": true})).await.status, 204);
        assert_eq!(entries(&org).iter().map(|entry| entry.1).collect::<Vec<_>>(), [true, true]);
        assert_eq!(described(&org, "Task").await.unwrap()["updateable"], true);
        assert_eq!(org.delete(&row(&id)).await.status, 204);
        assert_eq!((entries(&org), described(&org, "Event").await), (Vec::new(), None));
    }
}

#[tokio::test]
async fn only_one_of_two_entries_in_one_request_is_taken() {
    for resource in Resource::TOGETHER {
        let (org, set) = org_with_set().await;
        let both = ["Task", "Event"].map(|sobject| ("FieldPermissions", entry(&set, sobject, true)));
        assert_eq!(resource.codes(&org, &both).await, ["", "DUPLICATE_VALUE"], "{resource:?}");
        assert_eq!((entries(&org).len(), described(&org, "Task").await.is_some()), (2, true), "{resource:?}");
    }
}

#[tokio::test]
async fn a_mirrored_entry_is_rolled_back_with_its_own() {
    let (org, set) = org_with_set().await;
    let mut records = [entry(&set, "Task", true), entry(&set, "Event", true)];
    for record in &mut records {
        record["attributes"] = json!({"type": "FieldPermissions"});
    }
    org.post(&data("composite/sobjects"), json!({"allOrNone": true, "records": records})).await;
    assert_eq!(entries(&org), []);
}

#[tokio::test]
async fn an_entry_that_is_there_already_is_changed() {
    let (org, set) = org_with_set().await;
    org.seed("FieldPermissions", entry(&set, "Event", false));
    // Seeding does not mirror.
    assert_eq!((entries(&org).len(), described(&org, "Task").await), (1, None));
    grant(&org, &set, "Task", true).await;
    assert_eq!(entries(&org).iter().map(|entry| entry.1).collect::<Vec<_>>(), [true, true]);
}

#[tokio::test]
async fn other_fields_and_permission_sets_have_entries_of_their_own() {
    let (org, set) = org_with_set().await;
    let standard = json!({"ParentId": set, "SobjectType": "Task", "Field": "Task.Type", "PermissionsRead": true});
    org.create("FieldPermissions", standard).await.id();
    assert_eq!(entries(&org).len(), 1);
    let other = org.create("PermissionSet", json!({"Name": "Other", "Label": "Other"})).await.id();
    for set in [&set, &other] {
        grant(&org, set, "Event", true).await;
    }
    assert_eq!(entries(&org).len(), 5);
}

#[tokio::test]
async fn a_new_field_is_hidden_until_a_permission_set_grants_it() {
    let org = Client::with(json!({"unique_key_field": false, "mirror_activity_permissions": false}));
    let made = make(&org, key_field()).await;
    let id = made.id();
    assert_eq!((&made.body["success"], &made.body["warnings"]), (&json!(true), &json!([])));
    assert_eq!(described(&org, "Task").await, None);
    assert_eq!(org.create("Task", json!({KEY: "call-1"})).await.code(), "INVALID_FIELD");
    assert_eq!(org.query("SELECT Aircall_Key__c FROM Task").await.code(), "INVALID_FIELD");
    assert_eq!(org.patch(&data("sobjects/Task/Aircall_Key__c/call-1"), json!({})).await.status, 404);

    let set = assigned(&org, &org.org.admin_user_id(), json!({})).await;
    let of_task = grant(&org, &set, "Task", false).await;
    // Without an entry for Event, the field is disabled for both objects.
    assert_eq!(described(&org, "Task").await, None);
    let of_event = grant(&org, &set, "Event", false).await;
    let field = described(&org, "Task").await.unwrap();
    let rights = |field: &Value| ["createable", "updateable", "unique", "externalId"].map(|name| field[name].clone());
    assert_eq!(rights(&field), [json!(false), json!(false), json!(true), json!(true)]);
    let refused = org.create("Task", json!({KEY: "call-1"})).await;
    assert_eq!(refused.code(), "INVALID_FIELD_FOR_INSERT_UPDATE");

    for entry in [of_task, of_event] {
        let row = data(&format!("sobjects/FieldPermissions/{entry}"));
        assert_eq!(org.patch(&row, json!({"PermissionsEdit": true})).await.status, 204);
    }
    for sobject in ["Task", "Event"] {
        assert_eq!(rights(&described(&org, sobject).await.unwrap()), [true; 4].map(Value::from));
    }
    org.create("Task", json!({KEY: "call-1"})).await.id();
    assert_eq!(org.create("Task", json!({KEY: "call-1"})).await.code(), "DUPLICATE_VALUE");

    // Another user does not have the permission set, even if they are an admin.
    let profile = org.org.profile_id("System Administrator").unwrap();
    let other = org.seed("User", json!({"Name": "Ada Admin", "ProfileId": profile}));
    assert_eq!(described(&log_in(&org, &other), "Task").await, None);
    assert_eq!(org.get(&data(&format!("tooling/sobjects/CustomField/{id}"))).await.status, 200);
}

#[tokio::test]
async fn a_field_from_the_options_is_visible_to_all_users() {
    let org = Client::new();
    let standard = log_in(&org, &org.org.standard_user_id().unwrap());
    assert_eq!(described(&standard, "Task").await.unwrap()["createable"], true);
    let there = make(&org, key_field()).await;
    assert_eq!((there.status, there.code()), (400, "DUPLICATE_DEVELOPER_NAME"));
    assert_eq!(there.message(), "There is already a field named Aircall Key on Activity.");
    org.set(json!({"unique_key_field_for_all": false})).await;
    assert_eq!(described(&standard, "Task").await, None);
    org.set(json!({"unique_key_field": true})).await;
    assert!(described(&standard, "Task").await.is_some());
}

#[tokio::test]
async fn only_an_admin_can_create_or_delete_the_field() {
    let org = bare();
    let standard = log_in(&org, &org.org.standard_user_id().unwrap());
    let refused = make(&standard, key_field()).await;
    assert_eq!((refused.status, refused.code()), (403, "INSUFFICIENT_ACCESS"));
    assert!(!org.org.options().unique_key_field);
    let row = data(&format!("tooling/sobjects/CustomField/{}", make(&org, key_field()).await.id()));
    assert_eq!(standard.delete(&row).await.status, 403);
    let set = assigned(&org, &org.org.admin_user_id(), json!({})).await;
    grant(&org, &set, "Task", true).await;
    assert_eq!(org.delete(&row).await.status, 204);
    assert_eq!((org.get(&row).await.status, described(&org, "Task").await), (404, None));
    // Deleting the field also deleted its field-level security.
    make(&org, key_field()).await.id();
    assert_eq!(described(&org, "Task").await, None);
    assert_eq!(org.query("SELECT Id FROM FieldPermissions").await.body["totalSize"], 0);
}

#[tokio::test]
async fn other_fields_are_refused() {
    let org = bare();
    let with = |name: &str, value: Value| {
        let mut body = key_field();
        body["Metadata"][name] = value;
        body
    };
    let named = |name: &str| json!({"FullName": name, "Metadata": key_field()["Metadata"]});
    for (body, code) in [
        (named("Task.Aircall_Key__c"), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (named("Activity.Other__c"), "FUNCTIONALITY_NOT_ENABLED"),
        (json!({"FullName": "Activity.Aircall_Key__c"}), "REQUIRED_FIELD_MISSING"),
        (json!({"Metadata": {}}), "REQUIRED_FIELD_MISSING"),
        (with("label", Value::Null), "FIELD_INTEGRITY_EXCEPTION"),
        (with("unique", json!(false)), "FUNCTIONALITY_NOT_ENABLED"),
        (with("length", json!(20)), "FUNCTIONALITY_NOT_ENABLED"),
    ] {
        let refused = make(&org, body).await;
        assert_eq!((refused.status, refused.code()), (400, code), "{}", refused.body);
    }
    assert!(!org.org.options().unique_key_field);
}

#[tokio::test]
async fn the_tooling_api_can_query_the_field() {
    let org = bare();
    let soql = "SELECT Id, DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName = 'Aircall_Key' AND \
                TableEnumOrId = 'Activity'";
    let query = data(&format!("tooling/query?q={}", crate::client::encode(soql)));
    assert_eq!(org.get(&query).await.body["totalSize"], 0);
    let id = make(&org, key_field()).await.id();
    let found = org.get(&query).await.body;
    assert_eq!(column(&found["records"], "Id"), std::slice::from_ref(&id));
    let row = data(&format!("tooling/sobjects/CustomField/{id}"));
    assert_eq!(found["records"][0]["attributes"]["url"], json!(row));
    let shown = org.get(&row).await.body;
    assert_eq!((&shown["FullName"], &shown["Metadata"]["unique"]), (&json!("Activity.Aircall_Key__c"), &json!(true)));
    assert_eq!(org.query("SELECT Id FROM CustomField").await.code(), "INVALID_TYPE");
    assert_eq!(org.get(&data("tooling/query?q=SELECT+Id+FROM+Task")).await.code(), "INVALID_TYPE");
    assert_eq!(org.get("/_sandbox/requests").await.body["by_resource"]["tooling/query"], 3);
}

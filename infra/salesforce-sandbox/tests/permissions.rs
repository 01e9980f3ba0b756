//! Profiles, permission sets, and the access they grant.

use serde_json::{Value, json};

use crate::client::{Client, Response, column, data};

/// A client of the same org as another user.
pub(crate) fn log_in(org: &Client, user_id: &str) -> Client {
    Client { org: org.org.clone(), token: org.org.issue_grant(user_id).access_token }
}

fn standard(org: &Client) -> Client {
    log_in(org, &org.org.standard_user_id().unwrap())
}

/// The effective permissions of the session's user, from `UserPermissionAccess`.
async fn access(org: &Client) -> [Value; 3] {
    let fields = ["PermissionsCustomizeApplication", "PermissionsModifyAllData", "PermissionsApiEnabled"];
    let found = org.query(&format!("SELECT {} FROM UserPermissionAccess LIMIT 1", fields.join(", "))).await.body;
    assert_eq!(found["totalSize"], 1, "{found}");
    fields.map(|name| found["records"][0][name].clone())
}

/// Creates a permission set with these fields, assigns it to a user, and returns its id.
pub(crate) async fn assigned(org: &Client, user_id: &str, mut fields: Value) -> String {
    fields["Name"] = json!("Aircall_Integration");
    fields["Label"] = json!("Aircall Integration");
    let set = org.create("PermissionSet", fields).await.id();
    org.create("PermissionSetAssignment", json!({"PermissionSetId": set, "AssigneeId": user_id})).await.id();
    set
}

#[track_caller]
fn refused(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.body);
}

#[tokio::test]
async fn an_admin_has_all_permissions_and_a_standard_user_only_the_api() {
    let org = Client::new();
    assert_eq!(access(&org).await, [json!(true), json!(true), json!(true)]);
    assert_eq!(access(&standard(&org)).await, [json!(false), json!(false), json!(true)]);
    let soql = "SELECT Name, Profile.Name FROM User ORDER BY Username";
    let users = org.query(soql).await.body;
    assert_eq!(users["records"][0]["Profile"]["Name"], "System Administrator");
    assert_eq!(users["records"][1]["Profile"]["Name"], "Standard User");
}

#[tokio::test]
async fn a_seeded_user_has_the_given_or_the_standard_profile() {
    let org = Client::new();
    let plain = org.seed("User", json!({"Name": "Robin Rep"}));
    assert_eq!(access(&log_in(&org, &plain)).await[0], json!(false));
    let profile = org.org.profile_id("System Administrator").unwrap();
    let admin = org.seed("User", json!({"Name": "Ada Admin", "ProfileId": profile}));
    assert_eq!(access(&log_in(&org, &admin)).await[0], json!(true));
    let no_api = org.seed("Profile", json!({"Name": "No API"}));
    let locked_out = org.seed("User", json!({"Name": "Nora None", "ProfileId": no_api}));
    refused(&log_in(&org, &locked_out).get(&data("limits")).await, 403, "API_DISABLED_FOR_ORG");
}

#[tokio::test]
async fn a_permission_set_adds_permissions_while_it_is_assigned() {
    let org = Client::new();
    let user_id = org.org.standard_user_id().unwrap();
    let set = assigned(&org, &user_id, json!({"PermissionsCustomizeApplication": true})).await;
    assert_eq!(access(&standard(&org)).await, [json!(true), json!(false), json!(true)]);
    let found =
        org.query("SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Aircall_Integration'").await;
    let id = column(&found.body["records"], "Id").remove(0);
    assert_eq!(org.delete(&data(&format!("sobjects/PermissionSetAssignment/{id}"))).await.status, 204);
    assert_eq!(access(&standard(&org)).await[0], json!(false));
    let row = data(&format!("sobjects/PermissionSet/{set}"));
    assert_eq!(org.get(&row).await.body["PermissionsCustomizeApplication"], true);
}

#[tokio::test]
async fn changing_permissions_needs_permissions() {
    let org = Client::new();
    let user_id = org.org.standard_user_id().unwrap();
    let set = assigned(&org, &user_id, json!({})).await;
    let standard = standard(&org);
    let code = "INSUFFICIENT_ACCESS_OR_READONLY";
    refused(&standard.create("PermissionSet", json!({"Name": "Mine", "Label": "Mine"})).await, 403, code);
    let row = data(&format!("sobjects/PermissionSet/{set}"));
    refused(&standard.patch(&row, json!({"PermissionsModifyAllData": true})).await, 403, code);
    refused(&standard.delete(&row).await, 403, code);
    let entry = json!({"ParentId": set, "SobjectType": "Task", "Field": "Task.Type", "PermissionsRead": true});
    refused(&standard.create("FieldPermissions", entry).await, 403, code);
    let assignment = json!({"PermissionSetId": set, "AssigneeId": org.org.admin_user_id()});
    refused(&standard.create("PermissionSetAssignment", assignment).await, 403, code);
    assert_eq!(standard.query("SELECT Id FROM PermissionSet").await.body["totalSize"], 1);
}

#[tokio::test]
async fn duplicate_and_invalid_grants_are_refused() {
    let org = Client::new();
    let user_id = org.org.standard_user_id().unwrap();
    let set = assigned(&org, &user_id, json!({})).await;
    let again = json!({"Name": "aircall_integration", "Label": "Another"});
    refused(&org.create("PermissionSet", again).await, 400, "DUPLICATE_VALUE");
    let assignment = json!({"PermissionSetId": set, "AssigneeId": user_id});
    refused(&org.create("PermissionSetAssignment", assignment).await, 400, "DUPLICATE_VALUE");
    let entry = |field: &str, read: bool, edit: bool| json!({"ParentId": set, "SobjectType": "Task", "Field": field, "PermissionsRead": read, "PermissionsEdit": edit});
    for field in ["Task.Nope__c", "Task.Status", "Task.Id", "Type", "Event.Type"] {
        let answer = org.create("FieldPermissions", entry(field, true, true)).await;
        refused(&answer, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    }
    refused(&org.create("FieldPermissions", entry("Task.Type", false, true)).await, 400, "FIELD_INTEGRITY_EXCEPTION");
    let id = org.create("FieldPermissions", entry("Task.Type", true, false)).await.id();
    refused(&org.create("FieldPermissions", entry("Task.Type", true, true)).await, 400, "DUPLICATE_VALUE");
    let row = data(&format!("sobjects/FieldPermissions/{id}"));
    assert_eq!(org.patch(&row, json!({"PermissionsEdit": true})).await.status, 204);
    let found = org.query("SELECT Field, PermissionsEdit, Parent.Name FROM FieldPermissions").await.body;
    let entry = &found["records"][0];
    assert_eq!((&entry["PermissionsEdit"], &entry["Parent"]["Name"]), (&json!(true), &json!("Aircall_Integration")));
    // An entry that grants nothing is deleted.
    assert_eq!(org.patch(&row, json!({"PermissionsRead": false, "PermissionsEdit": false})).await.status, 204);
    assert_eq!(org.query("SELECT Id FROM FieldPermissions").await.body["totalSize"], 0);
}

#[tokio::test]
async fn permissions_survive_removing_all_records_and_a_restart() {
    let org = Client::new();
    let user_id = org.org.standard_user_id().unwrap();
    assigned(&org, &user_id, json!({"PermissionsModifyAllData": true})).await;
    assert_eq!(org.delete("/_sandbox/records").await.status, 204);
    let other = Client::new();
    other.org.restore(org.org.snapshot()).unwrap();
    assert_eq!(access(&standard(&other)).await[1], json!(true));
}

#[tokio::test]
async fn a_snapshot_without_profiles_gets_them_when_restored() {
    let org = Client::new();
    let mut saved = org.org.snapshot();
    saved["tables"]["by_object"].as_object_mut().unwrap().remove("Profile").unwrap();
    for user in saved["tables"]["by_object"]["User"]["rows"].as_array_mut().unwrap() {
        user["fields"].as_object_mut().unwrap().remove("ProfileId").unwrap();
    }
    let other = Client::new();
    other.org.restore(saved).unwrap();
    let admin = log_in(&other, &other.org.admin_user_id());
    assert_eq!(access(&admin).await[0], json!(true));
    assert_eq!(access(&standard(&other)).await[0], json!(false));
}

//! The read-only mode of an org during maintenance.

use serde_json::{Value, json};

use crate::{
    client::{Client, column, data},
    oauth::refresh,
    resources::{Resource, code},
};

const READ_ONLY: &str = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE";

/// A read-only org with a Contact, and its id.
fn org() -> (Client, String) {
    let org = Client::with(json!({"read_only": true}));
    let id = org.seed("Contact", json!({"LastName": "Roe", "Phone": "0612345678"}));
    (org, id)
}

#[tokio::test]
async fn no_record_is_created_through_any_resource() {
    let (org, _) = org();
    let records = [("Task", json!({"Subject": "Call"})), ("Contact", json!({"LastName": "Doe"}))];
    let message = "Updates can't be made during maintenance. Try again when maintenance is complete.";
    for resource in Resource::ALL {
        for error in resource.create(&org, &records, &[]).await {
            let found = (code(&error), &error["message"], &error["fields"]);
            assert_eq!(found, (READ_ONLY.to_owned(), &json!(message), &json!([])), "{resource:?}");
        }
    }
    assert_eq!((org.org.records("Task").len(), org.org.records("Contact").len()), (0, 1));
    org.set(json!({"read_only": false})).await;
    for resource in Resource::ALL {
        assert_eq!(resource.codes(&org, &records).await, ["", ""], "{resource:?}");
    }
}

#[tokio::test]
async fn no_record_is_changed_or_deleted() {
    let (org, id) = org();
    org.seed("Task", json!({"Aircall_Key__c": "call-1"}));
    let row = data(&format!("sobjects/Contact/{id}"));
    let task = |key: &str| data(&format!("sobjects/Task/Aircall_Key__c/{key}"));
    for refused in [
        org.patch(&row, json!({"Phone": "1"})).await,
        org.delete(&row).await,
        org.patch(&task("call-1"), json!({"Subject": "Call"})).await,
        org.patch(&task("call-2"), json!({"Subject": "Call"})).await,
        org.delete(&task("call-1")).await,
    ] {
        assert_eq!((refused.status, refused.code()), (400, READ_ONLY), "{}", refused.body);
    }
    let change = json!({"attributes": {"type": "Contact"}, "id": id, "Phone": "1"});
    let upsert = json!({"attributes": {"type": "Task"}, "Aircall_Key__c": "call-2"});
    for refused in [
        org.patch(&data("composite/sobjects"), json!({"records": [change]})).await,
        org.patch(&data("composite/sobjects/Task/Aircall_Key__c"), json!({"records": [upsert]})).await,
        org.delete(&data(&format!("composite/sobjects?ids={id}"))).await,
    ] {
        assert_eq!((refused.status, refused.code()), (200, READ_ONLY), "{}", refused.body);
    }
    assert_eq!((&org.only("Contact")["Phone"], &org.only("Task")["Subject"]), (&json!("0612345678"), &Value::Null));
}

#[tokio::test]
async fn reads_work_alone_and_in_a_composite() {
    let (org, id) = org();
    assert_eq!(org.query("SELECT COUNT() FROM Contact").await.body["totalSize"], 1);
    assert_eq!(org.search("FIND {0612345678} RETURNING Contact(Id)").await.body["searchRecords"][0]["Id"], json!(id));
    for path in [&format!("sobjects/Contact/{id}"), "sobjects/Task/describe", "limits"] {
        assert_eq!(org.get(&data(path)).await.status, 200, "{path}");
    }
    let query = data("query?q=SELECT+Id+FROM+Contact");
    let steps = json!([
        {"method": "GET", "referenceId": "found", "url": query},
        {"method": "POST", "referenceId": "task", "url": data("sobjects/Task"), "body": {"WhoId": "@{found.records[0].Id}"}},
    ]);
    let answer = org.post(&data("composite"), json!({"compositeRequest": steps})).await.body;
    assert_eq!(column(&answer["compositeResponse"], "httpStatusCode"), ["200", "400"]);
}

#[tokio::test]
async fn a_session_is_refreshed() {
    let (org, _) = org();
    let grant = org.org.issue_grant(&org.org.admin_user_id());
    org.post("/_sandbox/expire_sessions", json!({})).await;
    let refreshed = refresh(&org, &json!(grant.refresh_token)).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let token = refreshed.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(Client { org: org.org, token }.get(&data("limits")).await.status, 200);
}

#[tokio::test]
async fn the_set_up_is_refused_too() {
    let org = Client::with(json!({"read_only": true, "unique_key_field": false}));
    let field = json!({"FullName": "Activity.Aircall_Key__c", "Metadata": {}});
    assert_eq!(org.post(&data("tooling/sobjects/CustomField"), field).await.code(), READ_ONLY);
    let set = json!({"Name": "Aircall_Integration", "Label": "Aircall Integration"});
    assert_eq!(org.create("PermissionSet", set).await.code(), READ_ONLY);
}

#[tokio::test]
async fn a_french_org_says_so_in_french() {
    let (org, _) = org();
    org.set(json!({"language": "fr"})).await;
    let refused = org.create("Task", json!({})).await;
    let words = "Les mises à jour sont impossibles pendant la maintenance. Réessayez lorsqu'elle sera terminée.";
    assert_eq!((refused.code(), refused.message()), (READ_ONLY, words));
}

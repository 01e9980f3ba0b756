//! `/_sandbox`, the daily allowance, snapshots.

use salesforce_sandbox::{Options, Org};
use serde_json::json;

use crate::client::{Client, data};

#[tokio::test]
async fn requests_are_counted_as_salesforce_counts_them() {
    let org = Client::new();
    org.create("Task", json!({})).await;
    org.query("SELECT Id FROM Task").await;
    org.search("FIND {0612345678} IN PHONE FIELDS").await;
    let step = |reference_id: &str| json!({"method": "GET", "referenceId": reference_id, "url": data("query?q=SELECT+Id+FROM+Task")});
    let composite = json!({"compositeRequest": [step("one"), step("two")]});
    org.post(&data("composite/"), composite).await;
    org.post(&data("composite/sobjects"), json!({"records": []})).await;
    org.get("/services/data").await;
    org.get("/services/oauth2/userinfo").await;
    Client { token: "x".to_owned(), org: org.org.clone() }.get(&data("limits")).await;
    let counted = org.get("/_sandbox/requests").await.body;
    let by_resource = json!({"composite": 1, "composite/sobjects": 1, "query": 1, "search": 1, "sobjects": 1});
    assert_eq!((&counted["total"], &counted["by_resource"]), (&json!(5), &by_resource));
    let log = counted["log"].as_array().unwrap();
    assert_eq!(log.len(), 8);
    assert_eq!(
        (&log[0]["method"], &log[0]["path"], &log[0]["status"]),
        (&json!("POST"), &json!(data("sobjects/Task")), &json!(201))
    );
    assert_eq!(log[7]["status"], 401);
    assert_eq!(org.delete("/_sandbox/requests").await.status, 204);
    assert_eq!(org.get("/_sandbox/requests").await.body, json!({"total": 0, "by_resource": {}, "log": []}));
}

#[tokio::test]
async fn every_request_is_one_api_call() {
    let org = Client::new();
    let path = data("query?q=SELECT+Id+FROM+Task");
    let step = |reference_id: usize| json!({"method": "GET", "referenceId": format!("q{reference_id}"), "url": path});
    let composite = json!({"compositeRequest": (0..5).map(step).collect::<Vec<_>>()});
    let node = |reference_id: usize| {
        let body = json!({"Subject": "Call"});
        json!({"method": "POST", "referenceId": format!("t{reference_id}"), "url": data("sobjects/Task"), "body": body})
    };
    let graph = |id: &str| json!({"graphId": id, "compositeRequest": (0..4).map(node).collect::<Vec<_>>()});
    for (path, body) in [("composite", composite), ("composite/graph", json!({"graphs": [graph("one"), graph("two")]}))]
    {
        org.delete("/_sandbox/requests").await;
        let answer = org.post(&data(path), body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(org.get("/_sandbox/requests").await.body["total"], 1, "{path}");
    }
    assert_eq!(org.org.records("Task").len(), 8);
}

#[tokio::test]
async fn oauth_is_not_counted() {
    let org = Client::new();
    let grant = org.org.issue_grant(&org.org.admin_user_id());
    let (id, secret) = (org.org.client_id(), org.org.client_secret());
    let form =
        format!("grant_type=refresh_token&client_id={id}&client_secret={secret}&refresh_token={}", grant.refresh_token);
    assert_eq!(org.post_text("/services/oauth2/token", &form).await.status, 200);
    org.post("/_sandbox/faults", json!({"path": "oauth2", "status": 503})).await;
    assert_eq!(org.post_text("/services/oauth2/token", &form).await.status, 503);
    let counted = org.get("/_sandbox/requests").await.body;
    assert_eq!((&counted["total"], counted["log"].as_array().unwrap().len()), (&json!(0), 2));
}

#[tokio::test]
async fn requests_above_the_daily_allowance_are_refused() {
    let org = Client::with(json!({"daily_api_limit": 2}));
    let first = org.get(&data("limits")).await;
    assert_eq!(first.headers["sforce-limit-info"], "api-usage=1/2");
    assert_eq!(first.body["DailyApiRequests"], json!({"Max": 2, "Remaining": 1}));
    org.get(&data("limits")).await;
    let refused = org.create("Task", json!({})).await;
    assert_eq!((refused.status, refused.code()), (403, "REQUEST_LIMIT_EXCEEDED"));
    assert_eq!((refused.message(), org.org.records("Task").len()), ("TotalRequests Limit exceeded.", 0));
    org.set(json!({"daily_api_limit": 3})).await;
    org.create("Task", json!({})).await.id();
}

#[tokio::test]
async fn options_are_merged_and_unknown_ones_refused() {
    let org = Client::new();
    let changed = org.put("/_sandbox/options", json!({"index_lag_ms": 5})).await;
    assert_eq!((changed.status, &changed.body["index_lag_ms"]), (200, &json!(5)));
    org.set(json!({"person_accounts": true})).await;
    let all = org.get("/_sandbox/options").await.body;
    assert_eq!((&all["index_lag_ms"], &all["person_accounts"]), (&json!(5), &json!(true)));
    assert_eq!(org.put("/_sandbox/options", json!({"index_lag": 5})).await.status, 400);
    let rule = json!({"sobject": "Task", "field": "Subject", "regex": "(", "message": "x"});
    assert_eq!(org.put("/_sandbox/options", json!({"validation_rules": [rule]})).await.status, 400);
    assert_eq!(org.get("/_sandbox/options").await.body, all);
}

#[tokio::test]
async fn a_snapshot_restores_the_org() {
    let org = Client::with(json!({"index_lag_ms": 7}));
    let id = org.create("Task", json!({"Aircall_Key__c": "call-1"})).await.id();
    let copy = Org::new(Options::default());
    copy.restore(org.org.snapshot()).unwrap();
    let copy = Client { org: copy, token: org.token.clone() };
    assert_eq!(copy.get(&data(&format!("sobjects/Task/{id}"))).await.body["Aircall_Key__c"], "call-1");
    assert_eq!(copy.create("Task", json!({"Aircall_Key__c": "call-1"})).await.code(), "DUPLICATE_VALUE");
    assert_ne!(copy.create("Task", json!({})).await.id(), id);
    assert_eq!((copy.org.client_id(), copy.org.options().index_lag_ms), (org.org.client_id(), 7));
    assert!(copy.org.restore(json!({"nonsense": true})).is_err());
    assert_eq!(copy.org.records("Task").len(), 2);
}

#[tokio::test]
async fn a_snapshot_of_an_older_version_gets_the_new_options() {
    let org = Client::new();
    let mut snapshot = org.org.snapshot();
    for option in ["phone_index", "organization_country", "organization_locale"] {
        assert!(snapshot["options"].as_object_mut().unwrap().remove(option).is_some());
    }
    let organization = &mut snapshot["tables"]["by_object"]["Organization"]["rows"][0]["fields"];
    assert_eq!(organization.as_object_mut().unwrap().remove("DefaultLocaleSidKey"), Some(json!("en_US")));
    org.org.restore(snapshot).unwrap();
    assert_eq!(org.only("Organization")["DefaultLocaleSidKey"], "en_US");
}

#[tokio::test]
async fn options_can_set_the_apps_credentials() {
    let given = json!({"client_id": "the-app", "client_secret": "the-secret"});
    let org = Client::with(given);
    let copy = Org::new(Options::default());
    assert_ne!(copy.client_id(), "the-app");
    copy.restore(org.org.snapshot()).unwrap();
    // The credentials stay when options without them replace those that set them.
    copy.set_options(Options::default());
    for org in [&org.org, &copy] {
        assert_eq!((org.client_id().as_str(), org.client_secret().as_str()), ("the-app", "the-secret"));
    }
    let grant = org.org.issue_grant(&org.org.admin_user_id());
    let form = format!("grant_type=refresh_token&client_id=the-app&refresh_token={}", grant.refresh_token);
    assert_eq!(org.post_text("/services/oauth2/token", &format!("{form}&client_secret=the-secret")).await.status, 200);
    org.set(json!({"client_secret": "another"})).await;
    let refused = org.post_text("/services/oauth2/token", &format!("{form}&client_secret=the-secret")).await;
    assert_eq!((refused.status, refused.body["error"].as_str()), (400, Some("invalid_client")));
}

#[tokio::test]
async fn has_grant_is_false_for_unknown_and_revoked_tokens() {
    let org = Client::new();
    let grant = org.org.issue_grant(&org.org.admin_user_id());
    assert!(org.org.has_grant(&grant.refresh_token));
    assert!(!org.org.has_grant("5Aep861nobody"));
    org.post_text("/services/oauth2/revoke", &format!("token={}", grant.refresh_token)).await;
    assert!(!org.org.has_grant(&grant.refresh_token));
}

#[tokio::test]
async fn the_revision_changes_with_the_snapshot() {
    let org = Client::new();
    let before = (org.org.revision(), org.org.snapshot());
    assert_eq!((org.org.revision(), org.org.snapshot()), before);
    org.create("Task", json!({})).await.id();
    let after = org.org.revision();
    assert_ne!(after, before.0);
    org.org.restore(before.1).unwrap();
    assert_ne!(org.org.revision(), after, "restoring an old snapshot must not restore its revision");
}

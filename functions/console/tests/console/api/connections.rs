//! The connections API: connection states and warnings about missing access to the org.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{ApiUsage, Connection, ConnectionState, OrgFacts, Tenant};

use crate::fixture::{Fixture, START, at, cookie};

/// A tenant with an org.
fn tenant(f: &Fixture) -> Tenant {
    Tenant {
        salesforce: Some(Connection {
            org_id: "00D000000000001AAA".to_owned(),
            instance_url: "https://example.my.salesforce.com".to_owned(),
            login_url: "https://login.salesforce.com".to_owned(),
            user_id: "005000000000001AAA".to_owned(),
            user_name: Some("Ada Example".to_owned()),
            connected_at: at(START),
        }),
        ..Tenant::new(f.tenant.clone())
    }
}

/// The Salesforce connection of `tenant`.
async fn shown(f: &Fixture, tenant: &Tenant) -> Value {
    f.tenants.put(tenant).await.unwrap();
    let mut body = f.get("/api/connections").await.body;
    assert_eq!((body.as_object().unwrap().len(), &body["aircall"]), (2, &Value::Null));
    body["salesforce"].take()
}

#[tokio::test]
async fn a_tenant_without_connections_sees_null() {
    let f = Fixture::new().await;
    assert_eq!(f.get("/api/connections").await.body, json!({ "salesforce": null, "aircall": null }));
    assert_eq!(shown(&f, &Tenant { salesforce: None, ..tenant(&f) }).await, Value::Null);
}

#[tokio::test]
async fn a_connected_org_is_shown_to_its_own_tenant_only() {
    let f = Fixture::new().await;
    let usage = ApiUsage { used: 14_250, limit: 15_000, at: at(START + 5) };
    assert_eq!(
        shown(&f, &Tenant { api_usage: Some(usage), ..tenant(&f) }).await,
        json!({
            "org_id": "00D000000000001AAA", "user_id": "005000000000001AAA",
            "user_name": "Ada Example",
            "instance_url": "https://example.my.salesforce.com", "login_url": "https://login.salesforce.com",
            "connected_at": START,
            "state": "connected", "reason": null, "since": null, "until": null,
            "api_usage": {"used": 14_250, "limit": 15_000, "at": START + 5}, "consent_link": null, "predecessor": null, "warnings": [],
            "statuses": {
                "completed": {"chosen": null, "used": "Completed"}, "in_progress": {"chosen": null, "used": "In Progress"},
            },
        })
    );
    let other = f.send_as(&cookie("two"), axum::http::Method::GET, "/api/connections", "").await;
    assert_eq!(other.body, json!({ "salesforce": null, "aircall": null }));
}

#[tokio::test]
async fn an_org_that_takes_no_requests_says_why_since_when_and_until_when() {
    let f = Fixture::new().await;
    let (since, until, reason) = (at(START), at(START + 900), "Salesforce is down.".to_owned());
    for (state, name) in [
        (ConnectionState::Paused { since, until, reason: reason.clone() }, "paused"),
        (ConnectionState::ReconnectNeeded { reason, since, try_at: until }, "reconnect_needed"),
    ] {
        let shown = shown(&f, &Tenant { state, ..tenant(&f) }).await;
        let [state, reason, since, until, usage] =
            ["state", "reason", "since", "until", "api_usage"].map(|key| shown[key].clone());
        assert_eq!((state, reason), (json!(name), json!("Salesforce is down.")));
        assert_eq!((since, until, usage), (json!(START), json!(START + 900), Value::Null));
    }
}

/// Facts about the org that were recorded `ago`.
fn facts(ago: SignedDuration, fields: &[&str], objects: &[&str]) -> OrgFacts {
    let at = Timestamp::now() - ago;
    let map = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), at)).collect::<BTreeMap<_, _>>();
    OrgFacts { missing_fields: map(fields), missing_objects: map(objects), ..OrgFacts::default() }
}

#[tokio::test]
async fn missing_access_is_listed_with_its_consequence_and_remedy() {
    let f = Fixture::new().await;
    let fields = ["Caller.HomePhone", "Contact.Email", "Task.Aircall_Key__c", "Task.CallDisposition", "Task.Type"];
    let facts = facts(SignedDuration::from_hours(1), &fields, &["Lead"]);
    let since = facts.missing_objects["Lead"].as_second();
    let shown = shown(&f, &Tenant { facts, ..tenant(&f) }).await;
    let warning = |code: &str, object: Option<&str>, field: Option<&str>, message: &str| json!({ "code": code, "object": object, "field": field, "message": message, "since": since });
    let set = "An admin assigns the permission set \"Aircall Integration\" of infra/salesforce to that user, or";
    let expected = [
        warning(
            "KEY_FIELD_MISSING",
            None,
            Some("Task.Aircall_Key__c"),
            "The org has no field Task.Aircall_Key__c, or hides it from the connecting user. An admin sets it \
             up with one click under Connections, \"Check the org\", or deploys infra/salesforce into the org; until \
             then CallObject guards that each call has one Task.",
        ),
        warning(
            "OBJECT_NOT_ACCESSIBLE",
            Some("Lead"),
            None,
            &format!(
                "The connecting user has no access to the object Lead, so calls are logged as if the org had no such \
                 records. {set} gives them access to the object."
            ),
        ),
        warning(
            "FIELD_NOT_WRITABLE",
            None,
            Some("Contact.Email"),
            &format!(
                "The connecting user may not write the field Contact.Email, so each new Contact is created without \
                 it. {set} makes the field editable for them."
            ),
        ),
        warning(
            "FIELD_NOT_WRITABLE",
            None,
            Some("Task.CallDisposition"),
            "The connecting user may not write the field Task.CallDisposition, so calls are logged without it. An admin \
             makes the field editable for them, in the user's profile or in a permission set.",
        ),
        warning(
            "FIELD_NOT_WRITABLE",
            None,
            Some("Task.Type"),
            "Salesforce does not take our value of the field Task.Type, so calls are logged without it: the org's \
             picklist lacks the value, or the connecting user may not write the field. An admin adds the value, or \
             makes the field editable for that user.",
        ),
        warning(
            "FIELD_NOT_SEARCHABLE",
            None,
            Some("HomePhone"),
            &format!(
                "The connecting user may not see the field HomePhone, so callers are not found by it. {set} makes the \
                 field visible to them."
            ),
        ),
    ];
    assert_eq!(shown["warnings"], json!(expected));
}

#[tokio::test]
async fn outdated_facts_cause_no_warning() {
    let f = Fixture::new().await;
    let facts = facts(SignedDuration::from_hours(24), &["Task.CallDisposition"], &["Lead"]);
    assert_eq!(shown(&f, &Tenant { facts, ..tenant(&f) }).await["warnings"], json!([]));
}

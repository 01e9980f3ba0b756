//! Assignment rules for new Leads and Cases.

use axum::{body::Body, http::Request};
use salesforce_sandbox::{Options, Org};
use serde_json::{Value, json};

use crate::client::{Client, answer, data};

const OFF: (&str, &str) = ("Sforce-Auto-Assign", "FALSE");

fn lead() -> Value {
    json!({"LastName": "Roe", "Company": "Acme"})
}

/// An org whose rules assign Leads and Cases to the standard user, and the ids of the admin and of that user.
async fn org() -> (Client, Value, Value) {
    let org = Client::new();
    let (admin, assignee) = (org.org.admin_user_id(), org.org.standard_user_id().unwrap());
    org.set(json!({"assignment_rules": {"Lead": assignee[..15], "Case": assignee}})).await;
    (org, json!(admin), json!(assignee))
}

/// The owner of the record that was created last.
fn owner(org: &Client, sobject: &str) -> Value {
    org.org.records(sobject).last().unwrap()["OwnerId"].clone()
}

#[tokio::test]
async fn a_rule_overrules_the_owner_unless_it_is_switched_off() {
    let (org, admin, assignee) = org().await;
    let create = async |sobject: &str, body: Value, headers: &[(&str, &str)]| {
        org.send("POST", &data(&format!("sobjects/{sobject}")), Some(body), headers).await.id();
        owner(&org, sobject)
    };
    let mut owned = lead();
    owned["OwnerId"] = admin.clone();
    assert_eq!(create("Lead", lead(), &[]).await, assignee);
    assert_eq!(create("Lead", owned.clone(), &[]).await, assignee);
    assert_eq!(create("Lead", owned.clone(), &[("Sforce-Auto-Assign", "TRUE")]).await, assignee);
    assert_eq!(create("Lead", owned.clone(), &[("Sforce-Auto-Assign", "01Q000000000001")]).await, assignee);
    assert_eq!(create("Lead", owned, &[OFF]).await, admin);
    assert_eq!(create("Case", json!({"Subject": "Help"}), &[]).await, assignee);
    assert_eq!(create("Case", json!({"Subject": "Help"}), &[("sforce-auto-assign", "false")]).await, admin);
    assert_eq!(create("Contact", json!({"LastName": "Roe"}), &[]).await, admin);
    // An update and a seeded record keep their owners.
    let id = org.seed("Lead", lead());
    assert_eq!(org.patch(&data(&format!("sobjects/Lead/{id}")), json!({"Phone": "1"})).await.status, 204);
    assert_eq!(owner(&org, "Lead"), admin);
}

#[tokio::test]
async fn a_collection_has_the_header_of_its_request_and_a_composite_those_of_its_subrequests() {
    let (org, admin, assignee) = org().await;
    let mut record = lead();
    record["attributes"] = json!({"type": "Lead"});
    let collection = json!({"records": [record]});
    for (headers, expect) in [(&[][..], &assignee), (&[OFF][..], &admin)] {
        let answer = org.send("POST", &data("composite/sobjects"), Some(collection.clone()), headers).await;
        assert_eq!((&answer.body[0]["success"], &owner(&org, "Lead")), (&json!(true), expect));
    }
    for (inner, expect) in [(json!({}), &assignee), (json!({"Sforce-Auto-Assign": "FALSE"}), &admin)] {
        let step = json!({"method": "POST", "referenceId": "lead", "url": data("sobjects/Lead"), "body": lead(),
            "httpHeaders": inner});
        let composite = json!({"compositeRequest": [step]});
        let answer = org.send("POST", &data("composite"), Some(composite), &[OFF]).await;
        assert_eq!(answer.body["compositeResponse"][0]["httpStatusCode"], 201, "{}", answer.body);
        assert_eq!(&owner(&org, "Lead"), expect);
    }
}

#[tokio::test]
async fn rules_are_of_leads_and_cases_and_name_ids() {
    let org = Client::new();
    for rules in [json!({"Contact": org.org.admin_user_id()}), json!({"Lead": "Alex Admin"})] {
        assert_eq!(org.put("/_sandbox/options", json!({"assignment_rules": rules})).await.status, 400, "{rules}");
    }
    let options = serde_json::to_value(Org::new(Options::default()).options()).unwrap();
    assert_eq!(options["assignment_rules"], json!({}));
}

#[tokio::test]
async fn a_bulk_job_assigns_no_records() {
    let (org, admin, _) = org().await;
    let send = async |path: &str, body: &str| {
        let request = Request::builder().method("POST").uri(format!("/services/async/66.0/job{path}"));
        let request = request.header("x-sfdc-session", &org.token);
        answer(&org.org, request.body(Body::from(body.to_owned())).unwrap()).await.body.to_string()
    };
    let job = "<operation>insert</operation><object>Lead</object><contentType>CSV</contentType>";
    let opened = send("", job).await;
    let id = opened.split("<id>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    send(&format!("/{id}/batch"), "LastName,Company\nRoe,Acme\n").await;
    assert_eq!(owner(&org, "Lead"), admin);
}

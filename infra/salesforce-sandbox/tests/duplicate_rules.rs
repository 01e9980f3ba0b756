//! Duplicate rules: what they compare, what they name, and when a duplicate is saved.

use serde_json::{Value, json};

use crate::{
    client::{Client, data},
    resources::{Resource, code},
};

const ALLOW: &[(&str, &str)] = &[("Sforce-Duplicate-Rule-Header", "allowSave=true")];
const REFUSE: &[(&str, &str)] = &[("Sforce-Duplicate-Rule-Header", "allowSave=false")];

/// An org with a rule.
fn org(sobject: &str, fields: &[&str], action: &str) -> Client {
    Client::with(json!({"duplicate_rules": [{"sobject": sobject, "fields": fields, "action": action}]}))
}

fn lead() -> Value {
    json!({"LastName": "Roe", "Company": "Acme", "Email": "roe@example.com"})
}

#[tokio::test]
async fn a_refusal_tells_whether_the_duplicate_may_be_saved() {
    for (action, allow_save) in [("alert", true), ("block", false)] {
        let org = org("Lead", &["Email"], action);
        let known = org.seed("Lead", lead());
        for resource in Resource::ALL {
            let error = resource.create(&org, &[("Lead", lead())], &[]).await.remove(0);
            assert_eq!(code(&error), "DUPLICATES_DETECTED", "{resource:?}: {error}");
            // Only a collection's errors always have fields.
            assert_eq!(error.get("fields"), (resource == Resource::Collection).then_some(&json!([])), "{resource:?}");
            let attributes = json!({"type": "Lead", "url": data(&format!("sobjects/Lead/{known}"))});
            let record = json!({"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                "record": {"attributes": attributes, "Id": known}});
            let matched = json!({"entityType": "Lead", "errors": [], "matchEngine": "ExactMatchEngine",
                "matchRecords": [record], "rule": "Sandbox_Lead_Rule", "size": 1, "success": true});
            let result = json!({"allowSave": allow_save, "duplicateRule": "Sandbox_Lead_Rule",
                "duplicateRuleEntityType": "Lead", "errorMessage": error["message"], "matchResults": [matched]});
            assert_eq!(error["duplicateResult"], result, "{resource:?}");
        }
    }
}

#[tokio::test]
async fn the_header_saves_the_duplicate_of_an_alert_through_every_resource() {
    for resource in Resource::ALL {
        for (action, expect) in [("alert", ""), ("block", "DUPLICATES_DETECTED")] {
            let org = org("Lead", &["Email"], action);
            org.seed("Lead", lead());
            let error = resource.create(&org, &[("Lead", lead())], ALLOW).await.remove(0);
            assert_eq!(code(&error), expect, "{resource:?}: {error}");
            let refused = resource.create(&org, &[("Lead", lead())], REFUSE).await;
            assert_eq!(code(&refused[0]), "DUPLICATES_DETECTED", "{resource:?}");
        }
    }
}

#[tokio::test]
async fn a_subrequest_has_only_its_own_header() {
    let org = org("Lead", &["Email"], "alert");
    org.seed("Lead", lead());
    let mut record = lead();
    record["attributes"] = json!({"type": "Lead"});
    let step = |headers: Value| {
        json!({"method": "POST", "referenceId": "leads", "url": data("composite/sobjects"), "httpHeaders": headers,
            "body": {"records": [record]}})
    };
    let post = async |step: Value| {
        let body = json!({"compositeRequest": [step]});
        let answer = org.send("POST", &data("composite"), Some(body), ALLOW).await.body;
        answer["compositeResponse"][0]["body"][0]["success"].clone()
    };
    assert_eq!(post(step(json!({}))).await, false);
    assert_eq!(post(step(json!({"Sforce-Duplicate-Rule-Header": "allowSave=true"}))).await, true);
}

/// Whether a rule of this object and field finds the second record to be a duplicate of the first.
async fn is_duplicate(options: Value, sobject: &str, field: &str, first: Value, second: Value) -> bool {
    let org = Client::with(options);
    org.set(json!({"duplicate_rules": [{"sobject": sobject, "fields": [field], "action": "block"}]})).await;
    org.create(sobject, first).await.id();
    let answer = org.create(sobject, second).await;
    assert!(answer.status == 201 || answer.code() == "DUPLICATES_DETECTED", "{}", answer.body);
    answer.status != 201
}

#[tokio::test]
async fn any_field_can_be_compared() {
    let account = |name: &str| json!({"Name": name});
    assert!(is_duplicate(json!({}), "account", "name", account("Acme"), account("ACME")).await);
    assert!(!is_duplicate(json!({}), "Account", "Name", account("Acme"), account("Acme Ltd")).await);
    // A name that is derived from its parts.
    let person = |first: &str| json!({"FirstName": first, "LastName": "Roe"});
    assert!(is_duplicate(json!({}), "Contact", "Name", person("Jane"), person("jane")).await);
    assert!(!is_duplicate(json!({}), "Contact", "Name", person("Jane"), person("John")).await);
    let persons = json!({"person_accounts": true});
    let mail = |last: &str| json!({"LastName": last, "PersonEmail": "roe@example.com"});
    assert!(is_duplicate(persons.clone(), "Account", "PersonEmail", mail("Roe"), mail("Doe")).await);
    // A person has a flag, a company too.
    assert!(is_duplicate(persons.clone(), "Account", "IsPersonAccount", mail("Roe"), mail("Doe")).await);
    assert!(!is_duplicate(persons, "Account", "IsPersonAccount", mail("Roe"), account("Acme")).await);
    // Numbers, dates and references.
    let call = |seconds: u64| json!({"CallDurationInSeconds": seconds, "ActivityDate": "2026-03-01"});
    assert!(is_duplicate(json!({}), "Task", "CallDurationInSeconds", call(5), call(5)).await);
    assert!(!is_duplicate(json!({}), "Task", "CallDurationInSeconds", call(5), call(6)).await);
    assert!(is_duplicate(json!({}), "Task", "ActivityDate", call(5), call(6)).await);
    assert!(is_duplicate(json!({}), "Task", "OwnerId", call(5), call(6)).await);
    // An empty field equals no other.
    assert!(!is_duplicate(json!({}), "Task", "CallType", call(5), call(5)).await);
}

#[tokio::test]
async fn a_rule_names_an_object_and_its_fields() {
    let org = Client::new();
    for (rule, why) in [
        (json!({"sobject": "Nope", "fields": ["Email"], "action": "alert"}), "no object Nope"),
        (json!({"sobject": "Lead", "fields": ["Email", "Nope"], "action": "alert"}), "Lead has no field Nope"),
        (json!({"sobject": "Lead", "fields": ["Email"], "action": "warn"}), "unknown variant `warn`"),
    ] {
        let answer = org.put("/_sandbox/options", json!({"duplicate_rules": [rule]})).await;
        let error = answer.body["error"].as_str().unwrap();
        assert!(answer.status == 400 && error.contains(why), "{error}");
    }
    // A field whose feature is off can be named; the rule then finds nothing.
    let rule = json!({"sobject": "Account", "fields": ["PersonEmail"], "action": "alert"});
    org.set(json!({"duplicate_rules": [rule]})).await;
    assert!(org.org.options().duplicate_rules[0].names_record);
    org.create("Account", json!({"Name": "Acme"})).await.id();
    org.create("Account", json!({"Name": "Acme"})).await.id();
}

#[tokio::test]
async fn a_rule_may_name_no_record() {
    for action in ["alert", "block"] {
        let rule = json!({"sobject": "Lead", "fields": ["Email"], "action": action, "names_record": false});
        let org = Client::with(json!({"duplicate_rules": [rule]}));
        org.seed("Lead", lead());
        for resource in Resource::ALL {
            let error = resource.create(&org, &[("Lead", lead())], &[]).await.remove(0);
            let result = &error["duplicateResult"];
            let found = (code(&error), &result["allowSave"], &result["matchResults"][0]["matchRecords"]);
            let expect = ("DUPLICATES_DETECTED".to_owned(), &json!(action == "alert"), &json!([]));
            assert_eq!(found, expect, "{resource:?}: {error}");
            assert_eq!(result["matchResults"].as_array().unwrap().len(), 1);
        }
        let saved = Resource::Collection.create(&org, &[("Lead", lead())], ALLOW).await.remove(0);
        assert_eq!(saved.is_null(), action == "alert");
    }
}

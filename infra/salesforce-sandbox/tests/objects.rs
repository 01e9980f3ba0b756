//! Cases, Opportunities, Person Accounts, duplicate rules and validation rules.

use serde_json::{Value, json};

use crate::client::{Client, column, data};

#[tokio::test]
async fn is_closed_follows_the_status_of_cases_and_opportunities() {
    let org = Client::new();
    let case = org.create("Case", json!({"Subject": "Help"})).await.id();
    let new = org.only("Case");
    assert_eq!(
        (&new["Status"], &new["IsClosed"], &new["CaseNumber"]),
        (&json!("New"), &json!(false), &json!("00001000"))
    );
    org.patch(&data(&format!("sobjects/Case/{case}")), json!({"Status": "Closed"})).await;
    assert_eq!(org.only("Case")["IsClosed"], true);
    let deal = |stage: &str| json!({"Name": stage, "StageName": stage, "CloseDate": "2026-12-01"});
    for stage in ["Prospecting", "Closed Won", "Closed Lost"] {
        org.create("Opportunity", deal(stage)).await.id();
    }
    let closed = org.query("SELECT Name FROM Opportunity WHERE IsClosed = true ORDER BY Name").await.body;
    assert_eq!(column(&closed["records"], "Name"), ["Closed Lost", "Closed Won"]);
}

#[tokio::test]
async fn an_opportunity_created_with_a_contact_gets_a_primary_role() {
    let org = Client::new();
    let contact = org.seed("Contact", json!({"LastName": "Roe"}));
    let body = json!({"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-12-01", "ContactId": contact});
    let opportunity = org.create("Opportunity", body).await.id();
    let role = org.only("OpportunityContactRole");
    assert_eq!((&role["OpportunityId"], &role["IsPrimary"]), (&json!(opportunity), &json!(true)));
}

#[tokio::test]
async fn a_person_account_has_a_hidden_contact() {
    let org = Client::with(json!({"person_accounts": true}));
    let types = org.query("SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsPersonType = true").await;
    let record_type = types.body["records"][0]["Id"].clone();
    let body =
        json!({"FirstName": "Jane", "LastName": "Roe", "RecordTypeId": record_type, "PersonMobilePhone": "0612345678"});
    let id = org.create("Account", body).await.id();
    let account = org.only("Account");
    let contact = org.only("Contact");
    assert_eq!((&account["Name"], &account["IsPersonAccount"]), (&json!("Jane Roe"), &json!(true)));
    assert_eq!(account["PersonContactId"], contact["Id"]);
    assert_eq!((&contact["MobilePhone"], &contact["IsPersonAccount"]), (&json!("0612345678"), &json!(true)));
    org.create("Task", json!({"WhoId": contact["Id"]})).await.id();
    assert_eq!(org.only("Task")["AccountId"], json!(id));

    org.patch(&data(&format!("sobjects/Account/{id}")), json!({"PersonMobilePhone": "0700000000"})).await;
    assert_eq!(org.only("Contact")["MobilePhone"], "0700000000");
    let both = org.create("Account", json!({"Name": "Acme", "LastName": "Roe"})).await;
    assert_eq!(both.code(), "INVALID_FIELD_FOR_INSERT_UPDATE");
    let nameless = org.create("Account", json!({"RecordTypeId": record_type})).await;
    assert_eq!(nameless.message(), "Required fields are missing: [LastName]");
}

#[tokio::test]
async fn without_person_accounts_their_fields_do_not_exist() {
    let org = Client::new();
    assert_eq!(org.create("Account", json!({"LastName": "Roe"})).await.code(), "INVALID_FIELD");
    assert_eq!(org.query("SELECT IsPersonAccount FROM Contact").await.code(), "INVALID_FIELD");
    assert_eq!(org.query("SELECT COUNT() FROM RecordType").await.body["totalSize"], 1);
}

async fn duplicate(action: &str, header: &str) -> (u16, Value) {
    let org = Client::with(json!({"duplicate_rules": [{"sobject": "Lead", "fields": ["Phone"], "action": action}]}));
    let known = org.seed("Lead", json!({"LastName": "Roe", "Company": "Acme", "Phone": "+33 6 12 34 56 78"}));
    let body = json!({"LastName": "Doe", "Company": "Acme", "Phone": "+33612345678"});
    let headers = [("Sforce-Duplicate-Rule-Header", header)];
    let answer = org.send("POST", &data("sobjects/Lead"), Some(body), &headers).await;
    if answer.status == 400 {
        let found = &answer.body[0]["duplicateResult"]["matchResults"][0]["matchRecords"][0]["record"];
        assert_eq!((answer.code(), &found["Id"]), ("DUPLICATES_DETECTED", &json!(known)));
    }
    (answer.status, answer.body[0]["message"].clone())
}

#[tokio::test]
async fn an_alert_can_be_overridden_and_a_block_cannot() {
    let alert = json!("Use one of these records?");
    let block = json!("You're creating a duplicate record. We recommend you use an existing record instead.");
    assert_eq!(duplicate("alert", "allowSave=false").await, (400, alert));
    assert_eq!(duplicate("alert", "allowSave=true; includeRecordDetails=false").await, (201, Value::Null));
    assert_eq!(duplicate("block", "allowSave=true").await, (400, block));
}

#[tokio::test]
async fn validation_rules_return_the_admins_message() {
    let rule = |rule: Value| json!({"validation_rules": [rule]});
    let required =
        rule(json!({"sobject": "Task", "field": "CallDisposition", "equals": null, "message": "Say how it went"}));
    let org = Client::with(required);
    let answer = org.create("Task", json!({})).await;
    assert_eq!((answer.code(), answer.message()), ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say how it went"));
    let id = org.create("Task", json!({"CallDisposition": "vip"})).await.id();
    let emptied = org.patch(&data(&format!("sobjects/Task/{id}")), json!({"CallDisposition": null})).await;
    assert_eq!(emptied.code(), "FIELD_CUSTOM_VALIDATION_EXCEPTION");
    org.set(rule(json!({"sobject": "Task", "field": "Subject", "regex": "^Spam", "message": "No spam"}))).await;
    assert_eq!(org.create("Task", json!({"Subject": "Spam!"})).await.message(), "No spam");
    org.create("Task", json!({"Subject": "Ham"})).await.id();
}

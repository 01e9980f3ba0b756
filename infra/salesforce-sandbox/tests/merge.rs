//! `/_sandbox/merge`: merged records, their children, and refused merges.

use serde_json::{Value, json};

use crate::client::{Client, Response, column, data, encode};

async fn merge(org: &Client, sobject: &str, master: &str, merged: Value) -> Response {
    org.post("/_sandbox/merge", json!({"sobject": sobject, "master": master, "merged": merged})).await
}

/// The record of that id, whether it is deleted or not.
#[track_caller]
fn record(org: &Client, sobject: &str, id: &str) -> Value {
    org.org.records(sobject).into_iter().find(|record| record["Id"] == id).unwrap()
}

/// An org with two Contacts that share a phone number: the one that stays and the one that is merged into it.
fn two_contacts() -> (Client, String, String) {
    let org = Client::new();
    let contact = |name: &str| {
        let body = json!({"LastName": name, "Phone": "0612345678", "LastModifiedDate": "2026-01-01T00:00:00Z"});
        org.seed("Contact", body)
    };
    let (kept, gone) = (contact("Kept"), contact("Gone"));
    (org, kept, gone)
}

#[tokio::test]
async fn a_merged_record_is_deleted_and_names_its_master() {
    let (org, kept, gone) = two_contacts();
    let answer = merge(&org, "Contact", &kept, json!(gone)).await;
    let expected = json!({"id": kept, "mergedRecordIds": [gone], "updatedRelatedIds": []});
    assert_eq!((answer.status, answer.body), (200, expected));
    let row = org.get(&data(&format!("sobjects/Contact/{gone}"))).await;
    assert_eq!((row.status, row.code()), (404, "ENTITY_IS_DELETED"));
    let found = org.search("FIND {0612345678} IN PHONE FIELDS RETURNING Contact(LastName)").await.body;
    assert_eq!(column(&found["searchRecords"], "LastName"), ["Kept"]);
    let found = org.query("SELECT LastName FROM Contact").await.body;
    assert_eq!(column(&found["records"], "LastName"), ["Kept"]);
    assert_eq!(org.create("Task", json!({"WhoId": gone})).await.code(), "ENTITY_IS_DELETED");
}

#[tokio::test]
async fn query_all_shows_merged_records_alone_and_in_a_composite() {
    let (org, kept, gone) = two_contacts();
    merge(&org, "Contact", &kept, json!(gone)).await;
    let soql = format!(
        "SELECT Id, IsDeleted, MasterRecordId, MasterRecord.LastName FROM Contact WHERE Id IN ('{kept}', '{gone}')"
    );
    let path = data(&format!("queryAll?q={}", encode(&soql)));
    let alone = org.get(&path).await.body;
    let step = json!({"method": "GET", "referenceId": "all", "url": path});
    let composite = org.post(&data("composite"), json!({"compositeRequest": [step]})).await.body;
    for body in [&alone, &composite["compositeResponse"][0]["body"]] {
        assert_eq!(column(&body["records"], "Id"), [kept.as_str(), gone.as_str()], "{body}");
        assert_eq!(column(&body["records"], "IsDeleted"), ["false", "true"]);
        assert_eq!(column(&body["records"], "MasterRecordId"), ["null", kept.as_str()]);
        assert_eq!(body["records"][1]["MasterRecord"]["LastName"], "Kept");
    }
}

#[tokio::test]
async fn the_master_keeps_its_values_and_is_modified_now() {
    let (org, kept, gone) = two_contacts();
    org.patch(&data(&format!("sobjects/Contact/{gone}")), json!({"Email": "gone@example.com", "Phone": "07"})).await;
    let before = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
    merge(&org, "Contact", &kept, json!(gone)).await;
    let master = record(&org, "Contact", &kept);
    assert_eq!(
        (&master["LastName"], &master["Phone"], &master["Email"]),
        (&json!("Kept"), &json!("0612345678"), &Value::Null)
    );
    assert!(master["LastModifiedDate"].as_str().unwrap() >= before.as_str());
    assert_eq!(master["MasterRecordId"], Value::Null);
}

#[tokio::test]
async fn the_children_of_a_merged_contact_are_moved() {
    let (org, kept, gone) = two_contacts();
    let account = org.seed("Account", json!({"Name": "Acme"}));
    org.patch(&data(&format!("sobjects/Contact/{kept}")), json!({"AccountId": account})).await;
    let modified = "2026-01-01T00:00:00.000+0000";
    let task = org.seed("Task", json!({"WhoId": gone, "LastModifiedDate": modified}));
    let event = org.seed("Event", json!({"WhoId": gone}));
    let case = org.seed("Case", json!({"ContactId": gone}));
    let deal = org.seed("Opportunity", json!({"Name": "Deal", "ContactId": gone}));
    let deleted = org.seed("Task", json!({"WhoId": gone, "IsDeleted": true}));
    let moved = merge(&org, "Contact", &kept, json!([gone])).await.body["updatedRelatedIds"].clone();
    let role = org.only("OpportunityContactRole");
    for (sobject, id, field) in [
        ("Task", &task, "WhoId"),
        ("Event", &event, "WhoId"),
        ("Case", &case, "ContactId"),
        ("Opportunity", &deal, "ContactId"),
        ("OpportunityContactRole", &role["Id"].as_str().unwrap().to_owned(), "ContactId"),
    ] {
        assert_eq!(record(&org, sobject, id)[field], json!(kept), "{sobject}");
        assert!(moved.as_array().unwrap().contains(&json!(id)), "{sobject}");
    }
    let task = record(&org, "Task", &task);
    assert_eq!((&task["AccountId"], &task["LastModifiedDate"]), (&json!(account), &json!(modified)));
    assert_eq!(record(&org, "Task", &deleted)["WhoId"], json!(gone), "deleted records stay as they are");
}

#[tokio::test]
async fn the_children_of_merged_accounts_are_moved() {
    let org = Client::new();
    let [kept, one, two] = ["Kept", "One", "Two"].map(|name| org.seed("Account", json!({"Name": name})));
    let contact = org.seed("Contact", json!({"LastName": "Roe", "AccountId": one}));
    let case = org.seed("Case", json!({"AccountId": one}));
    let deal = org.seed("Opportunity", json!({"Name": "Deal", "AccountId": two}));
    let below = org.seed("Account", json!({"Name": "Below", "ParentId": two}));
    let related = org.seed("Task", json!({"WhatId": one}));
    let called = org.seed("Task", json!({"WhoId": contact}));
    assert_eq!(record(&org, "Task", &called)["AccountId"], json!(one));
    // An id of 15 characters is that of 18.
    assert_eq!(merge(&org, "account", &kept[..15], json!([one, &two[..15]])).await.status, 200);
    for (sobject, id, field) in [
        ("Contact", &contact, "AccountId"),
        ("Case", &case, "AccountId"),
        ("Opportunity", &deal, "AccountId"),
        ("Account", &below, "ParentId"),
        ("Task", &related, "WhatId"),
        ("Task", &related, "AccountId"),
        ("Task", &called, "AccountId"),
    ] {
        assert_eq!(record(&org, sobject, id)[field], json!(kept), "{sobject}.{field}");
    }
    for gone in [&one, &two] {
        let gone = record(&org, "Account", gone);
        assert_eq!((&gone["IsDeleted"], &gone["MasterRecordId"]), (&json!(true), &json!(kept)));
    }
}

#[tokio::test]
async fn the_tasks_of_a_merged_lead_are_moved_and_merges_can_be_chained() {
    let org = Client::new();
    let [one, two, three] =
        ["One", "Two", "Three"].map(|name| org.seed("Lead", json!({"LastName": name, "Company": "Acme"})));
    let task = org.seed("Task", json!({"WhoId": one}));
    assert_eq!(merge(&org, "Lead", &two, json!(one)).await.status, 200);
    assert_eq!(merge(&org, "Lead", &three, json!(two)).await.status, 200);
    assert_eq!(record(&org, "Task", &task)["WhoId"], json!(three));
    assert_eq!(record(&org, "Lead", &one)["MasterRecordId"], json!(two), "an earlier merge is not rewritten");
    assert_eq!(record(&org, "Lead", &two)["MasterRecordId"], json!(three));
}

#[tokio::test]
async fn merging_person_accounts_merges_their_contacts() {
    let org = Client::with(json!({"person_accounts": true}));
    let [kept, gone] = ["Kept", "Gone"].map(|name| org.seed("Account", json!({"LastName": name})));
    let contact = |account: &str| record(&org, "Account", account)["PersonContactId"].as_str().unwrap().to_owned();
    let (kept_contact, gone_contact) = (contact(&kept), contact(&gone));
    let task = org.seed("Task", json!({"WhoId": gone_contact}));
    let moved = merge(&org, "Account", &kept, json!(gone)).await.body["updatedRelatedIds"].clone();
    assert_eq!(moved, json!([task]));
    let task = record(&org, "Task", &task);
    assert_eq!((&task["WhoId"], &task["AccountId"]), (&json!(kept_contact), &json!(kept)));
    let hidden = record(&org, "Contact", &gone_contact);
    assert_eq!(
        (&hidden["IsDeleted"], &hidden["MasterRecordId"], &hidden["AccountId"]),
        (&json!(true), &json!(kept_contact), &json!(gone))
    );
}

#[tokio::test]
async fn a_merge_that_salesforce_refuses_changes_nothing() {
    let org = Client::with(json!({"person_accounts": true}));
    let [kept, gone, third, fourth] = ["A", "B", "C", "D"].map(|name| org.seed("Contact", json!({"LastName": name})));
    let deleted = org.seed("Contact", json!({"LastName": "Roe", "IsDeleted": true}));
    let lead = org.seed("Lead", json!({"LastName": "Roe", "Company": "Acme"}));
    let converted = org.seed("Lead", json!({"LastName": "Roe", "Company": "Acme", "IsConverted": true}));
    let above = org.seed("Account", json!({"Name": "Above"}));
    let below = org.seed("Account", json!({"Name": "Below", "ParentId": above}));
    let person = org.seed("Account", json!({"LastName": "Roe"}));
    let hidden = record(&org, "Account", &person)["PersonContactId"].as_str().unwrap().to_owned();
    let unknown = "003000000000000AAA";
    let before = ["Contact", "Lead", "Account"].map(|sobject| org.org.records(sobject));
    let count = "merged: an id, or a list of one or two ids";
    for (sobject, master, merged, status, why) in [
        ("Nope", &kept, json!(gone), 404, "sobject: no object Nope".to_owned()),
        ("Case", &kept, json!(gone), 400, "sobject: only Contact, Lead and Account can be merged".to_owned()),
        ("Contact", &unknown.to_owned(), json!(gone), 404, format!("master: no Contact {unknown}")),
        ("Contact", &"x".to_owned(), json!(gone), 404, "master: no Contact x".to_owned()),
        ("Contact", &lead, json!(gone), 404, format!("master: no Contact {lead}")),
        ("Contact", &deleted, json!(gone), 400, format!("master: {deleted} is deleted")),
        ("Contact", &kept, json!(unknown), 404, format!("merged: no Contact {unknown}")),
        ("Contact", &kept, json!([gone, deleted]), 400, format!("merged: {deleted} is deleted")),
        ("Contact", &kept, json!(kept), 400, format!("merged: {kept} is the master")),
        ("Contact", &kept, json!([gone, gone]), 400, format!("merged: {gone} is given twice")),
        ("Contact", &kept, json!([]), 400, count.to_owned()),
        ("Contact", &kept, json!([gone, third, fourth]), 400, count.to_owned()),
        ("Contact", &kept, json!([1]), 400, count.to_owned()),
        (
            "Contact",
            &kept,
            json!(hidden),
            400,
            format!("merged: {hidden} belongs to a Person Account, which is merged instead"),
        ),
        ("Lead", &lead, json!(converted), 400, format!("merged: {converted} is a converted Lead")),
        (
            "Account",
            &above,
            json!(person),
            400,
            format!("merged: {person} and the master are not both Person Accounts"),
        ),
        (
            "Account",
            &below,
            json!(above),
            400,
            format!("merged: {above} is above the master in the hierarchy of Accounts"),
        ),
    ] {
        let answer = merge(&org, sobject, master, merged).await;
        assert_eq!((answer.status, answer.body), (status, json!({"error": why})));
    }
    assert_eq!(org.post("/_sandbox/merge", json!({"sobject": "Contact"})).await.status, 400);
    assert_eq!(["Contact", "Lead", "Account"].map(|sobject| org.org.records(sobject)), before);
}

#[tokio::test]
async fn the_master_record_id_is_read_only() {
    let (org, kept, gone) = two_contacts();
    for sobject in ["Contact", "Lead", "Account"] {
        let fields = org.get(&data(&format!("sobjects/{sobject}/describe"))).await.body["fields"].clone();
        let field = fields.as_array().unwrap().iter().find(|field| field["name"] == "MasterRecordId").unwrap();
        assert_eq!((&field["type"], &field["referenceTo"]), (&json!("reference"), &json!([sobject])));
        assert_eq!((&field["createable"], &field["updateable"]), (&json!(false), &json!(false)));
        assert_eq!(field["relationshipName"], "MasterRecord");
    }
    let written = org.patch(&data(&format!("sobjects/Contact/{gone}")), json!({"MasterRecordId": kept})).await;
    assert_eq!(written.code(), "INVALID_FIELD_FOR_INSERT_UPDATE");
}

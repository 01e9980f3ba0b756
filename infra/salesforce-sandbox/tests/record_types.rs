//! Record types of Accounts, and the default of the user.

use serde_json::{Value, json};

use crate::client::{Client, data};

/// The name, availability and default mapping of each record type, and its id.
async fn infos(org: &Client, sobject: &str) -> Vec<(String, bool, bool, String)> {
    let description = org.get(&data(&format!("sobjects/{sobject}/describe"))).await.body;
    let info = |info: &Value| {
        let text = |name: &str| info[name].as_str().unwrap().to_owned();
        let flag = |name: &str| info[name].as_bool().unwrap();
        (text("name"), flag("available"), flag("defaultRecordTypeMapping"), text("recordTypeId"))
    };
    description["recordTypeInfos"].as_array().unwrap().iter().map(info).collect()
}

#[track_caller]
fn check(infos: &[(String, bool, bool, String)], expect: &[(&str, bool, bool)]) {
    let infos: Vec<_> =
        infos.iter().map(|(name, available, default, _)| (name.as_str(), *available, *default)).collect();
    assert_eq!(infos, expect);
}

#[tokio::test]
async fn describe_tells_the_record_types_that_are_available() {
    let org = Client::new();
    check(&infos(&org, "Account").await, &[("Business Account", true, true), ("Master", true, false)]);
    assert!(infos(&org, "Contact").await.is_empty());
    let (business, person, master) = ("Business Account", "Person Account", "Master");
    for (default, expect) in [
        ("business", [(business, true, true), (person, true, false), (master, true, false)]),
        ("person", [(business, true, false), (person, true, true), (master, true, false)]),
        ("none", [(business, false, false), (person, false, false), (master, true, true)]),
    ] {
        org.set(json!({"person_accounts": true, "default_account_type": default})).await;
        check(&infos(&org, "Account").await, &expect);
    }
}

#[tokio::test]
async fn where_the_default_is_a_person_a_company_needs_its_record_type() {
    let org = Client::with(json!({"person_accounts": true, "default_account_type": "person"}));
    let refused = org.create("Account", json!({"Name": "Acme"})).await;
    assert_eq!((refused.status, refused.code()), (400, "INVALID_FIELD_FOR_INSERT_UPDATE"));
    assert!(refused.message().starts_with("Unable to create/update fields: Name. Please check"), "{}", refused.body);
    assert_eq!(refused.body[0]["fields"], json!(["Name"]));
    let nameless = org.create("Account", json!({"Phone": "0612345678"})).await;
    assert_eq!(nameless.message(), "Required fields are missing: [LastName]");

    let types = infos(&org, "Account").await;
    let given = json!({"Name": "Acme", "RecordTypeId": types[0].3});
    let company = org.create("Account", given).await.id();
    let person = org.create("Account", json!({"LastName": "Roe"})).await.id();
    let accounts = org.org.records("Account");
    let account = |id: &str| accounts.iter().find(|account| account["Id"] == json!(id)).unwrap();
    assert_eq!((&account(&company)["IsPersonAccount"], &account(&company)["Name"]), (&json!(false), &json!("Acme")));
    let person = account(&person);
    assert_eq!((&person["IsPersonAccount"], &person["RecordTypeId"]), (&json!(true), &json!(types[1].3)));
    let master = org.create("Account", json!({"Name": "Acme", "RecordTypeId": types[2].3})).await;
    assert_eq!(master.code(), "INVALID_CROSS_REFERENCE_KEY");
}

#[tokio::test]
async fn without_a_record_type_no_account_can_be_created() {
    let org = Client::with(json!({"default_account_type": "none"}));
    let refused = org.create("Account", json!({"Name": "Acme"})).await;
    let expect = (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "record type missing for: Account");
    assert_eq!((refused.status, refused.code(), refused.message()), expect);
    let business = infos(&org, "Account").await[0].3.clone();
    let given = org.create("Account", json!({"Name": "Acme", "RecordTypeId": business})).await;
    assert_eq!((given.code(), &given.body[0]["fields"]), ("INVALID_CROSS_REFERENCE_KEY", &json!(["RecordTypeId"])));
    // An Account that exists can be changed.
    let id = org.seed("Account", json!({"Name": "Acme"}));
    assert_eq!(org.patch(&data(&format!("sobjects/Account/{id}")), json!({"Phone": "1"})).await.status, 204);
}

#[tokio::test]
async fn a_person_as_default_needs_person_accounts() {
    let org = Client::new();
    assert_eq!(org.put("/_sandbox/options", json!({"default_account_type": "person"})).await.status, 400);
    assert_eq!(org.put("/_sandbox/options", json!({"default_account_type": "company"})).await.status, 400);
}

//! `/_sandbox/records`: seeding, listing and removing records.

use serde_json::{Value, json};

use crate::client::{Client, data};

#[tokio::test]
async fn records_are_seeded_listed_and_removed() {
    let org = Client::new();
    let seeded = json!({"LastName": "Roe", "LastModifiedDate": "2026-01-02T03:04:05Z", "CreatedDate": "2025-01-02T03:04:05+01:00"});
    let one = org.post("/_sandbox/records/Contact", seeded).await.id();
    let several = org.post("/_sandbox/records/Contact", json!([{"LastName": "A"}, {"LastName": "B"}])).await;
    assert_eq!((several.status, several.body.as_array().unwrap().len()), (201, 2));
    let records = org.get("/_sandbox/records/Contact").await.body;
    assert_eq!((&records[0]["Id"], &records[2]["LastName"]), (&json!(one), &json!("B")));
    assert_eq!(records[0]["LastModifiedDate"], "2026-01-02T03:04:05.000+0000");
    assert_eq!(records[0]["CreatedDate"], "2025-01-02T02:04:05.000+0000");
    let half = org.post("/_sandbox/records/Contact", json!([{"LastName": "C"}, {"Nope": 1}])).await;
    assert_eq!((half.status, org.org.records("Contact").len()), (400, 3));
    assert_eq!(org.get("/_sandbox/records/Nope").await.status, 404);
    assert_eq!(org.get("/_sandbox/requests").await.body["total"], 0);

    org.seed("Task", json!({}));
    org.delete("/_sandbox/records/Contact").await;
    assert_eq!((org.org.records("Contact").len(), org.org.records("Task").len()), (0, 1));
    org.delete("/_sandbox/records").await;
    assert_eq!((org.org.records("Task").len(), org.org.records("User").len()), (0, 2));
    org.create("Contact", json!({"LastName": "Again"})).await.id();
}

#[tokio::test]
async fn bodies_are_json_whatever_their_content_type() {
    let org = Client::new();
    let seeded = org.post_text("/_sandbox/records/Contact", r#"{"LastName": "Roe"}"#).await;
    assert_eq!((seeded.status, &seeded.body["id"]), (201, &org.only("Contact")["Id"]));
    assert_eq!(org.post_text("/_sandbox/faults", r#"{"status": 503}"#).await.status, 201);
    let options = org.send_text("PUT", "/_sandbox/options", r#"{"index_lag_ms": 5}"#).await;
    assert_eq!((options.status, &options.body["index_lag_ms"]), (200, &json!(5)));
    let refused = org.post_text("/_sandbox/records/Contact", "LastName=Roe").await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.body["error"].as_str().unwrap().starts_with("the body is not JSON of this request: "),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_large_array_is_seeded_in_one_request() {
    let org = Client::new();
    let many: Vec<_> = (0..680).map(|_| json!({"LastName": "Roe", "Description": "x".repeat(31_000)})).collect();
    let many = json!(many);
    assert!(many.to_string().len() > 20 << 20);
    assert_eq!(org.post("/_sandbox/records/Contact", many).await.status, 201);
    assert_eq!(org.org.records("Contact").len(), 680);
}

/// Seeds records and asserts that they are refused with this error and that none is stored.
async fn refused(org: &Client, sobject: &str, body: Value, why: &str) {
    let answer = org.post(&format!("/_sandbox/records/{sobject}"), body).await;
    assert_eq!((answer.status, &answer.body), (400, &json!({"error": why})));
    assert!(org.org.records(sobject).is_empty());
}

#[tokio::test]
async fn an_error_names_the_record_and_the_field() {
    let org = Client::new();
    let unknown = "INVALID_FIELD: No such column 'Nope' on sobject of type Contact";
    refused(&org, "Contact", json!({"LastName": "Roe", "Nope": 1}), unknown).await;
    let third = json!([{"LastName": "A"}, {"LastName": "B"}, {"Nope": 1}]);
    refused(&org, "Contact", third, &format!("record 3: {unknown}")).await;
    refused(&org, "Contact", json!(["Roe"]), "record 1: JSON_PARSER_ERROR: a record is a JSON object").await;
    refused(&org, "Contact", json!("Roe"), "JSON_PARSER_ERROR: a record is a JSON object").await;
    assert!(org.org.insert("Contact", json!("Roe")).is_err());
}

#[tokio::test]
async fn the_names_of_a_seeded_person_are_completed() {
    let org = Client::new();
    for (sobject, name, first, last) in [
        ("Contact", "Jane Roe", json!("Jane"), "Roe"),
        ("Lead", "Mary Jane Roe", json!("Mary Jane"), "Roe"),
        ("User", "Roe", Value::Null, "Roe"),
    ] {
        let id = org.seed(sobject, json!({"Name": name}));
        let records = org.org.records(sobject);
        let record = records.iter().find(|record| record["Id"] == id.as_str()).unwrap();
        assert_eq!((&record["Name"], &record["FirstName"], &record["LastName"]), (&json!(name), &first, &json!(last)));
    }
    let id = org.seed("Contact", json!({"Name": "J. Roe", "FirstName": "Jane", "LastName": "Roe"}));
    assert_eq!(org.get(&data(&format!("sobjects/Contact/{id}"))).await.body["Name"], "J. Roe");
}

/// Seeds an Account and asserts that it is a Person Account with these names.
async fn person(body: Value, name: &str, first: Value, last: &str) {
    let org = Client::with(json!({"person_accounts": true}));
    let types = org.org.records("RecordType");
    let person_type = types.iter().find(|record| record["IsPersonType"] == true).unwrap()["Id"].clone();
    let mut with_type = body.clone();
    with_type["RecordTypeId"] = person_type.clone();
    for body in [body, with_type] {
        let answer = org.post("/_sandbox/records/Account", body.clone()).await;
        assert_eq!(answer.status, 201, "{body}: {}", answer.body);
        let (account, contact) = (org.only("Account"), org.only("Contact"));
        for record in [&account, &contact] {
            assert_eq!(record["IsPersonAccount"], true);
            assert_eq!(record["Phone"], "+33612345678");
            let names = (&record["Name"], &record["FirstName"], &record["LastName"]);
            assert_eq!(names, (&json!(name), &first, &json!(last)));
        }
        assert_eq!((&account["RecordTypeId"], &account["PersonContactId"]), (&person_type, &contact["Id"]));
        assert_eq!(
            (&account["PersonMobilePhone"], &contact["MobilePhone"]),
            (&body["PersonMobilePhone"], &body["PersonMobilePhone"])
        );
        org.delete("/_sandbox/records/Account").await;
        assert!(org.org.records("Contact").is_empty(), "the Contact is removed with its Account");
    }
}

#[tokio::test]
async fn a_person_account_is_recognised_by_flag_record_type_or_last_name() {
    let phone = "+33612345678";
    person(json!({"IsPersonAccount": true, "Name": "Jane Roe", "Phone": phone}), "Jane Roe", json!("Jane"), "Roe")
        .await;
    let names = json!({"IsPersonAccount": true, "FirstName": "Jane", "LastName": "Roe", "Phone": phone,
        "PersonMobilePhone": "0612345679"});
    person(names, "Jane Roe", json!("Jane"), "Roe").await;
    let all = json!({"IsPersonAccount": true, "Name": "Jane Roe", "FirstName": "Jane", "LastName": "Roe",
        "Phone": phone});
    person(all, "Jane Roe", json!("Jane"), "Roe").await;
    person(json!({"LastName": "Roe", "Phone": phone}), "Roe", Value::Null, "Roe").await;
    person(json!({"Name": "Jane Roe", "LastName": "Roe", "Phone": phone}), "Jane Roe", json!("Jane"), "Roe").await;
}

#[tokio::test]
async fn a_business_account_is_not_a_person_account() {
    let org = Client::with(json!({"person_accounts": true}));
    org.seed("Account", json!({"Name": "Acme", "IsPersonAccount": false}));
    let account = org.only("Account");
    assert_eq!((&account["IsPersonAccount"], &account["RecordTypeId"]), (&json!(false), &Value::Null));
    assert!(org.org.records("Contact").is_empty());
}

#[tokio::test]
async fn without_person_accounts_the_error_names_the_option() {
    let org = Client::new();
    let why = |field: &str| {
        format!(
            "INVALID_FIELD: No such column '{field}' on sobject of type Account: this org has no Person Accounts; \
             PUT {{\"person_accounts\": true}} to /_sandbox/options"
        )
    };
    refused(&org, "Account", json!({"IsPersonAccount": true, "Name": "Roe"}), &why("IsPersonAccount")).await;
    refused(&org, "Account", json!({"LastName": "Roe"}), &why("LastName")).await;
}

#[tokio::test]
async fn a_seeded_opportunity_with_a_contact_has_a_contact_role() {
    let org = Client::new();
    let contact = org.seed("Contact", json!({"LastName": "Roe"}));
    let deal = org.seed("Opportunity", json!({"Name": "Deal", "ContactId": contact}));
    let role = org.only("OpportunityContactRole");
    assert_eq!((&role["OpportunityId"], &role["ContactId"]), (&json!(deal), &json!(contact)));
    let other = org.seed("Contact", json!({"LastName": "Doe"}));
    org.seed("OpportunityContactRole", json!({"OpportunityId": deal, "ContactId": other, "IsPrimary": false}));
    assert_eq!(org.org.records("OpportunityContactRole").len(), 2);
}

#[tokio::test]
async fn given_system_fields_are_stored() {
    let org = Client::new();
    let owner = org.seed("User", json!({"Name": "Robin Rep"}));
    for (sobject, id) in
        [("Case", "500000000000001AAA"), ("Lead", "00Q000000000001EAA"), ("Task", "00T000000000001EAA")]
    {
        let given = json!({"Id": id, "OwnerId": owner, "CreatedDate": "2025-01-02T03:04:05.000+0000",
            "LastModifiedDate": "2026-01-02T03:04:05.000+0000", "IsDeleted": true});
        assert_eq!(org.seed(sobject, given.clone()), id);
        let record = org.only(sobject);
        for (field, value) in given.as_object().unwrap() {
            assert_eq!(&record[field], value, "{sobject}.{field}");
        }
        assert_eq!(record["SystemModstamp"], given["LastModifiedDate"]);
    }
}

/// Seeds a record and asserts whether it is closed, and its status.
#[track_caller]
fn closed(sobject: &str, body: Value, closed: bool, status: &str) {
    let org = Client::new();
    org.seed(sobject, body);
    let record = org.only(sobject);
    let field = if sobject == "Opportunity" { "StageName" } else { "Status" };
    assert_eq!((&record["IsClosed"], &record[field]), (&json!(closed), &json!(status)), "{record}");
}

#[test]
fn is_closed_and_status_imply_each_other() {
    closed("Case", json!({"Status": "Closed"}), true, "Closed");
    closed("Case", json!({"IsClosed": true}), true, "Closed");
    closed("Case", json!({"IsClosed": true, "Status": "Solved"}), true, "Solved");
    closed("Case", json!({"IsClosed": false}), false, "New");
    closed("Opportunity", json!({"StageName": "Closed Won"}), true, "Closed Won");
    closed("Opportunity", json!({"IsClosed": true}), true, "Closed Lost");
    closed("Opportunity", json!({"IsClosed": true, "StageName": "Signed"}), true, "Signed");
    closed("Opportunity", json!({"IsClosed": false, "StageName": "Prospecting"}), false, "Prospecting");
    closed("Task", json!({"Status": "Completed"}), true, "Completed");
    closed("Task", json!({"IsClosed": true}), true, "Completed");
}

#[tokio::test]
async fn deleted_records_are_listed_on_request() {
    let org = Client::new();
    let deleted = org.seed("Contact", json!({"LastName": "Roe", "IsDeleted": true}));
    let kept = org.seed("Contact", json!({"LastName": "Doe"}));
    let ids = |body: &Value| crate::client::column(body, "Id");
    assert_eq!(ids(&org.get("/_sandbox/records/Contact").await.body), std::slice::from_ref(&kept));
    assert_eq!(ids(&org.get("/_sandbox/records/Contact?deleted=true").await.body), [deleted, kept]);
}

#[tokio::test]
async fn users_with_a_grant_are_not_removed() {
    let org = Client::new();
    let rep = org.seed("User", json!({"Name": "Robin Rep"}));
    org.seed("User", json!({"Name": "Gone Soon"}));
    org.org.issue_grant(&rep);
    assert_eq!(org.delete("/_sandbox/records/User").await.status, 204);
    let users = crate::client::column(&json!(org.org.records("User")), "Id");
    assert_eq!(users, [org.org.admin_user_id(), rep]);
    assert_eq!(org.get(&data("limits")).await.status, 200);
    org.seed("User", json!({"Name": "Somebody Else"}));
    org.delete("/_sandbox/records").await;
    assert_eq!(org.org.records("User").len(), 3, "removing all records keeps users");
    // Remaining records can still be found by id.
    assert_eq!(org.get(&data(&format!("sobjects/User/{}", org.org.admin_user_id()))).await.status, 200);
}

#[tokio::test]
async fn an_orgs_setup_cannot_be_removed() {
    let org = Client::new();
    for sobject in ["RecordType", "Organization", "TaskStatus"] {
        let before = org.org.records(sobject);
        let refused = org.delete(&format!("/_sandbox/records/{sobject}")).await;
        let why = format!("{sobject} is part of the org's setup and stays");
        assert_eq!((refused.status, refused.body), (405, json!({"error": why})));
        assert_eq!(org.org.records(sobject), before);
    }
}

#[tokio::test]
async fn removing_contacts_keeps_those_of_person_accounts() {
    let org = Client::with(json!({"person_accounts": true}));
    org.seed("Account", json!({"LastName": "Roe"}));
    org.seed("Contact", json!({"LastName": "Doe"}));
    org.delete("/_sandbox/records/Contact").await;
    assert_eq!(org.only("Contact")["Id"], org.only("Account")["PersonContactId"]);
}

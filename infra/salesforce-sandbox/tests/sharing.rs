//! Sharing: which records of others a user without View All Data finds.

use serde_json::{Value, json};

use crate::{
    client::{Client, column, data},
    permissions::{assigned, log_in},
};

const OBJECTS: [&str; 5] = ["Contact", "Lead", "Account", "Case", "Opportunity"];

/// Seeds a record of each object, and a Contact without an Account, for an owner.
fn seed(org: &Client, owner: &str) {
    let account = org.seed("Account", json!({"Name": "Acme", "Phone": "0612345678", "OwnerId": owner}));
    let person = json!({"LastName": "Roe", "Company": "Acme", "Phone": "0612345678", "OwnerId": owner});
    org.seed("Lead", person);
    org.seed("Contact", json!({"LastName": "Roe", "AccountId": account, "Phone": "0612345678", "OwnerId": owner}));
    org.seed("Contact", json!({"LastName": "Private", "Phone": "0612345678", "OwnerId": owner}));
    org.seed("Case", json!({"Subject": "Help", "OwnerId": owner}));
    let deal = json!({"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-12-01", "OwnerId": owner});
    org.seed("Opportunity", deal);
}

/// An org with the records of the admin and those of the standard user, as which the client is signed in.
fn org(options: Value) -> Client {
    let org = Client::with(options);
    let me = org.org.standard_user_id().unwrap();
    seed(&org, &org.org.admin_user_id());
    seed(&org, &me);
    log_in(&org, &me)
}

fn private() -> Client {
    org(json!({"sharing": "private", "view_all_data": false}))
}

/// The number of records of each object that a query finds.
async fn counts(org: &Client) -> [u64; 5] {
    let mut counts = [0; 5];
    for (count, sobject) in counts.iter_mut().zip(OBJECTS) {
        *count = org.query(&format!("SELECT COUNT() FROM {sobject}")).await.body["totalSize"].as_u64().unwrap();
    }
    counts
}

#[tokio::test]
async fn a_user_who_may_view_all_data_finds_the_records_of_all() {
    for options in [json!({}), json!({"sharing": "private"})] {
        let org = org(options);
        assert_eq!(counts(&org).await, [4, 2, 2, 2, 2]);
        let found = org.search("FIND {0612345678} IN PHONE FIELDS").await.body["searchRecords"].clone();
        assert_eq!(found.as_array().unwrap().len(), 8);
    }
}

#[tokio::test]
async fn another_user_finds_only_their_own_records_if_sharing_is_private() {
    let org = private();
    let me = org.org.standard_user_id().unwrap();
    assert_eq!(counts(&org).await, [2, 1, 1, 1, 1]);
    for sobject in OBJECTS {
        let rows = org.query(&format!("SELECT OwnerId FROM {sobject}")).await.body["records"].clone();
        assert!(column(&rows, "OwnerId").iter().all(|owner| *owner == me), "{rows}");
    }
    let sosl = "FIND {0612345678} IN PHONE FIELDS RETURNING Contact(OwnerId), Lead(OwnerId), Account(OwnerId)";
    let found = column(&org.search(sosl).await.body["searchRecords"], "OwnerId");
    assert_eq!(found, [me.as_str(); 4]);
    let parameters = json!({"q": "0612345678", "in": "PHONE", "fields": ["OwnerId"],
        "sobjects": [{"name": "Contact"}, {"name": "Lead"}]});
    let found = org.post(&data("parameterizedSearch"), parameters).await.body;
    assert_eq!(column(&found["searchRecords"], "OwnerId"), [me.as_str(); 3]);
    let children = org.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account").await.body;
    assert_eq!(children["records"][0]["Contacts"]["totalSize"], 1);
}

#[tokio::test]
async fn a_record_of_others_does_not_exist_for_them() {
    let org = private();
    let me = json!(org.org.standard_user_id());
    for sobject in OBJECTS {
        for record in org.org.records(sobject) {
            let id = record["Id"].as_str().unwrap();
            let read = org.get(&data(&format!("sobjects/{sobject}/{id}"))).await;
            let retrieved = org.get(&data(&format!("composite/sobjects/{sobject}?ids={id}&fields=Id"))).await.body;
            if record["OwnerId"] == me {
                assert_eq!((read.status, retrieved[0].is_null()), (200, false));
            } else {
                assert_eq!((read.status, read.code(), retrieved[0].is_null()), (404, "NOT_FOUND", true));
            }
        }
    }
}

#[tokio::test]
async fn a_contact_without_an_account_is_private_whatever_the_sharing_is() {
    let org = org(json!({"view_all_data": false}));
    assert_eq!(counts(&org).await, [3, 2, 2, 2, 2]);
    let private = org.query("SELECT OwnerId FROM Contact WHERE AccountId = null").await.body;
    assert_eq!(column(&private["records"], "OwnerId"), [org.org.standard_user_id().unwrap()]);
    // The admin does not see that of the standard user either, as the option binds every user.
    let admin = log_in(&org, &org.org.admin_user_id());
    assert_eq!(counts(&admin).await[0], 3);
}

#[tokio::test]
async fn a_record_of_others_can_neither_be_changed_nor_referred_to() {
    let org = private();
    let theirs = json!(org.org.admin_user_id());
    let contact = org.org.records("Contact").into_iter().find(|contact| contact["OwnerId"] == theirs).unwrap();
    let row = data(&format!("sobjects/Contact/{}", contact["Id"].as_str().unwrap()));
    let refused = [
        org.patch(&row, json!({"Phone": "1"})).await,
        org.delete(&row).await,
        org.create("Task", json!({"WhoId": contact["Id"]})).await,
    ];
    for answer in refused {
        assert_eq!((answer.status, answer.code()), (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"));
    }
    // One that is created for somebody else is out of reach as well.
    let given_away = org.create("Lead", json!({"LastName": "Doe", "Company": "Acme", "OwnerId": theirs})).await.id();
    assert_eq!(org.get(&data(&format!("sobjects/Lead/{given_away}"))).await.status, 404);
}

async fn access(org: &Client) -> [Value; 2] {
    let soql = "SELECT PermissionsViewAllData, PermissionsModifyAllData FROM UserPermissionAccess";
    let row = org.query(soql).await.body["records"][0].clone();
    [row["PermissionsViewAllData"].clone(), row["PermissionsModifyAllData"].clone()]
}

#[tokio::test]
async fn user_permission_access_tells_whether_the_user_may_view_all_data() {
    let org = Client::with(json!({"sharing": "private"}));
    assert_eq!(access(&org).await, [true, true]);
    org.set(json!({"view_all_data": false})).await;
    assert_eq!(access(&org).await, [false, false]);
    let profile = org.query("SELECT PermissionsViewAllData FROM Profile").await.body;
    assert_eq!(column(&profile["records"], "PermissionsViewAllData"), ["false", "false"]);
    assigned(&org, &org.org.admin_user_id(), json!({"PermissionsViewAllData": true})).await;
    assert_eq!(access(&org).await, [true, true]);
    org.seed("Lead", json!({"LastName": "Roe", "Company": "Acme", "OwnerId": org.org.standard_user_id()}));
    assert_eq!(counts(&org).await[1], 1);
}

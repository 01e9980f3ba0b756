//! Hidden and read-only fields, and hidden objects.

use serde_json::{Value, json};

use crate::client::{Client, Response, column, data};

#[tokio::test]
async fn a_hidden_field_is_treated_as_missing() {
    let org = Client::with(json!({"hidden_fields": ["Task.CallDisposition", "Task.Aircall_Key__c"]}));
    let answer = org.create("Task", json!({"CallDisposition": "vip"})).await;
    let message = "No such column 'CallDisposition' on sobject of type Task";
    assert_eq!((answer.status, answer.code(), answer.message()), (400, "INVALID_FIELD", message));
    let read = org.query("SELECT CallDisposition FROM Task").await;
    assert_eq!(read.code(), "INVALID_FIELD");
    assert!(read.message().contains("No such column 'CallDisposition' on entity 'Task'."));
    let description = org.get(&data("sobjects/Task/describe")).await.body;
    assert!(column(&description["fields"], "name").iter().all(|name| name != "CallDisposition"));
    let upsert = org.patch(&data("sobjects/Task/Aircall_Key__c/call-1"), json!({})).await;
    assert_eq!((upsert.status, upsert.code()), (404, "NOT_FOUND"));
    let record = json!({"attributes": {"type": "Task"}, "CallDisposition": "vip"});
    let plain = json!({"attributes": {"type": "Task"}});
    let collected = org.post(&data("composite/sobjects"), json!({"records": [record, plain]})).await;
    assert_eq!(column(&collected.body, "success"), ["false", "true"]);
    assert_eq!(collected.body[0]["errors"][0]["statusCode"], "INVALID_FIELD");
}

#[tokio::test]
async fn a_read_only_field_can_be_read_but_not_written() {
    let org = Client::with(json!({"read_only_fields": ["task.type"]}));
    org.seed("Task", json!({"Type": "Call"}));
    let answer = org.create("Task", json!({"Type": "Call"})).await;
    assert_eq!((answer.code(), &answer.body[0]["fields"]), ("INVALID_FIELD_FOR_INSERT_UPDATE", &json!(["Type"])));
    assert!(answer.message().starts_with("Unable to create/update fields: Type. Please check the security settings"));
    assert_eq!(column(&org.query("SELECT Type FROM Task").await.body["records"], "Type"), ["Call"]);
    let description = org.get(&data("sobjects/Task/describe")).await.body;
    let field = description["fields"].as_array().unwrap().iter().find(|field| field["name"] == "Type").unwrap().clone();
    assert_eq!((&field["createable"], &field["updateable"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn an_encrypted_field_can_be_searched_but_not_filtered() {
    let org = Client::with(json!({"unfilterable_fields": ["contact.Phone"]}));
    let account = org.seed("Account", json!({"Name": "Acme", "Phone": "0612345678"}));
    let contact = json!({"LastName": "Roe", "Phone": "0612345678", "MobilePhone": "0712345678", "AccountId": account});
    let contact = org.seed("Contact", contact);
    org.seed("OpportunityContactRole", json!({"ContactId": contact}));
    for soql in [
        "SELECT Id FROM Contact WHERE Phone = '0612345678'",
        "SELECT Id FROM Contact WHERE MobilePhone = '1' OR (LastName = 'Roe' AND Phone IN ('0612345678'))",
        "SELECT COUNT() FROM Contact WHERE NOT Phone LIKE '06%'",
        "SELECT Id FROM OpportunityContactRole WHERE Contact.Phone = null",
        "SELECT Id, (SELECT Id FROM Contacts WHERE Phone = '1') FROM Account",
    ] {
        let words = "field 'Phone' can not be filtered in a query call";
        let answer = org.query(soql).await;
        assert_eq!((answer.status, answer.code(), answer.message()), (400, "INVALID_FIELD", words), "{soql}");
    }
    let sorted = org.query("SELECT Id FROM Contact ORDER BY Phone").await;
    assert_eq!(sorted.message(), "field 'Phone' can not be sorted in a query call");
    for soql in [
        "SELECT Phone FROM Contact WHERE MobilePhone = '0712345678'",
        "SELECT Phone FROM Account WHERE Phone = '0612345678'",
    ] {
        assert_eq!(column(&org.query(soql).await.body["records"], "Phone"), ["0612345678"], "{soql}");
    }
    let found = org.search("FIND {0612345678} IN PHONE FIELDS RETURNING Contact(Phone)").await.body;
    assert_eq!(column(&found["searchRecords"], "Phone"), ["0612345678"]);
    let description = org.get(&data("sobjects/Contact/describe")).await.body;
    let filterable = |name: &str| {
        let fields = description["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap()["filterable"].clone()
    };
    assert_eq!((filterable("Phone"), filterable("MobilePhone")), (json!(false), json!(true)));
}

/// An org in which Leads are hidden, and the id of a Lead.
fn without_leads() -> (Client, String) {
    let org = Client::with(json!({"hidden_objects": ["Lead"]}));
    let lead = org.seed("Lead", json!({"LastName": "Roe", "Company": "Example", "Phone": "0612345678"}));
    (org, lead)
}

#[track_caller]
fn refused(answer: &Response, status: u16, code: &str, words: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.body);
    assert!(answer.message().contains(words), "{}", answer.message());
}

#[tokio::test]
async fn a_hidden_object_cannot_be_queried_or_searched() {
    let (org, _) = without_leads();
    let words = "sObject type 'Lead' is not supported.";
    refused(&org.query("SELECT Id FROM Lead").await, 400, "INVALID_TYPE", words);
    let inner = "SELECT Id FROM Contact WHERE Id IN (SELECT ConvertedContactId FROM Lead)";
    refused(&org.query(inner).await, 400, "INVALID_TYPE", words);
    let find = "FIND {0612345678} IN PHONE FIELDS";
    refused(&org.search(&format!("{find} RETURNING Contact(Id), Lead(Id)")).await, 400, "INVALID_TYPE", words);
    assert_eq!(org.search(find).await.body["searchRecords"], json!([]));
    let parameters = json!({"q": "0612345678", "sobjects": [{"name": "Lead"}]});
    refused(&org.post(&data("parameterizedSearch"), parameters).await, 400, "INVALID_TYPE", words);
    org.set(json!({"hidden_objects": []})).await;
    assert_eq!(org.search(find).await.body["searchRecords"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_resources_of_a_hidden_object_do_not_exist() {
    let (org, lead) = without_leads();
    let row = data(&format!("sobjects/Lead/{lead}"));
    for path in [&data("sobjects/lead"), &data("sobjects/Lead/describe"), &row] {
        refused(&org.get(path).await, 404, "NOT_FOUND", "The requested resource does not exist");
    }
    refused(&org.create("Lead", json!({"LastName": "Roe", "Company": "Example"})).await, 404, "NOT_FOUND", "");
    refused(&org.patch(&row, json!({"Phone": "1"})).await, 404, "NOT_FOUND", "");
    let global = org.get(&data("sobjects")).await.body;
    assert!(column(&global["sobjects"], "name").iter().all(|name| name != "Lead"));
    let record = json!({"attributes": {"type": "Lead"}, "LastName": "Roe", "Company": "Example"});
    let collected = org.post(&data("composite/sobjects"), json!({"records": [record]})).await;
    refused(&collected, 400, "INVALID_TYPE", "sObject type 'Lead' is not supported.");
    let deleted = org.delete(&data(&format!("composite/sobjects?ids={lead}"))).await;
    assert_eq!(deleted.body[0]["success"], Value::Bool(false));
    let task = org.create("Task", json!({"WhoId": lead})).await;
    refused(&task, 400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", &lead[..15]);
    assert_eq!(org.only("Lead")["IsDeleted"], false);
}

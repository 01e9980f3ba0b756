//! Single records: create, read, update, delete, upsert, describe.

use serde_json::json;

use crate::client::{Client, data};

#[tokio::test]
async fn a_record_is_created_read_changed_and_deleted() {
    let org = Client::new();
    let created = org.create("Contact/", json!({"FirstName": "Jane", "LastName": " Roe ", "Email": ""})).await;
    let id = created.id();
    assert!(id.starts_with("003") && id.len() == 18);
    let address = data(&format!("sobjects/Contact/{id}"));
    assert_eq!(created.headers["location"], address.as_str());
    assert_eq!(created.body, json!({"id": id, "success": true, "errors": []}));

    let read = org.get(&address).await.body;
    assert_eq!(read["Name"], "Jane Roe");
    assert_eq!((&read["Email"], &read["IsDeleted"]), (&json!(null), &json!(false)));
    assert_eq!(read["OwnerId"], json!(org.org.admin_user_id()));
    assert_eq!(read["attributes"], json!({"type": "Contact", "url": address}));
    let fifteen = org.get(&format!("{}?fields=Name,LastName", &address[..address.len() - 3])).await;
    assert_eq!(fifteen.body["LastName"], "Roe");
    assert_eq!(fifteen.body.as_object().unwrap().len(), 4);

    assert_eq!(org.patch(&address, json!({"Phone": "+33 6 12 34 56 78"})).await.status, 204);
    assert_eq!(org.get(&address).await.body["Phone"], "+33 6 12 34 56 78");
    assert_eq!(org.delete(&address).await.status, 204);
    let gone = org.delete(&address).await;
    assert_eq!((gone.status, gone.code()), (404, "ENTITY_IS_DELETED"));
}

#[tokio::test]
async fn unknown_records_and_resources_are_404() {
    let org = Client::new();
    let other = Client::new();
    let foreign = other.create("Contact", json!({"LastName": "Roe"})).await.id();
    for path in ["sobjects/Nothing", &format!("sobjects/Contact/{foreign}"), "sobjects/Contact/1", "nothing"] {
        let answer = org.get(&data(path)).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{path}");
    }
    assert_eq!(org.put(&data("sobjects/Contact"), json!({})).await.code(), "METHOD_NOT_ALLOWED");
}

/// Creates a record and asserts that it is refused with this error.
async fn check(sobject: &str, body: serde_json::Value, code: &str, message: &str) {
    let org = Client::new();
    let answer = org.create(sobject, body).await;
    assert_eq!((answer.status, answer.code(), answer.message()), (400, code, message));
    assert_eq!(org.org.records(sobject), Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn values_must_fit_their_fields() {
    let long = "é".repeat(256);
    let too_long = format!("Subject: data value too large: {long} (max length=255)");
    check("Task", json!({"Subject": long}), "STRING_TOO_LONG", &too_long).await;
    // An emoji is two UTF-16 code units.
    let emojis = "📞".repeat(128);
    let too_long = format!("Subject: data value too large: {emojis} (max length=255)");
    check("Task", json!({"Subject": emojis}), "STRING_TOO_LONG", &too_long).await;
    Client::new().create("Task", json!({"Subject": "📞".repeat(127)})).await.id();
    check("Task", json!({"Nope": 1}), "INVALID_FIELD", "No such column 'Nope' on sobject of type Task").await;
    let picklist = "Call Type: bad value for restricted picklist field: Sideways";
    check("Task", json!({"CallType": "Sideways"}), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", picklist).await;
    let number = "Call Duration: value outside of valid range on numeric field: 100000000";
    check("Task", json!({"CallDurationInSeconds": 100_000_000}), "NUMBER_OUTSIDE_VALID_RANGE", number).await;
    let email = "Email: invalid email address: jane";
    check("Contact", json!({"LastName": "Roe", "Email": "jane"}), "INVALID_EMAIL_ADDRESS", email).await;
    let id = "Name ID: id value of incorrect type: 003";
    check("Task", json!({"WhoId": "003"}), "MALFORMED_ID", id).await;
    let date = "Cannot deserialize instance of date from VALUE_STRING value tomorrow or request may be missing a \
                required field";
    check("Task", json!({"ActivityDate": "tomorrow"}), "JSON_PARSER_ERROR", date).await;
    let integer =
        "Cannot deserialize instance of int from VALUE_STRING value 5 or request may be missing a required field";
    check("Task", json!({"CallDurationInSeconds": "5"}), "JSON_PARSER_ERROR", integer).await;
}

#[tokio::test]
async fn missing_required_fields_are_named() {
    let missing = |fields: &str| format!("Required fields are missing: [{fields}]");
    check("Contact", json!({}), "REQUIRED_FIELD_MISSING", &missing("LastName")).await;
    check("Lead", json!({"Phone": "1"}), "REQUIRED_FIELD_MISSING", &missing("LastName, Company")).await;
    check("Account", json!({}), "REQUIRED_FIELD_MISSING", &missing("Name")).await;
    check("Opportunity", json!({"Name": "Deal"}), "REQUIRED_FIELD_MISSING", &missing("StageName, CloseDate")).await;
}

#[tokio::test]
async fn required_fields_cannot_be_cleared() {
    let org = Client::new();
    let id = org.seed("Contact", json!({"LastName": "Roe"}));
    let answer = org.patch(&data(&format!("sobjects/Contact/{id}")), json!({"LastName": ""})).await;
    assert_eq!(answer.code(), "REQUIRED_FIELD_MISSING");
}

#[tokio::test]
async fn the_key_is_unique_among_undeleted_records() {
    let org = Client::new();
    let first = org.create("Task", json!({"Aircall_Key__c": "call-1"})).await.id();
    let second = org.create("Task", json!({"Aircall_Key__c": "call-1"})).await;
    assert_eq!(second.code(), "DUPLICATE_VALUE");
    let message = format!("duplicate value found: Aircall_Key__c duplicates value on record with id: {first}");
    assert_eq!(second.message(), message);
    assert_eq!(org.org.records("Task").len(), 1);
    // Keys are case-sensitive.
    org.create("Task", json!({"Aircall_Key__c": "CALL-1"})).await.id();
    let address = data(&format!("sobjects/Task/{first}"));
    assert_eq!(org.patch(&address, json!({"Aircall_Key__c": "CALL-1"})).await.code(), "DUPLICATE_VALUE");
    assert_eq!(org.patch(&address, json!({"Aircall_Key__c": "call-1"})).await.status, 204);
    org.delete(&address).await;
    org.create("Task", json!({"Aircall_Key__c": "call-1"})).await.id();
}

#[tokio::test]
async fn without_the_key_field_its_name_is_unknown() {
    let org = Client::with(json!({"unique_key_field": false}));
    assert_eq!(org.create("Task", json!({"Aircall_Key__c": "call-1"})).await.code(), "INVALID_FIELD");
    let upsert = org.patch(&data("sobjects/Task/Aircall_Key__c/call-1"), json!({})).await;
    assert_eq!((upsert.status, upsert.code()), (404, "NOT_FOUND"));
    let message = "Provided external ID field does not exist or is not accessible: Aircall_Key__c";
    assert_eq!(upsert.message(), message);
    assert_eq!(org.query("SELECT Aircall_Key__c FROM Task").await.code(), "INVALID_FIELD");
}

#[tokio::test]
async fn an_upsert_creates_then_updates() {
    let org = Client::new();
    let address = data("sobjects/Task/Aircall_Key__c/call%2F1+2");
    assert_eq!(org.patch(&format!("{address}?updateOnly=true"), json!({})).await.status, 404);
    let created = org.patch(&address, json!({"Subject": "One"})).await;
    let id = created.id();
    assert_eq!(created.body["created"], true);
    let updated = org.patch(&format!("{address}?updateOnly=true"), json!({"Subject": "Two"})).await;
    assert_eq!((updated.status, &updated.body["id"], &updated.body["created"]), (200, &json!(id), &json!(false)));
    let before = address.replace("v66.0", "v45.0");
    let silent = org.patch(&before, json!({"Subject": "Two"})).await;
    assert_eq!((silent.status, silent.body), (204, json!(null)));
    let record = org.get(&address).await.body;
    assert_eq!((&record["Subject"], &record["Aircall_Key__c"]), (&json!("Two"), &json!("call/1+2")));
    let with_key = org.patch(&address, json!({"Aircall_Key__c": "call/1+2"})).await;
    assert_eq!(with_key.code(), "INVALID_FIELD");
    // An upsert that turns into an update must not set a create-only field.
    assert_eq!(org.patch(&address, json!({"TaskSubtype": "Call"})).await.code(), "INVALID_FIELD_FOR_INSERT_UPDATE");
    assert_eq!(org.delete(&address).await.status, 204);
    assert_eq!(org.get(&address).await.status, 404);
}

#[tokio::test]
async fn an_upsert_that_matches_several_records_returns_300() {
    let org = Client::new();
    let ids = [1, 2].map(|_| org.seed("UpsertTable__c", json!({"ExtId__c": "E1"})));
    let answer = org.patch(&data("sobjects/UpsertTable__c/ExtId__c/E1"), json!({"Name": "x"})).await;
    assert_eq!(answer.status, 300);
    assert_eq!(answer.body, json!(ids.map(|id| data(&format!("sobjects/UpsertTable__c/{id}")))));
}

#[tokio::test]
async fn read_only_fields_cannot_be_written() {
    let org = Client::new();
    for field in ["IsClosed", "AccountId", "CompletedDateTime"] {
        let answer = org.create("Task", json!({field: null})).await;
        assert_eq!(answer.code(), "INVALID_FIELD_FOR_INSERT_UPDATE", "{field}");
        assert_eq!(answer.body[0]["fields"], json!([field]));
        assert!(answer.message().starts_with(&format!("Unable to create/update fields: {field}. Please check")));
    }
    assert_eq!(org.create("Task", json!({"Id": "x"})).await.code(), "INVALID_FIELD_FOR_INSERT_UPDATE");
    assert_eq!(org.create("RecordType", json!({})).await.code(), "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY");
}

#[tokio::test]
async fn describe_matches_the_schema() {
    let org = Client::new();
    let description = org.get(&data("sobjects/task/describe/")).await.body;
    assert_eq!((&description["name"], &description["keyPrefix"]), (&json!("Task"), &json!("00T")));
    let field = |name: &str| {
        description["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap().clone()
    };
    let subtype = field("TaskSubtype");
    assert_eq!((&subtype["createable"], &subtype["updateable"]), (&json!(true), &json!(false)));
    assert_eq!(subtype["restrictedPicklist"], true);
    assert!(subtype["picklistValues"].as_array().unwrap().iter().any(|value| value["value"] == "Call"));
    let key = field("Aircall_Key__c");
    assert_eq!((&key["unique"], &key["externalId"], &key["length"]), (&json!(true), &json!(true), &json!(64)));
    assert_eq!(field("Description")["type"], "textarea");
    assert_eq!(field("WhoId")["referenceTo"], json!(["Contact", "Lead"]));
    let global = org.get(&data("sobjects")).await.body;
    assert!(global["sobjects"].as_array().unwrap().len() > 10);
}

#[tokio::test]
async fn versions_need_no_session_and_everything_else_does() {
    let org = Client { token: "wrong".to_owned(), ..Client::new() };
    let versions = org.get("/services/data").await;
    assert_eq!(versions.status, 200);
    assert!(versions.body.as_array().unwrap().iter().any(|version| version["version"] == "66.0"));
    let refused = org.get(&data("limits")).await;
    assert_eq!((refused.status, refused.code()), (401, "INVALID_SESSION_ID"));
    assert_eq!(refused.message(), "Session expired or invalid");
    assert_eq!(org.get("/services/data/v30.0/limits").await.status, 410);
}

#[tokio::test]
async fn the_body_must_be_json_of_a_known_type() {
    let org = Client::new();
    let xml = [("content-type", "application/xml")];
    let answer = org.send("POST", &data("sobjects/Task"), Some(json!({})), &xml).await;
    // Two content types were sent; the first is JSON.
    assert_eq!(answer.status, 201);
    assert_eq!(org.send("POST", &data("sobjects/Task"), None, &[]).await.code(), "JSON_PARSER_ERROR");
    let long = format!("query?q=SELECT+Id+FROM+Task+WHERE+Subject='{}'", "x".repeat(16_384));
    assert_eq!(org.get(&data(&long)).await.status, 414);
}

#[tokio::test]
async fn a_conditional_update_is_refused_if_the_record_was_modified_later() {
    let org = Client::new();
    let id = org.seed("Task", json!({"Subject": "Call", "LastModifiedDate": "2026-03-01T10:00:00.000+0000"}));
    let path = data(&format!("sobjects/Task/{id}"));
    for (since, status) in [
        ("Sun, 01 Mar 2026 09:59:59 GMT", 412),
        ("yesterday", 400),
        ("Sun, 01 Mar 2026 10:00:00 GMT", 204),
        ("Sun, 01 Mar 2026 10:00:00 GMT", 412),
    ] {
        let answer = org.send("PATCH", &path, Some(json!({"Subject": since})), &[("If-Unmodified-Since", since)]).await;
        assert_eq!(answer.status, status, "{since}: {}", answer.body);
    }
    assert_eq!(org.only("Task")["Subject"], "Sun, 01 Mar 2026 10:00:00 GMT");
}

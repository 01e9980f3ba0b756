//! Error messages in French.

use serde_json::{Value, json};

use crate::client::{Client, data, encode};

/// A request, whose `{contact}` stands for the id of a Contact.
type Step = (&'static str, &'static str, Value);

/// Requests that are refused, or whose answer contains a refusal.
fn refused() -> Vec<Step> {
    let task = |fields: Value| {
        let mut record = fields;
        record["attributes"] = json!({"type": "Task"});
        record
    };
    let node = |reference_id: &str, body: Value| json!({"method": "POST", "referenceId": reference_id, "url": data("sobjects/Task"), "body": body});
    let nodes = || json!([node("one", json!({})), node("two", json!({"Nope": 1}))]);
    vec![
        ("POST", "sobjects/Contact", json!({})),
        ("POST", "sobjects/Task", json!({"Nope": 1})),
        ("POST", "sobjects/Task", json!({"Subject": "x".repeat(256)})),
        ("POST", "sobjects/Task", json!({"CallType": "Sideways"})),
        ("POST", "sobjects/Task", json!({"IsClosed": true})),
        ("POST", "sobjects/Task", json!({"CallDurationInSeconds": "5"})),
        ("POST", "sobjects/Task", json!({"WhoId": "{contact}"})),
        ("POST", "sobjects/Task", json!({"Aircall_Key__c": "call-1"})),
        ("PATCH", "sobjects/Contact/{contact}", json!({"Phone": "1"})),
        ("GET", "sobjects/Nope", Value::Null),
        ("GET", "nothing", Value::Null),
        ("PUT", "sobjects/Contact", json!({})),
        ("GET", "query?q=SELECT+Nope+FROM+Contact", Value::Null),
        ("GET", "query?q=SELECT+Id+FROM+Nope", Value::Null),
        ("GET", "query?q=SELECT+Id+Contact", Value::Null),
        ("GET", "query?q=SELECT+Id+FROM+Contact+WHERE+Description='x'", Value::Null),
        ("GET", "search?q=FIND+{x}", Value::Null),
        (
            "POST",
            "composite/sobjects",
            json!({"allOrNone": true, "records": [task(json!({})), task(json!({"Nope": 1}))]}),
        ),
        ("POST", "composite", json!({"allOrNone": true, "compositeRequest": nodes()})),
        ("POST", "composite/graph", json!({"graphs": [{"graphId": "g", "compositeRequest": nodes()}]})),
    ]
}

/// Removes the messages of all errors from a body, and returns them.
fn take_messages(body: &mut Value) -> Vec<String> {
    match body {
        Value::Array(items) => items.iter_mut().flat_map(take_messages).collect(),
        Value::Object(fields) => {
            let own = fields.remove("message").and_then(|message| message.as_str().map(ToOwned::to_owned));
            own.into_iter().chain(fields.values_mut().flat_map(take_messages)).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn messages_are_french_and_codes_and_fields_stay() {
    let org = Client::new();
    org.seed("Task", json!({"Aircall_Key__c": "call-1"}));
    let contact = org.seed("Contact", json!({"LastName": "Roe", "IsDeleted": true}));
    for (method, path, body) in refused() {
        let path = data(&path.replace("{contact}", &contact)).replace("{x}", &encode("{x}"));
        let body = Some(body).filter(|body| !body.is_null());
        let body: Option<Value> =
            body.map(|body| serde_json::from_str(&body.to_string().replace("{contact}", &contact)).unwrap());
        let mut answers = Vec::new();
        for language in ["en", "fr"] {
            org.set(json!({"language": language})).await;
            let answer = org.send(method, &path, body.clone(), &[]).await;
            answers.push((answer.status, answer.body));
        }
        let [english, french] = [0, 1].map(|at| take_messages(&mut answers[at].1));
        assert_eq!(answers[0], answers[1], "{path}");
        assert!(!english.is_empty() && english.len() == french.len(), "{path}: {english:?}, {french:?}");
        for (english, french) in english.iter().zip(&french) {
            assert_ne!(english, french);
            assert!(!french.starts_with("Une erreur"), "{english}");
        }
    }
}

#[tokio::test]
async fn a_french_org_says_what_is_wrong_in_french() {
    let org = Client::with(json!({"language": "fr"}));
    let first = org.create("Task", json!({"Aircall_Key__c": "call-1"})).await.id();
    let second = org.create("Task", json!({"Aircall_Key__c": "call-1"})).await;
    let words =
        format!("valeur en double trouvée : Aircall_Key__c duplique la valeur de l'enregistrement avec l'ID : {first}");
    assert_eq!((second.code(), second.message()), ("DUPLICATE_VALUE", words.as_str()));
    let query = org.query("SELECT Nope FROM Contact").await;
    let end = "\nERREUR à Ligne:1:Colonne:8\nAucune colonne 'Nope' dans l'entité 'Contact'. Si vous tentez";
    assert!(query.message().contains(end), "{}", query.message());
    // A sentence without a translation says only which error it is.
    let ids = vec!["003000000000000AAA"; 201].join(",");
    let deleted = org.delete(&data(&format!("composite/sobjects?ids={ids}"))).await;
    assert!(deleted.message().starts_with("limite d'enregistrements"), "{}", deleted.body);
    let unknown = org.get(&data("parameterizedSearch?q=roe&in=NOWHERE")).await;
    assert_eq!(unknown.message(), "Une erreur est survenue : INVALID_SEARCH_SCOPE");
    let stranger = Client { org: org.org.clone(), token: "wrong".to_owned() };
    let expired = stranger.get(&data("limits")).await;
    assert_eq!((expired.code(), expired.message()), ("INVALID_SESSION_ID", "La session a expiré ou n'est pas valide"));
}

#[tokio::test]
async fn the_words_of_an_admin_and_of_a_fault_stay() {
    let rule = json!({"sobject": "Task", "field": "Subject", "equals": null, "message": "Say what it was about"});
    let org = Client::with(json!({"language": "fr", "validation_rules": [rule]}));
    assert_eq!(org.create("Task", json!({})).await.message(), "Say what it was about");
    let error = json!({"code": "UNABLE_TO_LOCK_ROW", "message": "entity is deleted"});
    org.post("/_sandbox/faults", json!({"record": {"sobject": "Task"}, "error": error})).await;
    assert_eq!(org.create("Task", json!({"Subject": "Call"})).await.message(), "entity is deleted");
    // Seeding is not Salesforce's.
    let seeded = org.post("/_sandbox/records/Task", json!({"Nope": 1})).await;
    assert!(seeded.body["error"].as_str().unwrap().contains("No such column"), "{}", seeded.body);
}

#[tokio::test]
async fn the_message_of_a_duplicate_rule_is_french_in_its_result_too() {
    let rule = json!({"sobject": "Lead", "fields": ["Phone"], "action": "alert"});
    let org = Client::with(json!({"language": "fr", "duplicate_rules": [rule]}));
    let lead = json!({"LastName": "Roe", "Company": "Acme", "Phone": "0612345678"});
    org.seed("Lead", lead.clone());
    let refused = org.create("Lead", lead).await;
    assert_eq!(refused.message(), "Utiliser l'un de ces enregistrements ?");
    assert_eq!(refused.body[0]["duplicateResult"]["errorMessage"], refused.body[0]["message"]);
}

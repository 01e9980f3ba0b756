//! SOSL and parameterized search.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, column, data, encode};

/// Asserts whether searching for a phone number finds a stored one.
#[track_caller]
fn check(stored: &str, searched: &str, found: bool) -> impl Future<Output = ()> {
    let (stored, searched) = (stored.to_owned(), searched.to_owned());
    async move {
        let org = Client::new();
        org.seed("Contact", json!({"LastName": "Roe", "OtherPhone": stored}));
        let body = org.search(&format!("FIND {{{searched}}} IN PHONE FIELDS RETURNING Contact(Id)")).await.body;
        let records = body["searchRecords"].as_array().unwrap_or_else(|| panic!("{body}"));
        assert_eq!(!records.is_empty(), found, "{searched} in {stored}");
    }
}

#[tokio::test]
async fn phone_numbers_match_as_a_whole_in_any_format() {
    check("+33 6 12 34 56 78", "33612345678", true).await;
    check("+33 6 12 34 56 78", r"\+33612345678", true).await;
    check("06 12 34 56 78", "0612345678", true).await;
    check("(415) 555-0132", "4155550132", true).await;
    check("415.555.0132", "\"4155550132\"", true).await;
    check("+33612345678", "612345678", false).await;
    check("+33612345678", "0612345678", false).await;
    check("+33612345678", "336123*", true).await;
}

#[tokio::test]
async fn every_phone_field_is_searched_including_fax() {
    let org = Client::new();
    for field in ["Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone", "Fax"] {
        org.seed("Contact", json!({"LastName": field, field: "+33 6 12 34 56 78"}));
    }
    org.seed("Contact", json!({"LastName": "33612345678", "Description": "33612345678"}));
    let body = org.search("FIND {33612345678} IN PHONE FIELDS RETURNING Contact(LastName)").await.body;
    assert_eq!(column(&body["searchRecords"], "LastName").len(), 6);
}

#[tokio::test]
async fn one_search_finds_many_phone_numbers_and_objects() {
    let org = Client::new();
    let contact =
        |name: &str, date: &str| json!({"LastName": name, "Phone": "+1 (415) 555-0132", "LastModifiedDate": date});
    org.seed("Contact", contact("Old", "2026-01-01T00:00:00Z"));
    org.seed("Contact", contact("New", "2026-01-02T00:00:00Z"));
    org.seed("Lead", json!({"LastName": "Lead", "Company": "Acme", "Phone": "0612345678"}));
    org.seed("Lead", json!({"LastName": "Done", "Company": "Acme", "Phone": "0612345678", "IsConverted": true}));
    org.seed("Account", json!({"Name": "Acme", "Phone": "0612345678"}));
    let sosl = "FIND {\"14155550132\" OR \"0612345678\"} IN PHONE FIELDS RETURNING \
        Contact(Id, LastName ORDER BY LastModifiedDate DESC LIMIT 1), Lead(LastName WHERE IsConverted = false), Account(Name)";
    let records = org.search(sosl).await.body["searchRecords"].clone();
    let types: Vec<&str> =
        records.as_array().unwrap().iter().map(|row| row["attributes"]["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["Contact", "Lead", "Account"]);
    assert_eq!((&records[0]["LastName"], &records[1]["LastName"]), (&json!("New"), &json!("Lead")));
    let unfiltered = org.search("FIND {0612345678} IN PHONE FIELDS RETURNING Lead").await.body;
    assert_eq!(unfiltered["searchRecords"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn names_and_emails_are_searched_by_word() {
    let org = Client::new();
    let body = json!({"FirstName": "Jane", "LastName": "O'Brien", "Email": "jane@example.com", "Title": "Buyer"});
    org.seed("Contact", body);
    let hits = |sosl: &'static str| {
        let org = &org;
        async move { org.search(sosl).await.body["searchRecords"].as_array().unwrap().len() }
    };
    assert_eq!(hits("FIND {jane o\\'brien} IN NAME FIELDS RETURNING Contact").await, 1);
    assert_eq!(hits("FIND {brien AND NOT jane} IN NAME FIELDS RETURNING Contact").await, 0);
    assert_eq!(hits("FIND {jane@example.com} IN EMAIL FIELDS RETURNING Contact").await, 1);
    assert_eq!(hits("FIND {buyer} IN NAME FIELDS RETURNING Contact").await, 0);
    assert_eq!(hits("FIND {buyer} RETURNING Contact").await, 1);
    assert_eq!(hits("FIND {buy*}").await, 1);
}

#[tokio::test]
async fn sosl_has_the_index_lag_and_soql_does_not() {
    let org = Client::with(json!({"index_lag_ms": 60_000}));
    let seeded = json!({"LastName": "Seeded", "Phone": "0612345678"});
    org.post("/_sandbox/records/Contact", seeded.clone()).await.id();
    assert_eq!(org.post("/_sandbox/records/Contact?index_lag=true", seeded).await.status, 201);
    org.create("Contact", json!({"LastName": "New", "Phone": "0612345678"})).await.id();
    let find = "FIND {0612345678} IN PHONE FIELDS RETURNING Contact(LastName)";
    assert_eq!(column(&org.search(find).await.body["searchRecords"], "LastName"), ["Seeded"]);
    let soql = org.query("SELECT COUNT() FROM Contact WHERE Phone = '0612345678'").await.body;
    assert_eq!(soql["totalSize"], 3);
    org.set(json!({"index_lag_ms": 20})).await;
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(org.search(find).await.body["searchRecords"].as_array().unwrap().len(), 3);
    // A changed phone number is indexed again; a change of another field is not.
    org.set(json!({"index_lag_ms": 60_000})).await;
    let id = org.org.records("Contact")[0]["Id"].as_str().unwrap().to_owned();
    let address = data(&format!("sobjects/Contact/{id}"));
    org.patch(&address, json!({"FirstName": "Sue", "Phone": "0612345678"})).await;
    assert_eq!(column(&org.search(find).await.body["searchRecords"], "LastName"), ["Seeded"]);
    org.patch(&address, json!({"Phone": "0700000000"})).await;
    let new = org.search("FIND {0700000000} IN PHONE FIELDS RETURNING Contact(LastName)").await.body;
    assert_eq!(new["searchRecords"], json!([]));
}

#[tokio::test]
async fn a_person_account_is_found_as_contact_and_as_account() {
    let org = Client::with(json!({"person_accounts": true}));
    org.seed("Account", json!({"LastName": "Roe", "PersonMobilePhone": "0612345678"}));
    let sosl = "FIND {0612345678} IN PHONE FIELDS RETURNING Contact(IsPersonAccount), Account(IsPersonAccount, PersonContactId)";
    let records = org.search(sosl).await.body["searchRecords"].clone();
    assert_eq!(column(&records, "IsPersonAccount"), ["true", "true"]);
    assert_eq!(records[1]["PersonContactId"], org.only("Contact")["Id"]);
}

#[tokio::test]
async fn invalid_searches_are_refused() {
    let org = Client::new();
    let cases = [
        ("FIND {415-555} IN PHONE FIELDS", "MALFORMED_SEARCH", "ERROR at Row:1:Column:10\nMalformed search token: -"),
        ("FIND {x} IN PHONE FIELDS", "MALFORMED_SEARCH", "longer than one character"),
        ("FIND {name} IN ALL TYPE", "MALFORMED_SEARCH", "unexpected token: 'TYPE'"),
        ("FIND {name} IN SOME FIELDS", "MALFORMED_SEARCH", "Malformed search token: SOME"),
        ("FIND {name", "MALFORMED_SEARCH", "no closing brace"),
        ("SELECT Id FROM Contact", "MALFORMED_SEARCH", "unexpected token: SELECT"),
        ("FIND {name} RETURNING Nope(Id)", "INVALID_TYPE", "sObject type 'Nope' is not supported"),
        ("FIND {name} RETURNING Contact(Nope)", "INVALID_FIELD", "No such column 'Nope' on entity 'Contact'"),
        ("FIND {name} LIMIT 2001", "MALFORMED_SEARCH", "Maximum SOSL limit"),
    ];
    for (sosl, code, part) in cases {
        let answer = org.search(sosl).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{sosl}");
        assert!(answer.message().contains(part), "{sosl}: {}", answer.message());
    }
}

#[tokio::test]
async fn long_search_strings_ignore_operators() {
    let org = Client::new();
    org.seed("Contact", json!({"LastName": "Roe", "Phone": "33612345678"}));
    let find = |count: usize| {
        let numbers = (0..count).map(|at| format!("\"{}\"", 33_612_345_678_usize + at)).collect::<Vec<_>>();
        format!("FIND {{{}}} IN PHONE FIELDS RETURNING Contact(Id)", numbers.join(" OR "))
    };
    let hits = |body: Value| body["searchRecords"].as_array().unwrap().len();
    assert_eq!(hits(org.search(&find(200)).await.body), 1);
    assert_eq!(hits(org.search(&find(260)).await.body), 0);
}

#[tokio::test]
async fn an_overall_limit_is_distributed_over_the_objects() {
    let org = Client::new();
    for _ in 0..5 {
        org.seed("Contact", json!({"LastName": "Roe", "Phone": "0612345678"}));
    }
    org.seed("Account", json!({"Name": "Acme", "Phone": "0612345678"}));
    let sosl = "FIND {0612345678} IN PHONE FIELDS RETURNING Contact(LastName), Account(Name) LIMIT 4";
    let records = org.search(sosl).await.body["searchRecords"].clone();
    assert_eq!(column(&records, "Name").iter().filter(|name| *name == "\"Acme\"" || *name == "Acme").count(), 1);
    assert_eq!(records.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_search_is_cut_off_at_250_of_each_of_several_objects_and_at_2000_in_all() {
    let org = Client::new();
    for n in 0..2_001 {
        org.seed(
            "Contact",
            json!({"LastName": "Roe", "Phone": "0612345678", "LastModifiedDate": "2026-01-01T00:00:00Z"}),
        );
        if n < 251 {
            org.seed("Lead", json!({"LastName": "Roe", "Company": "Acme", "Phone": "0612345678"}));
        }
    }
    let latest = json!({"LastName": "Doe", "Phone": "0712345678", "LastModifiedDate": "2026-01-02T00:00:00Z"});
    org.seed("Contact", latest);
    let found = async |objects: &str| {
        let sosl = format!("FIND {{0612345678 OR 0712345678}} IN PHONE FIELDS RETURNING {objects}");
        let records = org.search(&sosl).await.body["searchRecords"].as_array().unwrap().clone();
        let of = |name: &str| records.iter().filter(|row| row["attributes"]["type"] == name).count();
        (of("Contact"), of("Lead"), records.iter().filter(|row| row["LastName"] == "Doe").count())
    };
    // The order does not bring back what was cut off.
    assert_eq!(found("Contact(LastName ORDER BY LastModifiedDate DESC)").await, (2_000, 0, 0));
    assert_eq!(found("Contact(LastName ORDER BY LastModifiedDate DESC), Lead(LastName)").await, (250, 250, 0));
    assert_eq!(found("Lead(LastName)").await, (0, 251, 0));
    org.set(json!({"search_limit_per_object": 1_800})).await;
    assert_eq!(found("Contact(LastName), Lead(LastName)").await, (1_749, 251, 0));
    org.set(json!({"search_limit_per_object": 3})).await;
    assert_eq!(found("Contact(LastName), Lead(LastName WHERE LastName = 'Roe' LIMIT 2)").await, (3, 2, 0));
    assert_eq!(found("Contact(LastName), Account(Name)").await, (3, 0, 0));
    org.set(json!({"search_limit_per_object": 0})).await;
    assert_eq!(found("Contact(LastName), Lead(LastName)").await, (1_749, 251, 0));
}

#[tokio::test]
async fn parameterized_search_finds_records_without_sosl() {
    let org = Client::new();
    org.seed("Contact", json!({"LastName": "Roe", "Phone": "+33 6 12 34 56 78"}));
    org.seed("Lead", json!({"LastName": "Done", "Company": "Acme", "Phone": "33612345678", "IsConverted": true}));
    let body = json!({"q": "33612345678", "in": "PHONE", "spellCorrection": false, "sobjects": [
        {"name": "Contact", "fields": ["Id", "LastName"], "orderBy": "LastModifiedDate DESC", "limit": 20},
        {"name": "Lead", "fields": ["LastName"], "where": "IsConverted = false"}]});
    let answer = org.post(&data("parameterizedSearch/"), body).await;
    assert_eq!(column(&answer.body["searchRecords"], "LastName"), ["Roe"]);
    let query = "parameterizedSearch?q=33612345678&in=PHONE&sobject=Lead&fields=LastName";
    assert_eq!(column(&org.get(&data(query)).await.body["searchRecords"], "LastName"), ["Done"]);
    let bad = format!("parameterizedSearch?q={}", encode("a{b}"));
    assert_eq!(org.get(&data(&bad)).await.code(), "MALFORMED_SEARCH");
}

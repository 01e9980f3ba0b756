//! SOQL.

use serde_json::json;

use crate::client::{Client, column, data};

/// An org with an Account, three Contacts and two Opportunities.
fn org() -> Client {
    let org = Client::new();
    let account = org.seed("Account", json!({"Name": "Acme"}));
    let jane = json!({"FirstName": "Jane", "LastName": "Roe", "AccountId": account, "Phone": "+33 6 12 34 56 78",
        "Email": "Jane@example.com", "LastModifiedDate": "2026-01-02T00:00:00Z"});
    let jane = org.seed("Contact", jane);
    org.seed("Contact", json!({"FirstName": "Ann", "LastName": "O'Brien", "LastModifiedDate": "2026-01-03T00:00:00Z"}));
    org.seed("Contact", json!({"LastName": "100% sure", "LastModifiedDate": "2026-01-01T00:00:00Z"}));
    org.seed("Contact", json!({"LastName": "Deleted", "IsDeleted": true}));
    for (name, stage, date) in [("Open", "Prospecting", "2026-12-01"), ("Won", "Closed Won", "2026-11-01")] {
        let deal = json!({"Name": name, "StageName": stage, "CloseDate": date, "AccountId": account, "Amount": 10.5});
        let deal = org.seed("Opportunity", deal);
        org.seed("OpportunityContactRole", json!({"OpportunityId": deal, "ContactId": jane}));
    }
    org
}

/// Asserts which last names a filter on Contact finds, in order.
#[track_caller]
fn check(filter: &str, expect: &[&str]) -> impl Future<Output = ()> {
    let soql = format!("SELECT LastName FROM Contact {filter}");
    let expect: Vec<String> = expect.iter().map(ToString::to_string).collect();
    async move {
        let answer = org().query(&soql).await;
        assert_eq!(answer.status, 200, "{soql}: {}", answer.body);
        assert_eq!(column(&answer.body["records"], "LastName"), expect, "{soql}");
    }
}

#[tokio::test]
async fn filters_select_the_matching_records() {
    check("", &["Roe", "O'Brien", "100% sure"]).await;
    check("WHERE Email = 'JANE@EXAMPLE.COM'", &["Roe"]).await;
    check("WHERE Phone IN ('+33 6 12 34 56 78', '06')", &["Roe"]).await;
    check("WHERE Phone LIKE '%6%12%34%56%78'", &["Roe"]).await;
    check("WHERE Phone LIKE '%78' OR Phone LIKE '07%'", &["Roe"]).await;
    check("WHERE Phone LIKE '+33 _ __ 34 56 78'", &["Roe"]).await;
    check("WHERE Phone LIKE '+33 _ _ 34 56 78'", &[]).await;
    check("WHERE Phone LIKE '612345678%'", &[]).await;
    check("WHERE LastName LIKE 'r_E'", &["Roe"]).await;
    check(r"WHERE LastName LIKE '100\%%'", &["100% sure"]).await;
    check(r"WHERE LastName = 'O\'Brien'", &["O'Brien"]).await;
    check("WHERE FirstName = null", &["100% sure"]).await;
    check("WHERE FirstName != 'Jane'", &["O'Brien", "100% sure"]).await;
    check("WHERE NOT (FirstName = 'Jane' OR FirstName = null)", &["O'Brien"]).await;
    check("where FirstName not in ('Jane', 'Bob') and FirstName <> null", &["O'Brien"]).await;
    check("WHERE LastModifiedDate >= 2026-01-02T00:00:00Z", &["Roe", "O'Brien"]).await;
    check("WHERE LastModifiedDate = LAST_N_DAYS:1", &[]).await;
    check("WHERE CreatedDate = TODAY AND Account.Name = 'acme'", &["Roe"]).await;
    check("WHERE LastName < 'a'", &["100% sure"]).await;
    check("WHERE Id IN (SELECT ContactId FROM OpportunityContactRole WHERE Opportunity.IsClosed = false)", &["Roe"])
        .await;
    check("WHERE AccountId IN ('001000000000000AAA')", &[]).await;
}

#[tokio::test]
async fn order_limit_and_offset_apply() {
    check("ORDER BY LastModifiedDate DESC LIMIT 2", &["O'Brien", "Roe"]).await;
    check("ORDER BY FirstName", &["100% sure", "O'Brien", "Roe"]).await;
    check("ORDER BY FirstName DESC NULLS LAST, LastName", &["Roe", "O'Brien", "100% sure"]).await;
    check("ORDER BY LastName LIMIT 1 OFFSET 1", &["O'Brien"]).await;
}

#[tokio::test]
async fn parent_fields_are_nested() {
    let org = org();
    let soql = "SELECT OpportunityId, Opportunity.Account.Name, Contact.Name FROM OpportunityContactRole \
                WHERE Opportunity.IsClosed = false ORDER BY Opportunity.LastModifiedDate DESC";
    let body = org.query(soql).await.body;
    assert_eq!((&body["totalSize"], &body["done"]), (&json!(1), &json!(true)));
    let role = &body["records"][0];
    assert_eq!(role["Opportunity"]["Account"]["Name"], "Acme");
    assert_eq!(role["Contact"]["Name"], "Jane Roe");
    assert_eq!(role["Opportunity"]["attributes"]["type"], "Opportunity");

    let contact = org.org.records("Contact")[0]["Id"].clone();
    org.seed("Task", json!({"WhoId": contact}));
    org.seed("Task", json!({}));
    let tasks = org.query("SELECT Who.Type, Who.Name, What.Name, Owner.Email FROM Task").await.body["records"].clone();
    assert_eq!((&tasks[0]["Who"]["Type"], &tasks[0]["Who"]["Name"]), (&json!("Contact"), &json!("Jane Roe")));
    assert_eq!((&tasks[0]["What"], &tasks[1]["Who"]), (&json!(null), &json!(null)));
    assert_eq!(tasks[0]["Owner"]["Email"], "admin@example.com");
}

#[tokio::test]
async fn count_returns_the_number_of_rows() {
    let org = org();
    let count = org.query("SELECT COUNT() FROM Contact").await.body;
    assert_eq!(count, json!({"totalSize": 3, "done": true, "records": []}));
    let filled = org.query("SELECT COUNT(Email) FROM Contact").await.body;
    assert_eq!(filled["records"][0]["expr0"], 1);
    let all = org.get(&data("queryAll/?q=SELECT+COUNT()+FROM%20Contact")).await.body;
    assert_eq!(all["totalSize"], 4);
}

#[track_caller]
fn refused(soql: &str, code: &str, part: &str) -> impl Future<Output = ()> {
    let (soql, code, part) = (soql.to_owned(), code.to_owned(), part.to_owned());
    async move {
        let answer = org().query(&soql).await;
        assert_eq!((answer.status, answer.code()), (400, code.as_str()), "{soql}: {}", answer.body);
        assert!(answer.message().contains(&part), "{}", answer.message());
    }
}

#[tokio::test]
async fn invalid_queries_are_refused_with_salesforces_messages() {
    refused("SELECT Nope FROM Contact", "INVALID_FIELD", "No such column 'Nope' on entity 'Contact'. If you are").await;
    refused("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported. If you are").await;
    refused("SELECT Nope.Id FROM Contact", "INVALID_FIELD", "Didn't understand relationship 'Nope' in field path")
        .await;
    refused("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'").await;
    refused("SELECT Id Contact", "MALFORMED_QUERY", "ERROR at Row:1:Column:11\nunexpected token: 'Contact'").await;
    let mixed = "SELECT Id FROM Contact WHERE Name = 'a' AND Name = 'b' OR Name = 'c'";
    refused(mixed, "MALFORMED_QUERY", "unexpected token: 'OR'").await;
    refused("SELECT Id FROM Contact WHERE Name = 'O'Brien'", "MALFORMED_QUERY", "unexpected").await;
    refused(
        "SELECT Id FROM Contact WHERE IsDeleted = 'true'",
        "INVALID_FIELD",
        "must be of type boolean and should not",
    )
    .await;
    refused("SELECT Id FROM Contact WHERE Name = 5", "INVALID_FIELD", "must be of type string and should be").await;
    refused("SELECT Id FROM Contact WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x").await;
    refused("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered").await;
    refused("SELECT Id FROM Contact ORDER BY Description", "INVALID_FIELD", "can not be sorted").await;
    refused("SELECT Id FROM Contact; DELETE", "MALFORMED_QUERY", "unexpected token: ';'").await;
}

#[tokio::test]
async fn large_results_are_paginated() {
    let org = Client::new();
    for number in 0..450 {
        org.seed("Contact", json!({"LastName": format!("{number:03}")}));
    }
    let address = data("query/?q=SELECT+LastName+FROM+Contact+ORDER+BY+LastName");
    let small = [("Sforce-Query-Options", "batchSize=200")];
    let mut page = org.send("GET", &address, None, &small).await.body;
    let mut names = column(&page["records"], "LastName");
    assert_eq!((names.len(), &page["totalSize"], &page["done"]), (200, &json!(450), &json!(false)));
    while let Some(next) = page["nextRecordsUrl"].as_str().map(ToOwned::to_owned) {
        page = org.send("GET", &next, None, &small).await.body;
        names.extend(column(&page["records"], "LastName"));
    }
    assert_eq!((names.len(), &page["done"]), (450, &json!(true)));
    assert!(names.is_sorted());
    assert_eq!(org.get(&address).await.body["done"], true);
    assert_eq!(org.get(&data("query/01gnothing-200")).await.code(), "INVALID_QUERY_LOCATOR");
}

#[tokio::test]
async fn setup_objects_can_be_queried() {
    let org = Client::new();
    let body = org.query("SELECT ApiName FROM TaskStatus WHERE IsClosed = true").await.body;
    assert_eq!(column(&body["records"], "ApiName"), ["Completed"]);
    let body = org.query("SELECT FIELDS(ALL) FROM Organization LIMIT 200").await.body;
    assert_eq!(body["records"][0]["Id"], json!(org.org.org_id()));
}

#[tokio::test]
async fn the_organization_has_the_country_and_locale_of_the_options() {
    let org = Client::new();
    let values = async || {
        let row =
            org.query("SELECT Id, Country, DefaultLocaleSidKey FROM Organization").await.body["records"][0].clone();
        assert_eq!(row["Id"], json!(org.org.org_id()));
        (row["Country"].clone(), row["DefaultLocaleSidKey"].clone())
    };
    assert_eq!(values().await, (json!(null), json!("en_US")));
    org.set(json!({"organization_country": "France", "organization_locale": "fr_FR"})).await;
    assert_eq!(values().await, (json!("France"), json!("fr_FR")));
    let row = org.get(&data(&format!("sobjects/Organization/{}?fields=Country", org.org.org_id()))).await.body;
    assert_eq!(row["Country"], "France");
    org.set(json!({"organization_country": null})).await;
    assert_eq!(values().await, (json!(null), json!("fr_FR")));
    let given = Client::with(json!({"organization_country": "DE"})).query("SELECT Country FROM Organization").await;
    assert_eq!(column(&given.body["records"], "Country"), ["DE"]);
}

#[tokio::test]
async fn addresses_have_countries() {
    let org = Client::with(json!({"person_accounts": true}));
    for (sobject, fields) in [
        ("Contact", ["MailingCountry", "OtherCountry"].as_slice()),
        ("Lead", &["Country"]),
        ("Account", &["BillingCountry", "ShippingCountry", "PersonMailingCountry", "PersonOtherCountry"]),
    ] {
        let mut body = json!({"LastName": "Roe"});
        if sobject == "Lead" {
            body["Company"] = json!("Acme");
        }
        for field in fields {
            body[field] = json!(field);
        }
        org.create(sobject, body).await.id();
        let soql = format!("SELECT {} FROM {sobject} WHERE LastName = 'Roe'", fields.join(", "));
        let row = org.query(&soql).await.body["records"][0].clone();
        for field in fields {
            assert_eq!(row[field], json!(field));
        }
    }
    // The hidden Contact has the countries of its Person Account.
    let soql = "SELECT MailingCountry, OtherCountry FROM Contact WHERE IsPersonAccount = true";
    let row = org.query(soql).await.body["records"][0].clone();
    assert_eq!(
        (&row["MailingCountry"], &row["OtherCountry"]),
        (&json!("PersonMailingCountry"), &json!("PersonOtherCountry"))
    );
}

#[tokio::test]
async fn child_subqueries_are_nested_in_the_parent() {
    let org = org();
    let soql = "SELECT Name, (SELECT LastName, Owner.Name FROM Contacts WHERE LastName LIKE 'R%'), \
                (SELECT Name FROM Opportunities ORDER BY Name DESC LIMIT 1), (SELECT Id FROM Cases) FROM Account";
    let account = org.query(soql).await.body["records"][0].clone();
    let contacts = &account["Contacts"];
    assert_eq!((&contacts["totalSize"], &contacts["done"]), (&json!(1), &json!(true)));
    assert_eq!(contacts["records"][0]["Owner"]["Name"], "Alex Admin");
    assert_eq!(column(&account["Opportunities"]["records"], "Name"), ["Won"]);
    assert_eq!(account["Cases"], json!(null));
    let description = org.get(&data("sobjects/Account/describe")).await.body;
    assert!(column(&description["childRelationships"], "relationshipName").contains(&"Contacts".to_owned()));
    let refused = |soql: &'static str| async { org.query(soql).await.code().to_owned() };
    assert_eq!(refused("SELECT Id, (SELECT Id FROM Nope) FROM Account").await, "INVALID_TYPE");
    assert_eq!(refused("SELECT Id, (SELECT COUNT() FROM Contacts) FROM Account").await, "MALFORMED_QUERY");
    org.set(json!({"hidden_objects": ["Contact"]})).await;
    assert_eq!(refused("SELECT Id, (SELECT Id FROM Contacts) FROM Account").await, "INVALID_TYPE");
}

#[tokio::test]
async fn a_query_can_be_explained() {
    let org = org();
    let plans = org.get(&data("query?explain=SELECT+Id+FROM+Contact+WHERE+LastName='Roe'")).await.body["plans"].clone();
    assert_eq!((&plans[0]["sobjectType"], &plans[0]["cardinality"]), (&json!("Contact"), &json!(1)));
    assert_eq!(org.get(&data("query?explain=nonsense")).await.code(), "MALFORMED_QUERY");
}

#[tokio::test]
async fn fields_all_needs_a_limit_of_at_most_two_hundred() {
    let org = org();
    assert_eq!(org.query("SELECT FIELDS(ALL) FROM Contact LIMIT 200").await.status, 200);
    for soql in ["SELECT FIELDS(ALL) FROM Contact", "SELECT FIELDS(ALL) FROM Contact LIMIT 201"] {
        assert_eq!(org.query(soql).await.code(), "MALFORMED_QUERY", "{soql}");
    }
}

//! Searches and queries.

use jiff::Timestamp;
use rules::RecordKind;
use salesforce_sandbox::Options;
use serde_json::json;

use super::serve;
use crate::call_log::found;
use crate::{Atomicity, CallerFields, Kind, PhoneTerm, Record, Reply, SObject, SalesforceId, Soql, Sosl, Subrequest};

fn search(terms: &[&str], fields: &CallerFields) -> Sosl {
    let terms: Vec<_> = terms.iter().map(|term| PhoneTerm::prefix(term).unwrap()).collect();
    Sosl::phones(&terms, fields).remove(0)
}

fn ids(answer: &Reply<Vec<Record>>) -> Vec<SalesforceId> {
    answer.value.iter().filter_map(Record::id).collect()
}

#[tokio::test]
async fn callers_are_found_as_contacts_leads_and_accounts() {
    let served = serve(Options::default()).await;
    let contact = served.insert("Contact", json!({"LastName": "Roe", "OtherPhone": "(415) 555-0132"}));
    let lead = served.insert("Lead", json!({"LastName": "Doe", "Company": "Example", "Phone": "415.555.0133"}));
    let account = served.insert("Account", json!({"Name": "Example Ltd", "Phone": "4155550134"}));
    let sosl = search(&["4155550132", "4155550133", "4155550134"], &CallerFields::new(false));
    let answer = served.client.search(&sosl).await.unwrap();
    let mut found = ids(&answer);
    found.sort();
    let mut expect = [contact, lead, account];
    expect.sort();
    assert_eq!(found, expect);
    assert!(answer.value.iter().all(|record| record.datetime("LastModifiedDate").is_some()));
    assert_eq!(answer.usage.unwrap().used, 1);
}

#[tokio::test]
async fn a_person_account_is_found_once_as_an_account() {
    let served = serve(Options { person_accounts: true, ..Options::default() }).await;
    served.insert("Account", json!({"LastName": "Roe", "PersonMobilePhone": "+15550100"}));
    let fields = CallerFields::new(true);
    let searched = served.client.search(&search(&["15550100"], &fields)).await.unwrap().value;
    assert_eq!(
        searched.iter().map(|r| (r.sobject(), r.bool("IsPersonAccount"))).collect::<Vec<_>>(),
        [(Some(SObject::Account), Some(true))]
    );
    assert_eq!(SObject::of(searched[0].reference("PersonContactId").unwrap()), Some(SObject::Contact));
    let searched = found(&searched[0]).unwrap();
    assert_eq!(searched.candidate.record.kind, RecordKind::PersonAccount);
    // The exact query finds it by its Contact, and yields the same candidate.
    for (sobject, expect) in [(SObject::Contact, Some(searched)), (SObject::Lead, None), (SObject::Account, None)] {
        let soql =
            Soql::records_by_phone(sobject, &["+15550100".to_owned()], &fields, Some(Timestamp::UNIX_EPOCH)).remove(0);
        let answer = served.client.query(&soql).await.unwrap().value;
        assert_eq!(answer.iter().map(found).next(), expect.map(Some), "{sobject}");
    }
}

#[tokio::test]
async fn searches_for_person_accounts_degrade_step_by_step_in_an_org_without() {
    let served = serve(Options::default()).await;
    let mut fields = CallerFields::new(true);
    let contact = served.insert("Contact", json!({"LastName": "Roe", "Phone": "+15550100"}));
    for _ in 0..6 {
        match served.client.search(&search(&["15550100"], &fields)).await {
            Ok(answer) => return assert_eq!(ids(&answer), [contact]),
            Err(error) => {
                assert_eq!(error.kind(), Kind::Degrade, "{error}");
                let refusal = error.refusal().unwrap();
                fields = fields.without(refusal.entity(), &refusal.cause().fields[0]);
            }
        }
    }
    panic!("the errors did not name the missing fields one by one");
}

#[tokio::test]
async fn the_error_names_a_hidden_phone_field() {
    let served =
        serve(Options { hidden_fields: vec!["Contact.AssistantPhone".to_owned()], ..Options::default() }).await;
    let fields = CallerFields::new(false);
    let error = served.client.search(&search(&["15550100"], &fields)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.refusal().unwrap().cause().fields.as_slice()),
        (Kind::Degrade, &["AssistantPhone".to_owned()][..])
    );
    assert!(!error.to_string().contains("15550100"), "{error}");
    served.client.search(&search(&["15550100"], &fields.without(None, "AssistantPhone"))).await.unwrap();
}

#[tokio::test]
async fn a_field_hidden_on_leads_is_still_searched_in_contacts() {
    let served = serve(Options { hidden_fields: vec!["Lead.MobilePhone".to_owned()], ..Options::default() }).await;
    let contact = served.insert("Contact", json!({"LastName": "Roe", "MobilePhone": "+15550100"}));
    let fields = CallerFields::new(false);
    let by_search = served.client.search(&search(&["15550100"], &fields)).await.unwrap_err();
    let soql = Soql::records_by_phone(SObject::Lead, &["+15550100".to_owned()], &fields, Some(Timestamp::UNIX_EPOCH))
        .remove(0);
    let by_query = served.client.query(&soql).await.unwrap_err();
    for error in [by_search, by_query] {
        let refusal = error.refusal().unwrap();
        assert_eq!(
            (refusal.entity(), refusal.cause().fields.as_slice()),
            (Some(SObject::Lead), &["MobilePhone".to_owned()][..])
        );
    }
    let fields = fields.without(Some(SObject::Lead), "MobilePhone");
    let found = served.client.search(&search(&["15550100"], &fields)).await.unwrap();
    assert_eq!(ids(&found), [contact]);
    assert_eq!(found.value[0].str("MobilePhone"), Some("+15550100"));
}

#[tokio::test]
async fn hostile_text_stays_a_literal() {
    let served = serve(Options::default()).await;
    let hostile = r"x\' OR Name != '";
    served.insert("Contact", json!({"LastName": "Roe", "Phone": "+15550100"}));
    let user = served.insert(
        "User",
        json!({"LastName": "O", "Email": "o'neil@example.com", "IsActive": true,
        "Username": "oneil@example.com"}),
    );
    let soql = Soql::records_by_phone(
        SObject::Contact,
        &[hostile.to_owned()],
        &CallerFields::new(false),
        Some(Timestamp::UNIX_EPOCH),
    )
    .remove(0);
    assert!(ids(&served.client.query(&soql).await.unwrap()).is_empty());
    let emails = ["O'Neil@Example.com".to_owned(), hostile.to_owned(), "\\".to_owned(), "\n\"%_".to_owned()];
    let users = served.client.query(&Soql::active_users(&emails, &["Email"])[0]).await.unwrap();
    assert_eq!(ids(&users), [user]);
}

#[tokio::test]
async fn open_cases_and_opportunities_are_returned_newest_first() {
    let served = serve(Options::default()).await;
    let contact = served.insert("Contact", json!({"LastName": "Roe"}));
    let case = |status: &str, day: u8| {
        let modified = format!("2026-11-{day:02}T10:00:00.000+0000");
        served.insert("Case", json!({"ContactId": contact, "Status": status, "LastModifiedDate": modified}))
    };
    let (older, newer, _closed) = (case("New", 1), case("New", 3), case("Closed", 5));
    let cases = served.client.query(&Soql::open_cases(&[contact])[0]).await.unwrap();
    assert_eq!(ids(&cases), [newer, older]);

    let deal = |stage: &str, day: u8| {
        let modified = format!("2026-11-{day:02}T10:00:00.000+0000");
        let deal = json!({"Name": "Deal", "StageName": stage, "CloseDate": "2026-12-31", "LastModifiedDate": modified});
        let deal = served.insert("Opportunity", deal);
        served.insert("OpportunityContactRole", json!({"ContactId": contact, "OpportunityId": deal}));
        deal
    };
    let (older, newer, _won) = (deal("Prospecting", 1), deal("Prospecting", 3), deal("Closed Won", 5));
    let roles = served.client.query(&Soql::open_opportunities(&[contact])[0]).await.unwrap().value;
    let deals: Vec<_> = roles.iter().filter_map(|role| role.reference("OpportunityId")).collect();
    assert_eq!(deals, [newer, older]);
    assert_eq!(roles[0].str("Opportunity.Name"), Some("Deal"));
}

#[tokio::test]
async fn long_results_are_read_page_by_page() {
    let served = serve(Options::default()).await;
    let contact = served.insert("Contact", json!({"LastName": "Roe"}));
    for _ in 0..2001 {
        served.insert("Case", json!({"ContactId": contact, "Status": "New"}));
    }
    let answer = served.client.query(&Soql::open_cases(&[contact])[0]).await.unwrap();
    assert_eq!((answer.value.len(), answer.usage.unwrap().used, answer.calls), (2001, 2, 2));
    // The same with the first page from a composite, whose call is already counted.
    let page = Subrequest::query("q", &Soql::open_cases(&[contact])[0]);
    let first = served.client.composite(&[page], Atomicity::EachAlone).await.unwrap();
    assert_eq!(first.calls, 1);
    let first = Reply { value: first.value[0].page().unwrap(), usage: None, calls: 0 };
    let rest = served.client.all_records(first).await.unwrap();
    assert_eq!((rest.value.records.len(), rest.usage.unwrap().used, rest.calls), (2001, 4, 1));
    assert!(!rest.value.has_more());
}

#[tokio::test]
async fn a_result_that_is_truncated_says_so() {
    let served = serve(Options { query_page_size: 200, ..Options::default() }).await;
    let contact = served.insert("Contact", json!({"LastName": "Roe"}));
    for _ in 0..2001 {
        served.insert("Case", json!({"ContactId": contact, "Status": "New"}));
    }
    let page = Subrequest::query("q", &Soql::open_cases(&[contact])[0]);
    let first = served.client.composite(&[page], Atomicity::EachAlone).await.unwrap();
    let first = Reply { value: first.value[0].page().unwrap(), usage: None, calls: 0 };
    let rest = served.client.all_records(first).await.unwrap();
    assert_eq!((rest.value.records.len(), rest.value.has_more(), rest.calls), (2000, true, 9));
}

#[tokio::test]
async fn a_description_lists_the_fields() {
    let served = serve(Options::default()).await;
    let fields = async |sobject| served.client.describe(sobject).await.unwrap().value.fields;
    assert!(fields(SObject::Task).await["Aircall_Key__c"].unique);
    assert!(!fields(SObject::Account).await.contains_key("IsPersonAccount"));
}

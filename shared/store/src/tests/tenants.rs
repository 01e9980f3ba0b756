//! Tenants, whose items console and writer both update.

mod allowed_orgs;
mod backfill;
mod choices;
mod connect;
mod lease;
mod own_lines;
mod predecessor;
mod scan;

use std::collections::BTreeMap;

use serde_json::json;

use super::{START, at, tenant};
use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::{ApiUsage, Connection, ConnectionState, Error, Known, OrgFacts, Tenant, Tenants, TokenHash};

pub(super) fn one() -> Tenant {
    Tenant {
        webhook_tokens: vec![TokenHash::new("old token"), TokenHash::new("new token")],
        salesforce: Some(Connection {
            org_id: "00D000000000001AAA".to_owned(),
            instance_url: "https://example.my.salesforce.com".to_owned(),
            login_url: "https://login.salesforce.com".to_owned(),
            user_id: "005000000000001AAA".to_owned(),
            user_name: Some("Ada Example".to_owned()),
            connected_at: at(START),
        }),
        ..Tenant::new(tenant("one"))
    }
}

/// API usage as reported `after` seconds after START.
pub(super) fn usage(after: i64) -> ApiUsage {
    ApiUsage { used: 14_250, limit: 15_000, at: at(START + after) }
}

#[tokio::test]
async fn a_stored_tenant_is_read_back() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), None);
    tenants.put(&one()).await.unwrap();
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), Some(one()));
    let login_url = || Some("https://example.my.salesforce.com".to_owned());
    for former_login_url in [login_url(), None] {
        let disconnected = Tenant { salesforce: None, former_login_url, ..one() };
        tenants.put(&disconnected).await.unwrap();
        assert_eq!(tenants.get(&tenant("one")).await.unwrap(), Some(disconnected));
    }
}

#[tokio::test]
async fn the_console_does_not_overwrite_facts_stored_by_the_writer() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    tenants.put(&one()).await.unwrap();
    let (reason, since, until) = ("The daily limit is reached.".to_owned(), at(START), at(START + 60));
    let state = ConnectionState::Paused { since, until, reason };
    let facts = OrgFacts {
        lists: None,
        picklists_at: None,
        write_size: None,
        account_type: None,
        country: None,
        person_accounts: Some(Known { value: true, at: at(START) }),
        missing_fields: BTreeMap::from([("Task.Aircall_Key__c".to_owned(), at(START))]),
        missing_objects: BTreeMap::from([("Lead".to_owned(), at(START + 1))]),
    };
    tenants.set_state(&tenant("one"), &state).await.unwrap();
    tenants.set_facts(&Tenant { facts: facts.clone(), ..one() }).await.unwrap();
    tenants.set_api_usage(&tenant("one"), &usage(0)).await.unwrap();
    let paused = Tenant { state, facts: facts.clone(), api_usage: Some(usage(0)), ..one() };
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), Some(paused));
    let changed = Tenant { webhook_tokens: vec![TokenHash::new("new token")], ..one() };
    tenants.put(&changed).await.unwrap();
    // The facts are kept; the state is overwritten, because reconnecting an org ends a dead connection.
    assert_eq!(
        tenants.get(&tenant("one")).await.unwrap(),
        Some(Tenant { facts, api_usage: Some(usage(0)), ..changed })
    );
}

#[tokio::test]
async fn the_latest_api_usage_is_kept() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let seen = async || tenants.get(&tenant("one")).await.unwrap().and_then(|tenant| tenant.api_usage);
    tenants.set_api_usage(&tenant("one"), &usage(0)).await.unwrap();
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), None, "no tenant is created");
    tenants.put(&one()).await.unwrap();
    for (reported, stored) in [(10, 10), (5, 10), (20, 20)] {
        tenants.set_api_usage(&tenant("one"), &usage(reported)).await.unwrap();
        assert_eq!(seen().await, Some(usage(stored)));
    }
}

#[tokio::test]
async fn org_state_and_facts_of_an_older_version_are_read() {
    let tables = TestTables::start().await;
    let state = json!({ "is": "paused", "until": START + 60, "reason": "The org is down." });
    let facts = json!({ "person_accounts": null, "missing_fields": { "Task.CallDisposition": START } });
    let put = tables.dynamodb.put_item().table_name("TenantsTable").item("tenant", item::text("one"));
    put.item("state", item::value(&state)).item("facts", item::value(&facts)).send().await.unwrap();
    let read = Tenants::new(tables.dynamodb.clone(), "TenantsTable").get(&tenant("one")).await.unwrap().unwrap();
    let (since, until) = (at(START + 60), at(START + 60));
    assert_eq!(read.state, ConnectionState::Paused { since, until, reason: "The org is down.".to_owned() });
    assert_eq!(read.facts.missing_fields, BTreeMap::from([("Task.CallDisposition".to_owned(), at(START))]));
    assert_eq!((read.facts.missing_objects, read.api_usage), (BTreeMap::new(), None));
}

#[tokio::test]
async fn a_dead_connection_is_read_back() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let state =
        ConnectionState::ReconnectNeeded { reason: "invalid_grant".to_owned(), since: at(START), try_at: at(START) };
    tenants.put(&Tenant { salesforce: None, state: state.clone(), ..one() }).await.unwrap();
    let read = tenants.get(&tenant("one")).await.unwrap().unwrap();
    assert_eq!((read.state, read.salesforce), (state, None));
}

#[tokio::test]
async fn a_damaged_tenant_is_reported_by_id_and_attribute() {
    let tables = TestTables::start().await;
    let put = tables.dynamodb.put_item().table_name("TenantsTable").item("tenant", item::text("one"));
    put.item("webhook_tokens", item::text("no list")).send().await.unwrap();
    let error = Tenants::new(tables.dynamodb.clone(), "TenantsTable").get(&tenant("one")).await.unwrap_err();
    let Error::Corrupt(corrupt) = error else { panic!("{error}") };
    assert_eq!((corrupt.key.as_str(), corrupt.attribute), ("one", "webhook_tokens"));
}

#[tokio::test]
async fn a_missing_table_is_a_misconfiguration() {
    let tables = TestTables::start().await;
    let error = Tenants::new(tables.dynamodb.clone(), "NoTable").get(&tenant("one")).await.unwrap_err();
    assert!(matches!(error, Error::Misconfigured { operation: "GetItem", .. }), "{error}");
}

//! The tenants, whose item console and writer share.

use std::collections::BTreeMap;

use super::{START, at, tenant};
use crate::test_tables::TestTables;
use crate::{Connection, ConnectionState, Error, Known, OrgFacts, Tenant, Tenants, TokenHash, item};

fn one() -> Tenant {
    Tenant {
        id: tenant("one"),
        webhook_tokens: vec![TokenHash::of("old token"), TokenHash::of("new token")],
        salesforce: Some(Connection {
            org_id: "00D000000000001AAA".to_owned(),
            instance_url: "https://example.my.salesforce.com".to_owned(),
            login_url: "https://login.salesforce.com".to_owned(),
            user_id: "005000000000001AAA".to_owned(),
            connected_at: at(START),
        }),
        state: ConnectionState::Connected,
        facts: OrgFacts::default(),
    }
}

#[tokio::test]
async fn a_tenant_is_read_as_it_was_put() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), None);
    tenants.put(&one()).await.unwrap();
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), Some(one()));
}

#[tokio::test]
async fn the_console_does_not_undo_what_the_writer_learnt() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    tenants.put(&one()).await.unwrap();
    let state = ConnectionState::Paused { until: at(START + 60), reason: "The daily limit is reached.".to_owned() };
    let facts = OrgFacts {
        person_accounts: Some(Known { value: true, at: at(START) }),
        missing_fields: BTreeMap::from([("Task.Aircall_Key__c".to_owned(), at(START))]),
    };
    tenants.set_state(&tenant("one"), &state).await.unwrap();
    tenants.set_facts(&tenant("one"), &facts).await.unwrap();
    let changed = Tenant { webhook_tokens: vec![TokenHash::of("new token")], ..one() };
    tenants.put(&changed).await.unwrap();
    // What was learnt about the org stays; its state is as it was put: who connects it anew ends a dead connection.
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), Some(Tenant { facts, ..changed }));
}

#[tokio::test]
async fn a_dead_connection_is_read_as_it_was_put() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let state =
        ConnectionState::ReconnectNeeded { reason: "invalid_grant".to_owned(), since: at(START), try_at: at(START) };
    tenants.put(&Tenant { salesforce: None, state: state.clone(), ..one() }).await.unwrap();
    let read = tenants.get(&tenant("one")).await.unwrap().unwrap();
    assert_eq!((read.state, read.salesforce), (state, None));
}

#[tokio::test]
async fn a_damaged_tenant_is_named() {
    let tables = TestTables::start().await;
    let put = tables.dynamodb.put_item().table_name("TenantsTable").item("tenant", item::text("one"));
    put.item("webhook_tokens", item::text("no list")).send().await.unwrap();
    let error = Tenants::new(tables.dynamodb.clone(), "TenantsTable").get(&tenant("one")).await.unwrap_err();
    let Error::Corrupt(corrupt) = error else { panic!("{error}") };
    assert_eq!((corrupt.key.as_str(), corrupt.attribute), ("one", "webhook_tokens"));
}

#[tokio::test]
async fn a_missing_table_is_a_matter_of_the_deployment() {
    let tables = TestTables::start().await;
    let error = Tenants::new(tables.dynamodb.clone(), "NoTable").get(&tenant("one")).await.unwrap_err();
    assert!(matches!(error, Error::Misconfigured { operation: "GetItem", .. }), "{error}");
}

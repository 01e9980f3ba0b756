//! All tenants that have something in common.

use crate::test_tables::TestTables;
use crate::tests::{START, at, tenant};
use crate::{
    AircallAuth, AircallConnection, AircallState, CompanySigns, Connection, GRANT_IDLE, Tenant, TenantId, TenantPage,
    Tenants,
};

fn ids(page: &TenantPage) -> Vec<&str> {
    let mut ids: Vec<&str> = page.tenants.iter().map(TenantId::as_str).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn only_tenants_with_an_aircall_connection_are_listed() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let connection = AircallConnection {
        company_id: None,
        company_name: "Example Company".to_owned(),
        how: AircallAuth::ApiKey,
        webhook_id: "1".to_owned(),
        webhook_url: None,
        connected_at: at(START),
        rotated_at: None,
        state: AircallState::Active,
        subscription: None,
        signs: CompanySigns::default(),
        uninstalled_at: None,
    };
    let uninstalled = AircallConnection { uninstalled_at: Some(at(START)), ..connection.clone() };
    for (id, aircall) in
        [("one", Some(connection.clone())), ("two", None), ("three", Some(connection)), ("four", Some(uninstalled))]
    {
        tenants.put(&Tenant { aircall, ..Tenant::new(tenant(id)) }).await.unwrap();
    }
    let page = tenants.with_aircall(None).await.unwrap();
    assert_eq!(ids(&page), ["one", "three"]);
    assert!(page.next.is_none());
}

#[tokio::test]
async fn a_grant_is_idle_a_week_after_it_was_made_or_refreshed() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let now = at(START) + GRANT_IDLE;
    let connected = |connected_at| Connection {
        org_id: "00Dxx0000001gPLEAY".to_owned(),
        instance_url: String::new(),
        login_url: String::new(),
        user_id: String::new(),
        user_name: None,
        connected_at,
    };
    let old = Some(connected(at(START)));
    for (id, salesforce, grant_refreshed_at) in [
        ("made", old.clone(), None),
        ("made-later", Some(connected(at(START + 1))), None),
        ("refreshed", old.clone(), Some(at(START))),
        ("refreshed-later", old, Some(at(START + 1))),
        ("disconnected", None, None),
    ] {
        let stored = Tenant { salesforce, grant_refreshed_at, ..Tenant::new(tenant(id)) };
        tenants.put(&stored).await.unwrap();
        let read = tenants.get(&stored.id).await.unwrap().unwrap();
        assert_eq!(read.has_idle_grant(now), ["made", "refreshed"].contains(&id), "{id}");
    }
    assert_eq!(ids(&tenants.with_idle_grant(now - GRANT_IDLE, None).await.unwrap()), ["made", "refreshed"]);

    for id in ["made", "refreshed", "disconnected"] {
        assert_eq!(tenants.set_grant_refreshed(&tenant(id), now).await.unwrap(), id != "disconnected", "{id}");
    }
    assert!(ids(&tenants.with_idle_grant(now - GRANT_IDLE, None).await.unwrap()).is_empty());
    // Another grant counts from when it was made.
    tenants.connect_salesforce(&tenant("made"), &connected(at(START + 1))).await.unwrap();
    assert_eq!(tenants.get(&tenant("made")).await.unwrap().unwrap().grant_refreshed_at, None);
}

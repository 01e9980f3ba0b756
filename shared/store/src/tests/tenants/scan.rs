//! All tenants that have something in common.

use jiff::{SignedDuration, Timestamp};

use crate::test_tables::TestTables;
use crate::tests::{START, at, tenant};
use crate::{
    AircallConnection, AircallState, Connection, ConnectionState, GRANT_IDLE, Tenant, TenantId, TenantPage, Tenants,
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
        company_name: "Example Company".to_owned(),
        webhook_id: "1".to_owned(),
        connected_at: at(START),
        state: AircallState::Active,
        ..AircallConnection::default()
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

fn connected(connected_at: Timestamp) -> Connection {
    Connection {
        org_id: "00Dxx0000001gPLEAY".to_owned(),
        instance_url: String::new(),
        login_url: String::new(),
        user_id: String::new(),
        user_name: None,
        connected_at,
    }
}

#[tokio::test]
async fn a_grant_is_idle_a_week_after_it_was_made_or_refreshed() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let now = at(START) + GRANT_IDLE;
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
    for id in ["made", "refreshed", "disconnected"] {
        assert_eq!(tenants.set_grant_refreshed(&tenant(id), now).await.unwrap(), id != "disconnected", "{id}");
    }
    // Another grant counts from when it was made.
    tenants.connect_salesforce(&tenant("made"), &connected(at(START + 1))).await.unwrap();
    assert_eq!(tenants.get(&tenant("made")).await.unwrap().unwrap().grant_refreshed_at, None);
}

#[tokio::test]
async fn an_org_is_unchecked_if_it_was_neither_written_to_nor_asked_since() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let old = Some(connected(at(START)));
    for (id, salesforce, org_checked_at) in [
        ("never", old.clone(), None),
        ("new", Some(connected(at(START + 1))), None),
        ("long-ago", old.clone(), Some(at(START))),
        ("lately", old, Some(at(START + 1))),
        ("disconnected", None, Some(at(START))),
    ] {
        let stored = Tenant { salesforce, org_checked_at, ..Tenant::new(tenant(id)) };
        tenants.put(&stored).await.unwrap();
        let read = tenants.get(&stored.id).await.unwrap().unwrap();
        assert_eq!(read, stored);
        assert_eq!(read.is_unchecked_since(at(START)), ["never", "long-ago"].contains(&id), "{id}");
    }
    let unchecked = async |now: i64| {
        let age = SignedDuration::from_secs(60);
        let page = tenants.with_unchecked_org(at(now + 60), age, None).await.unwrap();
        ids(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(unchecked(START).await, ["long-ago", "never"]);
    // One that takes no requests is not asked before it can be tried again.
    let reason = "gone".to_owned();
    for state in [
        ConnectionState::ReconnectNeeded { reason: reason.clone(), since: at(START), try_at: at(START + 61) },
        ConnectionState::Paused { since: at(START), until: at(START + 61), reason },
    ] {
        let stored = Tenant { state, ..tenants.get(&tenant("never")).await.unwrap().unwrap() };
        tenants.put(&stored).await.unwrap();
        assert_eq!(unchecked(START).await, ["long-ago"]);
        assert_eq!(unchecked(START + 1).await, ["lately", "long-ago", "never", "new"]);
    }
    for id in ["never", "long-ago", "disconnected"] {
        tenants.set_org_checked(&tenant(id), at(START + 9)).await.unwrap();
    }
    assert_eq!(unchecked(START).await, Vec::<String>::new());
    assert_eq!(tenants.get(&tenant("disconnected")).await.unwrap().unwrap().org_checked_at, Some(at(START)));
    // Another connection has not been asked yet.
    tenants.connect_salesforce(&tenant("never"), &connected(at(START))).await.unwrap();
    assert_eq!(tenants.get(&tenant("never")).await.unwrap().unwrap().org_checked_at, None);
}

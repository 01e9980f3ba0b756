//! Idle grants: only their tenants are woken.

use serde_json::json;
use store::{Connection, GRANT_IDLE, Tenant, TenantId};

use super::{Fixture, Timestamp};

#[tokio::test]
async fn only_tenants_whose_grant_is_idle_are_woken() {
    let f = Fixture::new().await;
    let now = Timestamp::now();
    for (id, age) in [("idle", GRANT_IDLE), ("in-use", GRANT_IDLE / 2)] {
        let connection = Connection {
            org_id: "00Dxx0000001gPLEAY".to_owned(),
            instance_url: String::new(),
            login_url: String::new(),
            user_id: String::new(),
            user_name: None,
            connected_at: now - age,
        };
        let tenant = Tenant { salesforce: Some(connection), ..Tenant::new(TenantId::parse(id).unwrap()) };
        f.reconcile.tenants.put(&tenant).await.unwrap();
    }
    assert!(f.handle(json!({ "source": "aws.scheduler", "job": "grants" })).await.is_none());
    let woken: Vec<String> = f.woken().await.into_iter().map(|(tenant, _)| tenant).collect();
    assert_eq!(woken, ["idle"]);
}

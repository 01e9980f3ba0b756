//! Orgs that are to be asked: only their tenants are woken.

use serde_json::json;
use store::{Connection, ORG_CHECK_AGE, Tenant, TenantId};

use super::{Fixture, Timestamp};

#[tokio::test]
async fn only_tenants_whose_org_was_not_asked_for_an_hour_are_woken() {
    let f = Fixture::new().await;
    let now = Timestamp::now();
    for (id, age) in [("quiet", ORG_CHECK_AGE), ("in-use", ORG_CHECK_AGE / 2)] {
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
    assert_eq!(woken, ["quiet"]);
}

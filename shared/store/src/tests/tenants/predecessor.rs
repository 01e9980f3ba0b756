//! The tenant that a new one follows.

use rules::SalesforceId;

use super::one;
use crate::test_tables::TestTables;
use crate::tests::{START, at, tenant};
use crate::{Connection, Predecessor, Tenant, TenantId, Tenants};

const HOST: &str = "example--test.sandbox.my.salesforce.com";
const ADA: &str = "005000000000001AAA";

async fn store() -> (TestTables, Tenants) {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    (tables, tenants)
}

/// A tenant that was created `after` START, whose org `user` administers.
async fn known(tenants: &Tenants, id: &str, after: i64, host: &str, user: &str) -> TenantId {
    let id = tenant(id);
    tenants.create(&id, at(START + after)).await.unwrap();
    tenants.remember_admin(&Tenant::new(id.clone()), host, user, at(START)).await.unwrap();
    id
}

/// The predecessor of the tenant `new`, for Ada.
async fn found(tenants: &Tenants) -> Option<Predecessor> {
    tenants.find_predecessor(&tenant("new"), HOST, &SalesforceId::parse(ADA).unwrap()).await.unwrap()
}

fn of(tenant: &TenantId) -> Predecessor {
    Predecessor { tenant: Some(tenant.clone()) }
}

#[tokio::test]
async fn an_org_at_the_same_address_is_named_only_to_an_admin_of_it() {
    let (_tables, tenants) = store().await;
    known(&tenants, "elsewhere", 9, "example.my.salesforce.com", ADA).await;
    known(&tenants, "new", 9, HOST, ADA).await;
    assert_eq!(found(&tenants).await, None);
    known(&tenants, "others", 5, HOST, "005000000000002AAA").await;
    assert_eq!(found(&tenants).await, Some(Predecessor { tenant: None }));
    let first = known(&tenants, "first", 1, HOST, ADA).await;
    assert_eq!(found(&tenants).await, Some(of(&first)));
    let second = known(&tenants, "second", 2, HOST, ADA).await;
    assert_eq!(found(&tenants).await, Some(of(&second)));
}

#[tokio::test]
async fn tenants_of_before_are_known_by_their_connection() {
    let (_tables, tenants) = store().await;
    let connection = one().salesforce.unwrap();
    let instance_url = format!("https://{HOST}");
    let tenant = Tenant { salesforce: Some(Connection { instance_url, ..connection.clone() }), ..one() };
    tenants.put(&tenant).await.unwrap();
    assert_eq!(found(&tenants).await, Some(of(&tenant.id)));
    // The user of the connection may have consented without being an admin.
    let known = tenants.get(&tenant.id).await.unwrap().unwrap();
    tenants.remember_admin(&known, HOST, "005000000000002AAA", at(START)).await.unwrap();
    assert_eq!(found(&tenants).await, Some(Predecessor { tenant: None }));
    // A longer host name, and a host of many orgs.
    let instance_url = format!("https://my{HOST}");
    tenants
        .put(&Tenant {
            id: crate::tests::tenant("other"),
            salesforce: Some(Connection { instance_url, ..connection }),
            ..one()
        })
        .await
        .unwrap();
    assert_eq!(found(&tenants).await, Some(Predecessor { tenant: None }));
}

#[tokio::test]
async fn the_address_and_the_latest_admins_outlive_the_connection() {
    let (_tables, tenants) = store().await;
    tenants.put(&one()).await.unwrap();
    for number in 0..25 {
        let known = tenants.get(&one().id).await.unwrap().unwrap();
        tenants.remember_admin(&known, HOST, &format!("005{number:012}"), at(START + number)).await.unwrap();
    }
    tenants.disconnect_salesforce(&one().id, "https://login.salesforce.com").await.unwrap();
    let known = tenants.get(&one().id).await.unwrap().unwrap();
    assert_eq!((known.my_domain.as_deref(), known.admins.len()), (Some(HOST), 20));
    assert_eq!(known.admins.values().min(), Some(&(START + 5)));
}

#[tokio::test]
async fn a_predecessor_is_stored_with_a_new_tenant_only_and_forgotten() {
    let (_tables, tenants) = store().await;
    let (id, former) = (tenant("new"), Predecessor { tenant: Some(tenant("former")) });
    assert!(tenants.create_after(&id, Some(&former), at(START)).await.unwrap());
    assert!(!tenants.create_after(&id, None, at(START)).await.unwrap());
    assert_eq!(tenants.get(&id).await.unwrap().unwrap().predecessor, Some(former));
    tenants.forget_predecessor(&id).await.unwrap();
    assert_eq!(tenants.get(&id).await.unwrap().unwrap().predecessor, None);
}

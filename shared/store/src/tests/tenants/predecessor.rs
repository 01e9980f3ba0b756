//! The tenant that a new one follows.

use rules::SalesforceId;

use super::one;
use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::tests::{START, at, tenant};
use crate::{Connection, Predecessor, Tenant, TenantId, Tenants};

const HOST: &str = "example--test.sandbox.my.salesforce.com";
const ADA: &str = "005000000000001AAA";
const BEN: &str = "005000000000002AAA";

async fn store() -> (TestTables, Tenants) {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    (tables, tenants)
}

/// A tenant that was created `after` START, whose org `user` administers.
async fn known(tenants: &Tenants, id: &str, after: i64, host: &str, user: &str) -> TenantId {
    let id = tenant(id);
    tenants.create(&id, at(START + after)).await.unwrap();
    tenants.remember_admin(&Tenant::new(id.clone()), Some(host), user, at(START)).await.unwrap();
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
async fn of_several_orgs_at_the_same_address_the_latest_that_the_user_administered_is_found() {
    let (_tables, tenants) = store().await;
    known(&tenants, "elsewhere", 9, "example.my.salesforce.com", ADA).await;
    known(&tenants, "new", 9, HOST, ADA).await;
    assert_eq!(found(&tenants).await, None);
    let others = known(&tenants, "others", 5, HOST, BEN).await;
    assert_eq!(found(&tenants).await, Some(of(&others)));
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
    // A longer host name.
    let instance_url = format!("https://my{HOST}");
    let connection = Connection { instance_url, ..connection };
    let id = crate::tests::tenant("other");
    tenants.put(&Tenant { id, salesforce: Some(connection), ..one() }).await.unwrap();
    assert_eq!(found(&tenants).await, Some(of(&tenant.id)));
}

#[tokio::test]
async fn the_user_of_a_connection_counts_as_an_admin_only_until_admins_are_remembered() {
    let (tables, tenants) = store().await;
    let [ada, ben] = [ADA, BEN].map(|id| SalesforceId::parse(id).unwrap());
    let connection = Connection { user_id: ADA.to_owned(), ..one().salesforce.unwrap() };
    tenants.put(&Tenant { salesforce: Some(connection), ..one() }).await.unwrap();
    let known = async || tenants.get(&one().id).await.unwrap().unwrap();
    let check = async |expected: [bool; 2]| {
        let known = known().await;
        assert_eq!([ada, ben].map(|user| known.is_administered_by(&user)), expected);
    };
    check([true, false]).await;
    // The user may have consented without being an admin.
    tenants.remember_admin(&known().await, Some(HOST), BEN, at(START)).await.unwrap();
    check([false, true]).await;
    // Nobody becomes an admin by what cannot be read.
    for (value, expected) in [
        (item::value(&["a list"]), [false, false]),
        (item::text("a text"), [false, false]),
        (item::value(&serde_json::json!({ BEN: { "at": 1 } })), [false, true]),
    ] {
        let update = tables.dynamodb.update_item().table_name("TenantsTable");
        let update = update.key("tenant", item::text(one().id.as_str())).update_expression("SET admins = :admins");
        update.expression_attribute_values(":admins", value).send().await.unwrap();
        check(expected).await;
    }
}

#[tokio::test]
async fn concurrent_sign_ins_do_not_forget_each_other() {
    let (_tables, tenants) = store().await;
    tenants.put(&one()).await.unwrap();
    for users in [[ADA, BEN], ["005000000000003AAA", "005000000000004AAA"]] {
        let stale = tenants.get(&one().id).await.unwrap().unwrap();
        for user in users {
            tenants.remember_admin(&stale, Some(HOST), user, at(START)).await.unwrap();
        }
    }
    assert_eq!(tenants.get(&one().id).await.unwrap().unwrap().admins.unwrap().len(), 4);
}

#[tokio::test]
async fn the_address_and_the_latest_admins_outlive_the_connection() {
    let (_tables, tenants) = store().await;
    tenants.put(&one()).await.unwrap();
    for number in 0..25 {
        let known = tenants.get(&one().id).await.unwrap().unwrap();
        tenants.remember_admin(&known, Some(HOST), &format!("005{number:012}"), at(START + number)).await.unwrap();
    }
    tenants.disconnect_salesforce(&one().id, "https://login.salesforce.com").await.unwrap();
    let Tenant { my_domain, admins, .. } = tenants.get(&one().id).await.unwrap().unwrap();
    let admins = admins.unwrap();
    assert_eq!((my_domain.as_deref(), admins.len()), (Some(HOST), 20));
    assert_eq!(admins.values().min(), Some(&(START + 5)));
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

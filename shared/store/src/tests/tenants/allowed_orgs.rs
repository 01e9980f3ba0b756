//! The list of allowed orgs in the table.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;

use crate::test_tables::TestTables;
use crate::{ALLOWED_ORGS_KEY, AllowedOrgs, OrgList, TenantId, Tenants};

fn org(id: &str) -> TenantId {
    TenantId::from_org_id(id).unwrap()
}

async fn store(tables: &TestTables, orgs: Option<AttributeValue>) {
    let put = tables.dynamodb.put_item().table_name("TenantsTable");
    let put = put.item("tenant", AttributeValue::S(ALLOWED_ORGS_KEY.to_owned()));
    orgs.into_iter().fold(put, |put, orgs| put.item("orgs", orgs)).send().await.unwrap();
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test]
async fn an_org_is_added_and_removed_while_the_functions_run() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let parameter: OrgList = "00D000000000001".parse().unwrap();
    let allowed = AllowedOrgs::new(parameter, tenants.clone()).with_ttl(SignedDuration::ZERO);
    let cached = AllowedOrgs::new(OrgList::default(), tenants);
    let (named, listed) = (org("00D000000000001"), org("00Dxx0000001gPL"));
    assert!(allowed.contains(&named).await.unwrap() && !allowed.contains(&listed).await.unwrap());
    assert!(cached.is_empty().await.unwrap() && !allowed.is_empty().await.unwrap());
    for orgs in [
        AttributeValue::Ss(vec!["00Dxx0000001gPLEAY".to_owned(), "no id".to_owned()]),
        AttributeValue::L(vec![AttributeValue::N("1".to_owned()), text("00Dxx0000001gPL")]),
    ] {
        store(&tables, Some(orgs)).await;
        assert!(allowed.contains(&listed).await.unwrap() && allowed.contains(&named).await.unwrap());
        assert!(!allowed.contains(&org("00Dxx0000001gpl")).await.unwrap(), "ids differ by case");
    }
    assert!(cached.is_empty().await.unwrap(), "the list is read once a minute");
    for orgs in [None, Some(text("00Dxx0000001gPL"))] {
        store(&tables, orgs).await;
        assert!(!allowed.contains(&listed).await.unwrap());
    }
}

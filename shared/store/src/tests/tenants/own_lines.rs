//! The company's own lines, and the tenants whose lines can be read.

use aws_sdk_dynamodb::types::AttributeValue;
use rules::{E164, OwnLines};

use super::one;
use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::tests::tenant;
use crate::{Tenant, Tenants};

fn lines(phones: &[&str]) -> OwnLines {
    phones.iter().map(|phone| E164::parse(phone).unwrap()).collect()
}

/// The lines of the tenant `one`, from its projection and from the whole tenant.
async fn read(tenants: &Tenants) -> OwnLines {
    let projected = tenants.company(&tenant("one")).await.unwrap().own_lines;
    let whole = tenants.get(&tenant("one")).await.unwrap().map(|tenant| tenant.own_lines);
    assert_eq!(projected, whole.unwrap_or_default());
    projected
}

#[tokio::test]
async fn own_lines_are_read_back_and_replaced() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    assert!(!tenants.set_own_lines(&tenant("one"), &lines(&["+14155550100"])).await.unwrap());
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), None, "no tenant is created");
    tenants.put(&one()).await.unwrap();
    assert_eq!(read(&tenants).await, OwnLines::default());
    for phones in [&["+14155550100", "+442079460100"][..], &["+33199000100"], &[]] {
        assert!(tenants.set_own_lines(&tenant("one"), &lines(phones)).await.unwrap());
        assert_eq!(read(&tenants).await, lines(phones));
    }
}

#[tokio::test]
async fn own_lines_are_not_overwritten_by_what_an_admin_changes() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let before = Tenant { own_lines: lines(&["+14155550100"]), ..one() };
    tenants.put(&before).await.unwrap();
    assert_eq!(tenants.get(&tenant("one")).await.unwrap(), Some(before.clone()));
    tenants.set_own_lines(&tenant("one"), &lines(&["+33199000100"])).await.unwrap();
    for stale in [before, one()] {
        tenants.put(&stale).await.unwrap();
        assert_eq!(read(&tenants).await, lines(&["+33199000100"]));
    }
}

#[tokio::test]
async fn unreadable_own_lines_are_left_out() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let list = |texts: &[&str]| AttributeValue::L(texts.iter().map(|text| item::text(*text)).collect());
    for (stored, expected) in [
        (item::text("+14155550100"), lines(&[])),
        (AttributeValue::Null(true), lines(&[])),
        (list(&["+14155550100", "no number", "+442079460100"]), lines(&["+14155550100", "+442079460100"])),
        (AttributeValue::L(vec![item::number(7), item::text("+14155550100")]), lines(&["+14155550100"])),
    ] {
        let put = tables.dynamodb.put_item().table_name("TenantsTable").item("tenant", item::text("one"));
        put.item("own_lines", stored.clone()).send().await.unwrap();
        assert_eq!(read(&tenants).await, expected, "{stored:?}");
    }
}

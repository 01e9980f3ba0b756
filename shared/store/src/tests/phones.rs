//! The phone map.

use std::collections::BTreeMap;

use rules::E164;

use super::{START, at, record, tenant};
use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::{OurRecord, PendingCreate, PhoneMatch, Phones};

fn phone(n: u64) -> E164 {
    E164::parse(&format!("+1415555{:04}", 100 + n)).unwrap()
}

fn until(seconds: i64) -> PhoneMatch {
    PhoneMatch { record: record(), ours: Some(OurRecord { search_after: at(START) }), expires_at: at(seconds) }
}

#[tokio::test]
async fn matches_are_returned_until_they_expire() {
    let tables = TestTables::start().await;
    let phones = Phones::new(tables.dynamodb.clone(), "PhonesTable");
    let one = tenant("one");
    // More than one batch write.
    let found: BTreeMap<E164, PhoneMatch> =
        (0..30).map(|n| (phone(n), until(START + i64::try_from(n).unwrap()))).collect();
    phones.put_many(&one, &found).await.unwrap();
    let phones_to_get: Vec<E164> = found.keys().cloned().chain([phone(0), phone(99)]).collect();

    assert_eq!(phones.get_many(&one, &phones_to_get, at(START - 1)).await.unwrap(), found);
    let left = phones.get_many(&one, &phones_to_get, at(START + 10)).await.unwrap();
    assert_eq!(left.into_keys().collect::<Vec<_>>(), (11..30).map(phone).collect::<Vec<_>>());
    assert_eq!(phones.get_many(&tenant("two"), &phones_to_get, at(START)).await.unwrap(), BTreeMap::new());
}

#[tokio::test]
async fn a_match_can_be_removed() {
    let tables = TestTables::start().await;
    let phones = Phones::new(tables.dynamodb.clone(), "PhonesTable");
    let one = tenant("one");
    let found = BTreeMap::from([(phone(1), until(START)), (phone(2), until(START))]);
    phones.put_many(&one, &found).await.unwrap();
    phones.forget(&one, &phone(1)).await.unwrap();
    let left = phones.get_many(&one, &[phone(1), phone(2)], at(0)).await.unwrap();
    assert_eq!(left.into_keys().collect::<Vec<_>>(), [phone(2)]);
}

#[tokio::test]
async fn a_damaged_item_is_ignored() {
    let tables = TestTables::start().await;
    let phones = Phones::new(tables.dynamodb.clone(), "PhonesTable");
    let put = tables.dynamodb.put_item().table_name("PhonesTable").item("tenant", item::text("one"));
    put.item("phone", item::text(phone(1).as_str())).item("expires_at", item::number(START)).send().await.unwrap();
    assert_eq!(phones.get_many(&tenant("one"), &[phone(1)], at(0)).await.unwrap(), BTreeMap::new());
}

#[tokio::test]
async fn pending_creates_are_returned_until_they_expire_and_replaced_by_a_match() {
    let tables = TestTables::start().await;
    let phones = Phones::new(tables.dynamodb.clone(), "PhonesTable");
    let one = tenant("one");
    let create =
        |key: &str, seconds| PendingCreate { keys: [key.to_owned()].into(), has_key: true, until: at(START + seconds) };
    let (phone, contact) = (phone(1), "003000000000001EAA");
    let creates = vec![create("call-1", 10), create("call-2", 30)];
    let pending = vec![(phone.as_str(), creates.clone()), (contact, vec![create("call-3", 20)])];
    phones.put_pending_creates(&one, pending, at(START)).await.unwrap();
    let left = async |seconds| {
        let subjects = [phone.as_str(), contact, "+14155550199"];
        phones.pending_creates(&one, subjects, at(START + seconds)).await.unwrap()
    };
    assert_eq!(left(0).await[phone.as_str()], creates);
    assert_eq!(left(25).await, BTreeMap::from([(phone.to_string(), creates[1..].to_vec())]));
    assert_eq!(left(30).await, BTreeMap::new());
    // They are no match of the phone number.
    assert_eq!(phones.get_many(&one, std::slice::from_ref(&phone), at(START)).await.unwrap(), BTreeMap::new());
    phones.put_many(&one, &BTreeMap::from([(phone.clone(), until(START + 60))])).await.unwrap();
    assert!(!left(0).await.contains_key(phone.as_str()));
}

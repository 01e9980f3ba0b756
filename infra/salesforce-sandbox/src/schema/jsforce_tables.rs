//! Custom objects that jsforce's public tests expect in an org.
//!
//! The external id of `UpsertTable__c` is not unique, so that an upsert can match several records (HTTP 300).
//! `BigTable__c` is for more records than a query page holds.

use super::{
    Object,
    field::{Field, Key},
};

pub(super) const UPSERT_TABLE: Object = Object {
    name: "UpsertTable__c",
    label: "Upsert Table",
    prefix: "a00",
    writable: true,
    searchable: true,
    fields: &[
        Field::text("Name", "Upsert Table Name", 80),
        Field::text("ExtId__c", "External Id", 255).key(Key::ExternalId),
        Field::reference("OwnerId", "Owner ID", "Owner", &["User"]),
    ],
};

pub(super) const BIG_TABLE: Object = Object {
    name: "BigTable__c",
    label: "Big Table",
    prefix: "a01",
    writable: true,
    searchable: true,
    fields: &[Field::text("Name", "Big Table Name", 80), Field::reference("OwnerId", "Owner ID", "Owner", &["User"])],
};

//! A custom object whose external id is not unique, so that an upsert can match several records (HTTP 300). Third-party
//! clients are tested with it.

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

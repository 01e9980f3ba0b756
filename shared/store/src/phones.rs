//! The phone map: a cache of the record that a phone number was matched to.
//!
//! Salesforce's search index lags by minutes, so a record that was just created can only be found here.

mod pending_create;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::E164;
use rules::matching::Record;

use crate::dynamodb::item::{self, Attributes, Item};
use crate::dynamodb::table::Table;
use crate::error::{self, Corrupt, Error};
use crate::tenant_id::TenantId;

pub use self::pending_create::PendingCreate;

/// The phone map's table.
#[derive(Clone, Debug)]
pub struct Phones {
    table: Table,
}

/// A cached match of a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneMatch {
    /// The record.
    pub record: Record,
    /// When we created it, if we did.
    pub ours: Option<OurRecord>,
    /// When the match expires.
    pub expires_at: Timestamp,
}

/// A match with a record that we created: it is kept until Salesforce's search index knows the record for sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OurRecord {
    /// From when on the number is searched again, and the record is one of those found.
    pub search_after: Timestamp,
}

impl Phones {
    /// The phone map in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table) }
    }

    /// The unexpired matches of `phones` as of `now` (a consistent read).
    /// Unreadable items are skipped, so that Salesforce is searched again.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn get_many(
        &self,
        tenant: &TenantId,
        phones: &[E164],
        now: Timestamp,
    ) -> Result<BTreeMap<E164, PhoneMatch>, Error> {
        let keys = phones.iter().map(|phone| key_of(tenant, phone)).collect();
        let items = self.table.get_many(keys).await?;
        // DynamoDB deletes expired items only within days.
        Ok(items.into_iter().filter_map(|item| read(item).ok()).filter(|(_, found)| found.expires_at > now).collect())
    }

    /// Stores matches by phone number.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn put_many(&self, tenant: &TenantId, found: &BTreeMap<E164, PhoneMatch>) -> Result<(), Error> {
        let item = |(phone, found): (&E164, &PhoneMatch)| {
            let mut item = key_of(tenant, phone);
            item.extend(item::attributes([
                (item::SCHEMA, item::schema()),
                ("record", item::value(&found.record)),
                ("ours", AttributeValue::Bool(found.ours.is_some())),
                ("expires_at", item::seconds(found.expires_at)),
            ]));
            item.extend(found.ours.map(|ours| ("search_after".to_owned(), item::seconds(ours.search_after))));
            item
        };
        self.table.put_many(found.iter().map(item).collect()).await
    }

    /// Removes the match of a phone number.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn forget(&self, tenant: &TenantId, phone: &E164) -> Result<(), Error> {
        let request = self.table.delete_item(key_of(tenant, phone));
        request.send().await.map_err(|e| error::from_sdk("DeleteItem", &e))?;
        Ok(())
    }
}

fn key_of(tenant: &TenantId, phone: &E164) -> Attributes {
    item::key([("tenant", tenant.as_str()), ("phone", phone.as_str())])
}

fn read(item: Attributes) -> Result<(E164, PhoneMatch), Corrupt> {
    let mut item = Item::new(item, "tenant");
    let phone = item.required("phone")?;
    let expires_at = item.instant("expires_at").ok_or_else(|| item.corrupt("expires_at"))?;
    let record: Record = item.required("record")?;
    if record.id.is_none() {
        return Err(item.corrupt("record"));
    }
    let is_ours = item.optional("ours").unwrap_or_default();
    // Earlier versions did not store it.
    let search_after = item.instant("search_after").unwrap_or(Timestamp::UNIX_EPOCH);
    let ours = bool::then(is_ours, || OurRecord { search_after });
    Ok((phone, PhoneMatch { record, ours, expires_at }))
}

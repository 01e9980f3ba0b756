//! The phone map: which record a number led to lately.
//!
//! Salesforce's search index lags by minutes, so a record that was just created is only found here.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest};
use jiff::Timestamp;
use rules::E164;
use rules::matching::Record;

use crate::batch;
use crate::error::{self, Corrupt, Error};
use crate::item::{self, Attributes, Item};
use crate::tenant::TenantId;

/// The table of phone numbers.
#[derive(Clone, Debug)]
pub struct Phones {
    dynamodb: Client,
    table: String,
}

/// The record a number led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The record.
    pub record: Record,
    /// Whether we created it.
    pub ours: bool,
    /// Until when this counts.
    pub expires_at: Timestamp,
}

impl Phones {
    /// The phone map in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { dynamodb, table: table.into() }
    }

    /// The records that `numbers` led to and that still count `now`, as of now (a consistent read).
    /// What cannot be read is as if it were forgotten: Salesforce is asked again.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn get_many(
        &self,
        tenant: &TenantId,
        numbers: &[E164],
        now: Timestamp,
    ) -> Result<BTreeMap<E164, Remembered>, Error> {
        let keys = numbers.iter().map(|number| key_of(tenant, number)).collect();
        let read_consistently = KeysAndAttributes::builder().consistent_read(true);
        let items = batch::get(&self.dynamodb, &self.table, keys, read_consistently).await?;
        // DynamoDB deletes what has expired within days, not at once.
        Ok(items.into_iter().filter_map(|item| read(item).ok()).filter(|(_, found)| found.expires_at > now).collect())
    }

    /// Remembers which record each number led to.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn put_many(&self, tenant: &TenantId, found: &BTreeMap<E164, Remembered>) -> Result<(), Error> {
        let put = |(number, found): (&E164, &Remembered)| {
            let mut item = key_of(tenant, number);
            item.insert("record".to_owned(), item::value(&found.record));
            item.insert("ours".to_owned(), AttributeValue::Bool(found.ours));
            item.insert("expires_at".to_owned(), item::seconds(found.expires_at));
            WriteRequest::builder().put_request(put_request(item)).build()
        };
        batch::write(&self.dynamodb, &self.table, found.iter().map(put).collect()).await
    }

    /// Forgets which record the number led to.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn forget(&self, tenant: &TenantId, number: &E164) -> Result<(), Error> {
        let request = self.dynamodb.delete_item().table_name(&self.table).set_key(Some(key_of(tenant, number)));
        request.send().await.map_err(|e| error::from_sdk("DeleteItem", &e))?;
        Ok(())
    }
}

fn key_of(tenant: &TenantId, number: &E164) -> Attributes {
    [("tenant", tenant.as_str()), ("phone", number.as_str())]
        .map(|(name, value)| (name.to_owned(), item::text(value)))
        .into()
}

fn put_request(item: Attributes) -> PutRequest {
    PutRequest::builder().set_item(Some(item)).build().expect("the item is set")
}

fn read(item: Attributes) -> Result<(E164, Remembered), Corrupt> {
    let mut item = Item::new(item, "tenant");
    let number = item.required("phone")?;
    let expires_at = item.instant("expires_at")?.ok_or_else(|| item.corrupt("expires_at"))?;
    Ok((number, Remembered { record: item.required("record")?, ours: item.required("ours")?, expires_at }))
}

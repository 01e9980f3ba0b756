//! Requests to create a record that are not answered: the record may exist, or come to exist later.
//!
//! They are kept beside the phone map: under the phone number that a new record is for, or under the id of the Contact
//! that a new Case is for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use serde::{Deserialize, Serialize};

use crate::dynamodb::item::{self, Item};
use crate::error::Error;
use crate::phones::Phones;
use crate::tenant_id::TenantId;

/// A request to create a record that is not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCreate {
    /// The keys of the Tasks that it creates in the same transaction.
    pub keys: BTreeSet<String>,
    /// Whether these have the unique key, so that Salesforce refuses the request if one of them exists.
    pub has_key: bool,
    /// Until when it may take effect.
    #[serde(with = "required")]
    pub until: Timestamp,
}

impl Phones {
    /// The pending creates for these phone numbers or Contacts as of `now` (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn pending_creates(
        &self,
        tenant: &TenantId,
        subjects: impl IntoIterator<Item = &str>,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Vec<PendingCreate>>, Error> {
        let keys = subjects.into_iter().map(|subject| item::key([("tenant", tenant.as_str()), ("phone", subject)]));
        let items = self.table.get_many(keys.collect()).await?;
        let pending = |item| {
            let mut item = Item::new(item, "tenant");
            let mut pending: Vec<PendingCreate> = item.optional("pending_creates")?;
            pending.retain(|create| create.until > now);
            Some((item.optional("phone")?, pending)).filter(|(_, pending)| !pending.is_empty())
        };
        Ok(items.into_iter().filter_map(pending).collect())
    }

    /// Replaces the pending creates for these phone numbers or Contacts, and any match of the phone numbers.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn put_pending_creates(
        &self,
        tenant: &TenantId,
        pending: Vec<(&str, Vec<PendingCreate>)>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let item = |(subject, pending): (&str, Vec<PendingCreate>)| {
            let mut item = item::key([("tenant", tenant.as_str()), ("phone", subject)]);
            let expires_at = pending.iter().map(|create| create.until).max().unwrap_or(now);
            item.extend(item::attributes([
                (item::SCHEMA, item::schema()),
                ("pending_creates", item::value(&pending)),
                ("expires_at", item::seconds(expires_at)),
            ]));
            item
        };
        self.table.put_many(pending.into_iter().map(item).collect()).await
    }
}

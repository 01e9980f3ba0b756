//! Links that let a Salesforce user, who need not be able to sign in here, connect a tenant's org.
//!
//! Stored in the console's table under the tenant, which has at most one: a new link replaces the former one.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;

use crate::dynamodb::item::{self, Attributes, Item};
use crate::dynamodb::table::Table;
use crate::error::{self, Corrupt, Error};
use crate::tenant_id::TenantId;
use crate::token_hash::TokenHash;

/// The item's sort key.
const ITEM: &str = "consent-link";

/// A link, without its secret text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentLink {
    /// Hash of the link's secret text, which is stored nowhere.
    pub hash: TokenHash,
    /// The name of the admin who made it.
    pub made_by: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The links in the console's table.
///
/// They do not exclude each other: let whoever changes a link, or uses one, hold [`crate::LeaseKind::Refresh`].
#[derive(Clone, Debug)]
pub struct ConsentLinks {
    table: Table,
}

impl ConsentLinks {
    /// The links in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table) }
    }

    /// Stores the tenant's link, in place of its former one.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn put(&self, tenant: &TenantId, link: &ConsentLink) -> Result<(), Error> {
        let mut item = key_of(tenant);
        item.extend(item::attributes([
            (item::SCHEMA, item::schema()),
            ("hash", item::value(&link.hash)),
            ("made_by", item::text(&link.made_by)),
            ("expires_at", item::seconds(link.expires_at)),
        ]));
        self.table.put(item).await
    }

    /// The tenant's link, if it has one that has not expired (a consistent read). One that cannot be read is none: an
    /// admin makes another.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn get(&self, tenant: &TenantId, now: Timestamp) -> Result<Option<ConsentLink>, Error> {
        let link = self.table.get(key_of(tenant)).await?.and_then(|item| read(item).ok());
        // DynamoDB deletes expired items only within days.
        Ok(link.filter(|link| now < link.expires_at))
    }

    /// Deletes the tenant's link. Returns whether there was one.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn delete(&self, tenant: &TenantId) -> Result<bool, Error> {
        let request = self.table.delete_item(key_of(tenant)).return_values(ReturnValue::AllOld);
        let answer = request.send().await.map_err(|e| error::from_sdk("DeleteItem", &e))?;
        Ok(answer.attributes.is_some())
    }
}

fn key_of(tenant: &TenantId) -> Attributes {
    item::key([("tenant", tenant.as_str()), ("item", ITEM)])
}

fn read(item: Attributes) -> Result<ConsentLink, Corrupt> {
    let mut item = Item::new(item, "item");
    Ok(ConsentLink {
        hash: item.required("hash")?,
        made_by: item.optional("made_by").unwrap_or_default(),
        expires_at: item.instant("expires_at").ok_or_else(|| item.corrupt("expires_at"))?,
    })
}

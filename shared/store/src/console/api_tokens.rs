//! API tokens: creation, listing, revocation and lookup.
//!
//! Stored in the console's table. A token is an item under `api-token#<hash>`, which looks up a presented token.
//! Under the tenant, `api-token#<id>` holds its hash and `api-tokens` counts the tokens.
//! All three change in one transaction.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update as UpdatePart};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::console::api_token::{self, ApiToken, FoundToken};
use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes, Item};
use crate::dynamodb::table::Table;
use crate::dynamodb::transaction::{self, Transacted};
use crate::error::{self, Corrupt, Error};
use crate::tenant_id::TenantId;
use crate::token_hash::TokenHash;

/// Most tokens a tenant may have.
const LIMIT: usize = 20;

/// The API tokens in the console's table.
#[derive(Clone, Debug)]
pub struct ApiTokens {
    table: Table,
}

/// Why a token was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateTokenError {
    /// The tenant has reached the limit of 20. One has to be revoked first.
    #[error("there are {LIMIT} tokens already")]
    TooMany,
    /// The table could not answer.
    #[error(transparent)]
    Store(#[from] Error),
}

impl ApiTokens {
    /// The tokens in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table) }
    }

    /// Creates a token. Returns its text, which is shown once because only its hash is stored, and its listing.
    ///
    /// # Errors
    /// When the tenant has 20 already or DynamoDB cannot answer.
    pub async fn create(
        &self,
        tenant: &TenantId,
        name: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<(SecretString, ApiToken), CreateTokenError> {
        let (text, id) = (api_token::new_text()?, api_token::new_id()?);
        let (name, created_by) = (name.to_owned(), by.to_owned());
        let token = ApiToken { id, name, created_by, created_at: now, last_used_at: None };
        let hash = TokenHash::new(text.expose_secret());
        let changes = vec![
            self.put(token_key(&hash), api_token::attributes(tenant, &token)),
            self.put(listing_key(tenant, &token.id), [(item::SCHEMA, item::schema()), ("hash", item::value(&hash))]),
            self.increment_count(tenant),
        ];
        match transaction::send(self.table.client(), changes).await? {
            Transacted::Done => Ok((text, token)),
            Transacted::Refused(_) => Err(CreateTokenError::TooMany),
        }
    }

    /// The tenant's tokens, oldest first. An unreadable one does not hide the others.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn list(&self, tenant: &TenantId) -> Result<Vec<Result<ApiToken, Corrupt>>, Error> {
        // Twenty of these items fit one page of a query.
        let answer = self
            .table
            .query()
            .key_condition_expression("#tenant = :tenant AND begins_with(#item, :prefix)")
            .expression_attribute_names("#tenant", "tenant")
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":tenant", item::text(tenant.as_str()))
            .expression_attribute_values(":prefix", item::text("api-token#"))
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| error::from_sdk("Query", &e))?;
        let hashes = answer.items.unwrap_or_default().into_iter().map(|item| Item::new(item, "item").required("hash"));
        let (hashes, damaged): (Vec<_>, Vec<_>) = hashes.partition(Result::is_ok);
        let keys = hashes.into_iter().flatten().map(|hash| token_key(&hash)).collect();
        let items = self.table.get_many(keys).await?;
        let mut tokens: Vec<_> = items.into_iter().map(|item| Ok(api_token::read(item)?.1)).collect();
        tokens.extend(damaged.into_iter().filter_map(Result::err).map(Err));
        tokens.sort_by_key(|token| token.as_ref().ok().map(|token| (token.created_at, token.id.clone())));
        Ok(tokens)
    }

    /// Revokes a token, with immediate effect. Returns whether it existed.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn revoke(&self, tenant: &TenantId, id: &str) -> Result<bool, Error> {
        if !api_token::is_well_formed_id(id) {
            return Ok(false);
        }
        let Some(listed) = self.table.get(listing_key(tenant, id)).await? else { return Ok(false) };
        let hash: TokenHash = Item::new(listed, "item").required("hash")?;
        let changes =
            vec![self.delete(listing_key(tenant, id)), self.delete(token_key(&hash)), self.decrement_count(tenant)];
        // The condition fails if the token was revoked concurrently.
        Ok(matches!(transaction::send(self.table.client(), changes).await?, Transacted::Done))
    }

    /// The token with this text, if it exists and is not revoked (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn find(&self, text: &SecretString) -> Result<Option<FoundToken>, Error> {
        if !api_token::is_well_formed(text) {
            return Ok(None);
        }
        let hash = TokenHash::new(text.expose_secret());
        let Some(item) = self.table.get(token_key(&hash)).await? else { return Ok(None) };
        let (tenant, ApiToken { id, name, last_used_at, .. }) = api_token::read(item)?;
        Ok(Some(FoundToken { tenant, id, name, hash, last_used_at }))
    }

    /// Records the token's last use, at most once an hour.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn touch(&self, found: &FoundToken, now: Timestamp) -> Result<(), Error> {
        if !found.is_touch_due(now) {
            return Ok(());
        }
        let update = Update::default().set("last_used_at", item::seconds(now)).only_if_exists("tenant");
        // The condition fails if the token was revoked concurrently.
        self.table.update_if(token_key(&found.hash), update).await.map(drop)
    }

    /// Fails its condition when the tenant is at its limit.
    fn increment_count(&self, tenant: &TenantId) -> TransactWriteItem {
        self.change_count(tenant, 1, |update| {
            update
                .condition_expression("attribute_not_exists(#count) OR #count < :limit")
                .expression_attribute_values(":limit", item::number(LIMIT))
        })
    }

    fn decrement_count(&self, tenant: &TenantId) -> TransactWriteItem {
        self.change_count(tenant, -1, |update| update)
    }

    fn change_count(
        &self,
        tenant: &TenantId,
        delta: i8,
        condition: impl FnOnce(UpdateBuilder) -> UpdateBuilder,
    ) -> TransactWriteItem {
        let update = UpdatePart::builder()
            .table_name(self.table.name())
            .set_key(Some(counter_key(tenant)))
            .update_expression("ADD #count :delta")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":delta", item::number(delta));
        let update = condition(update).build().expect("table, key and change are set");
        TransactWriteItem::builder().update(update).build()
    }

    fn put<const N: usize>(&self, key: Attributes, attributes: [(&str, AttributeValue); N]) -> TransactWriteItem {
        let item = key.into_iter().chain(item::attributes(attributes)).collect();
        let put = Put::builder().table_name(self.table.name()).set_item(Some(item));
        transaction::put(put)
    }

    fn delete(&self, key: Attributes) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(self.table.name())
            .set_key(Some(key))
            .condition_expression("attribute_exists(#tenant)")
            .expression_attribute_names("#tenant", "tenant");
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }
}

fn token_key(hash: &TokenHash) -> Attributes {
    key_of(&format!("api-token#{hash}"), "api-token")
}

fn listing_key(tenant: &TenantId, id: &str) -> Attributes {
    key_of(tenant.as_str(), &format!("api-token#{id}"))
}

fn counter_key(tenant: &TenantId) -> Attributes {
    key_of(tenant.as_str(), "api-tokens")
}

fn key_of(tenant: &str, item: &str) -> Attributes {
    item::key([("tenant", tenant), ("item", item)])
}

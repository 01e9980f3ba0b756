//! Tokens for the API: made, listed, revoked and presented.
//!
//! In the console's table. A token is an item of its own under `api-token#<hash>`, by which it is found when it is
//! presented; under the tenant, `api-token#<id>` leads to it, and `api-tokens` counts. They change in one transaction.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem, Update as UpdatePart,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::api_token::{self, ApiToken, FoundToken};
use crate::batch;
use crate::error::{self, Corrupt, Error};
use crate::expression::Update;
use crate::item::{self, Attributes, Item};
use crate::tenant::TenantId;
use crate::token_hash::TokenHash;
use crate::transaction::{self, Transacted};

/// Most tokens of a tenant.
const LIMIT: usize = 20;

/// The API's tokens in the console's table.
#[derive(Clone, Debug)]
pub struct ApiTokens {
    dynamodb: Client,
    table: String,
}

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateTokenError {
    /// The tenant has as many as it may have: 20. One of them has to be revoked first.
    #[error("there are {LIMIT} tokens already")]
    TooMany,
    /// The table could not answer.
    #[error(transparent)]
    Store(#[from] Error),
}

impl ApiTokens {
    /// The tokens in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { dynamodb, table: table.into() }
    }

    /// Makes a token: its text, to be shown once, as only its hash is stored, and what it is listed as.
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
        let attributes = api_token::attributes(tenant, &token);
        let changes = vec![
            self.put(found_by(&hash), &attributes),
            self.put(listed_as(tenant, &token.id), &[("hash", item::value(&hash))]),
            self.count_one_more(tenant),
        ];
        match transaction::send(&self.dynamodb, changes).await? {
            Transacted::Done => Ok((text, token)),
            Transacted::Refused(_) => Err(CreateTokenError::TooMany),
        }
    }

    /// The tenant's tokens, the oldest first. One that cannot be read hides none of the others.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn list(&self, tenant: &TenantId) -> Result<Vec<Result<ApiToken, Corrupt>>, Error> {
        // No pages: twenty of these are small.
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.table)
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
        let keys = hashes.into_iter().flatten().map(|hash| found_by(&hash)).collect();
        let read = KeysAndAttributes::builder().consistent_read(true);
        let items = batch::get(&self.dynamodb, &self.table, keys, read).await?;
        let mut tokens: Vec<_> = items.into_iter().map(|item| Ok(api_token::read(item)?.1)).collect();
        tokens.extend(damaged.into_iter().filter_map(Result::err).map(Err));
        tokens.sort_by_key(|token| token.as_ref().ok().map(|token| (token.created_at, token.id.clone())));
        Ok(tokens)
    }

    /// Revokes a token: from now on it lets nobody in. Says whether there was one.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn revoke(&self, tenant: &TenantId, id: &str) -> Result<bool, Error> {
        if !api_token::may_be_id(id) {
            return Ok(false);
        }
        let Some(listed) = self.get(listed_as(tenant, id)).await? else { return Ok(false) };
        let hash: TokenHash = Item::new(listed, "item").required("hash")?;
        let changes =
            vec![self.delete(listed_as(tenant, id)), self.delete(found_by(&hash)), self.count_one_less(tenant)];
        // Refused if somebody else revoked it in between.
        Ok(matches!(transaction::send(&self.dynamodb, changes).await?, Transacted::Done))
    }

    /// The token of this text, if there is one, as of now (a consistent read): a revoked one is none.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn find(&self, text: &SecretString) -> Result<Option<FoundToken>, Error> {
        if !api_token::may_be(text) {
            return Ok(None);
        }
        let hash = TokenHash::new(text.expose_secret());
        let Some(item) = self.get(found_by(&hash)).await? else { return Ok(None) };
        let (tenant, ApiToken { id, name, last_used_at, .. }) = api_token::read(item)?;
        Ok(Some(FoundToken { tenant, id, name, hash, last_used_at }))
    }

    /// Records that the token was used, unless that was recorded within the hour.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn touch(&self, found: &FoundToken, now: Timestamp) -> Result<(), Error> {
        if !found.is_touch_due(now) {
            return Ok(());
        }
        let update = Update::default().set("last_used_at", item::seconds(now)).only_if_exists("tenant");
        let request = self.dynamodb.update_item().table_name(&self.table).set_key(Some(found_by(&found.hash)));
        match update.on(request).send().await {
            Ok(_) => Ok(()),
            // Revoked in between.
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(error::from_sdk("UpdateItem", &error)),
        }
    }

    async fn get(&self, key: Attributes) -> Result<Option<Attributes>, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        Ok(request.send().await.map_err(|e| error::from_sdk("GetItem", &e))?.item)
    }

    /// Refused when the tenant has as many as it may have.
    fn count_one_more(&self, tenant: &TenantId) -> TransactWriteItem {
        self.count(tenant, 1, |update| {
            update
                .condition_expression("attribute_not_exists(#count) OR #count < :most")
                .expression_attribute_values(":most", item::number(LIMIT))
        })
    }

    fn count_one_less(&self, tenant: &TenantId) -> TransactWriteItem {
        self.count(tenant, -1, |update| update)
    }

    fn count(&self, tenant: &TenantId, more: i8, on: impl FnOnce(UpdateBuilder) -> UpdateBuilder) -> TransactWriteItem {
        let update = UpdatePart::builder()
            .table_name(&self.table)
            .set_key(Some(counter(tenant)))
            .update_expression("ADD #count :more")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":more", item::number(more));
        let update = on(update).build().expect("table, key and change are set");
        TransactWriteItem::builder().update(update).build()
    }

    fn put(&self, key: Attributes, attributes: &[(&str, AttributeValue)]) -> TransactWriteItem {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let item = key.into_iter().chain(attributes).collect();
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn delete(&self, key: Attributes) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression("attribute_exists(#tenant)")
            .expression_attribute_names("#tenant", "tenant");
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }
}

fn found_by(hash: &TokenHash) -> Attributes {
    key_of(&format!("api-token#{hash}"), "api-token")
}

fn listed_as(tenant: &TenantId, id: &str) -> Attributes {
    key_of(tenant.as_str(), &format!("api-token#{id}"))
}

fn counter(tenant: &TenantId) -> Attributes {
    key_of(tenant.as_str(), "api-tokens")
}

fn key_of(tenant: &str, item: &str) -> Attributes {
    [("tenant", tenant), ("item", item)].map(|(name, value)| (name.to_owned(), item::text(value))).into()
}

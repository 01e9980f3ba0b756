//! The webhook tokens that `intake` accepts, as hashes.
//!
//! The attribute `webhook_tokens` lists all of them. `retired_webhook_tokens` maps those of former webhooks to the
//! UNIX second until which they are accepted. A version that knows only the list accepts them longer, and refuses none.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize as _;
use serde_json::Value;

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Item};
use crate::error::{Corrupt, Error};
use crate::tenant_id::TenantId;
use crate::tenants::{Tenants, key_of};
use crate::token_hash::TokenHash;

/// How long ago a tenant's tokens may have been read for a refusal to be based on them.
/// A webhook may send this long after its token was stored, and will not be refused.
pub const REFUSAL_AGE: SignedDuration = SignedDuration::from_millis(500);
/// How long the token of a former webhook is accepted: longer than any process caches the tokens, so that it has read
/// the new one when the former one ends; and for events that are still on their way, or sent again.
pub const TOKEN_GRACE: SignedDuration = SignedDuration::from_mins(15);

const RETIRED: &str = "retired_webhook_tokens";

/// The token of a former webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetiredToken {
    /// Its hash.
    pub hash: TokenHash,
    /// Until when it is accepted.
    pub until: Timestamp,
}

impl Tenants {
    /// Stores the tokens that are accepted: those of both webhooks while one replaces the other, and none after the
    /// account is disconnected. No token is retired then.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_webhook_tokens(&self, id: &TenantId, tokens: &[TokenHash]) -> Result<bool, Error> {
        self.retire_webhook_tokens(id, tokens, &[]).await
    }

    /// As [`Tenants::set_webhook_tokens`], and the retired tokens, which must not be among `tokens`.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn retire_webhook_tokens(
        &self,
        id: &TenantId,
        tokens: &[TokenHash],
        retired: &[RetiredToken],
    ) -> Result<bool, Error> {
        let update = set(Update::default(), tokens, retired).only_if_exists("tenant");
        self.table.update_if(key_of(id), update).await
    }
}

/// Sets both attributes.
pub(super) fn set(update: Update, tokens: &[TokenHash], retired: &[RetiredToken]) -> Update {
    let all: Vec<TokenHash> = tokens.iter().copied().chain(retired.iter().map(|token| token.hash)).collect();
    let ends = retired.iter().map(|token| (token.hash.to_string(), item::seconds(token.until)));
    let ends = (!retired.is_empty()).then(|| AttributeValue::M(ends.collect()));
    update.set("webhook_tokens", item::value(&all)).set_or_remove(RETIRED, ends)
}

/// The tokens that this version can read, and the retired ones. If it can read none of those that are stored, they do
/// not count as absent: Aircall turns off a webhook that is refused too often.
pub(super) fn read(item: &mut Item) -> Result<(Vec<TokenHash>, Vec<RetiredToken>), Corrupt> {
    let stored: Vec<Value> = item.readable("webhook_tokens")?.unwrap_or_default();
    let tokens: Vec<TokenHash> = stored.iter().filter_map(|token| TokenHash::deserialize(token).ok()).collect();
    if tokens.is_empty() && !stored.is_empty() {
        return Err(item.corrupt("webhook_tokens"));
    }
    let ends: BTreeMap<String, Value> = item.optional(RETIRED).unwrap_or_default();
    let end = |hash: &TokenHash| Timestamp::from_second(ends.get(&hash.to_string())?.as_i64()?).ok();
    let retired = tokens.iter().filter_map(|hash| Some(RetiredToken { hash: *hash, until: end(hash)? })).collect();
    Ok((tokens.into_iter().filter(|hash| end(hash).is_none()).collect(), retired))
}

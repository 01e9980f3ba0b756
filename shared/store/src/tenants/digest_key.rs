//! A tenant's key for digests of phone numbers.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use rules::DigestKey;

use crate::dynamodb::expression::Update;
use crate::error::{Corrupt, Error};
use crate::random;
use crate::tenant_id::TenantId;
use crate::tenants::{Tenants, key_of};

impl Tenants {
    /// The tenant's key for digests of phone numbers, created on first use. Returns `None` if there is no such tenant.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the stored key cannot be read.
    pub async fn digest_key(&self, id: &TenantId) -> Result<Option<DigestKey>, Error> {
        let new: [u8; 32] = random::bytes()?;
        let update =
            Update::default().set_if_absent("digest_key", AttributeValue::B(Blob::new(new))).only_if_exists("tenant");
        let updated = self.table.update_returning(key_of(id), update, ReturnValue::UpdatedNew).await?;
        let Some(attributes) = updated else { return Ok(None) };
        let stored = attributes.get("digest_key").and_then(|key| key.as_b().ok()).map(AsRef::as_ref);
        match stored.and_then(|key| <[u8; 32]>::try_from(key).ok()) {
            Some(key) => Ok(Some(DigestKey::new(key))),
            None => Err(Corrupt { key: id.to_string(), attribute: "digest_key" }.into()),
        }
    }
}

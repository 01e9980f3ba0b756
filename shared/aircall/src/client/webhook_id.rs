//! The id of a webhook.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Aircall's id of a webhook, a UUID.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebhookId(String);

/// The text is not a webhook's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the id of a webhook")]
pub struct InvalidWebhookId;

impl WebhookId {
    /// Accepts letters, digits and hyphens, so that an id is always a single path segment.
    ///
    /// # Errors
    /// If the text is empty, has more than 64 characters, or holds any other character.
    pub fn parse(text: &str) -> Result<Self, InvalidWebhookId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidWebhookId)
        }
    }

    /// The id as Aircall spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WebhookId {
    type Error = InvalidWebhookId;

    fn try_from(text: String) -> Result<Self, InvalidWebhookId> {
        Self::parse(&text)
    }
}

impl From<WebhookId> for String {
    fn from(id: WebhookId) -> Self {
        id.0
    }
}

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

//! Console sessions that were ended before they expired, so that a copied cookie is no longer accepted.
//!
//! Stored in the console's table under `ended-session#<hash>`, until the session would have expired.

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;

use crate::dynamodb::item::{self, Attributes};
use crate::dynamodb::table::Table;
use crate::error::Error;
use crate::token_hash::TokenHash;

/// The item's sort key, a constant: each partition key holds one such item.
const ITEM: &str = "ended-session";

/// The ended sessions in the console's table.
#[derive(Clone, Debug)]
pub struct EndedSessions {
    table: Table,
}

impl EndedSessions {
    /// The ended sessions in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table) }
    }

    /// Ends the session with this hash, which would have expired at `expires`. Idempotent.
    ///
    /// # Errors
    /// When DynamoDB cannot answer. The session may or may not have ended.
    pub async fn end(&self, session: &TokenHash, expires: Timestamp) -> Result<(), Error> {
        let mut item = key_of(session);
        item.insert("expires_at".to_owned(), item::seconds(expires));
        self.table.put(item).await
    }

    /// Whether the session with this hash was ended (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer. The caller must then refuse the session.
    pub async fn has_ended(&self, session: &TokenHash) -> Result<bool, Error> {
        Ok(self.table.get(key_of(session)).await?.is_some())
    }
}

fn key_of(session: &TokenHash) -> Attributes {
    item::key([("tenant", &format!("ended-session#{session}")), ("item", ITEM)])
}

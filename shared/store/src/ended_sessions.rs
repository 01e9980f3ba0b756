//! Console sessions that were ended before they expired, so that a copied cookie is no longer accepted.
//!
//! Stored in the console's table under `ended-session#<hash>`, until the session would have expired.

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;

use crate::error::{self, Error};
use crate::item::{self, Attributes};
use crate::token_hash::TokenHash;

/// The item's sort key, a constant: each partition key holds one such item.
const ITEM: &str = "ended-session";

/// The ended sessions in the console's table.
#[derive(Clone, Debug)]
pub struct EndedSessions {
    dynamodb: Client,
    table: String,
}

impl EndedSessions {
    /// The ended sessions in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { dynamodb, table: table.into() }
    }

    /// Ends the session with this hash, which would have expired at `expires`. Idempotent.
    ///
    /// # Errors
    /// When DynamoDB cannot answer. The session may or may not have ended.
    pub async fn end(&self, session: &TokenHash, expires: Timestamp) -> Result<(), Error> {
        let request = self.dynamodb.put_item().table_name(&self.table).set_item(Some(key_of(session)));
        let request = request.item("expires_at", item::seconds(expires));
        request.send().await.map_err(|e| error::from_sdk("PutItem", &e))?;
        Ok(())
    }

    /// Whether the session with this hash was ended (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer. The caller must then refuse the session.
    pub async fn has_ended(&self, session: &TokenHash) -> Result<bool, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).set_key(Some(key_of(session)));
        let answer = request.consistent_read(true).send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        Ok(answer.item.is_some())
    }
}

fn key_of(session: &TokenHash) -> Attributes {
    [("tenant", format!("ended-session#{session}")), ("item", ITEM.to_owned())]
        .map(|(name, value)| (name.to_owned(), item::text(value)))
        .into()
}

//! What Aircall said of each message, and where that is logged: beside the entries in the table of calls, and no entry
//! itself.
//!
//! A status update may lack everything but the id of its message, so all events of a message are first gathered
//! under its own key. Which entry it goes to is settled once, and stays so whatever the settings say later: a message
//! is in one Task, and never in two.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::{Conversation, MessageDocument, MessageId};
use serde::{Deserialize, Serialize};

use crate::calls::{Calls, MergeError, key_of};
use crate::error::{self, Error};
use crate::expression::Update;
use crate::item::{self, Attributes, Item};
use crate::tenant::TenantId;

/// The conversation that each message is part of; none of one that is logged by itself. A group message is several.
pub type Routes = BTreeMap<MessageId, Option<Conversation>>;

/// What Aircall said of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAggregate {
    /// All that it said so far.
    pub document: MessageDocument,
    /// Where it is logged, once that is settled.
    #[serde(rename = "places")]
    pub routes: Routes,
}

impl Calls {
    /// What was gathered of a message, if anything was, and how often it changed (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn message_aggregate(
        &self,
        tenant: &TenantId,
        id: &MessageId,
    ) -> Result<Option<(MessageAggregate, u64)>, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).set_key(Some(key_of(tenant, &key(id))));
        let answer = request.consistent_read(true).send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        let Some(item) = answer.item else { return Ok(None) };
        let mut item = Item::new(item, "key");
        Ok(Some((item.required("gathered")?, item.required("version")?)))
    }

    /// Writes what was gathered of a message, if it still is at the version that was read; `expected` none means that
    /// nothing had been gathered.
    ///
    /// # Errors
    /// When it was changed meanwhile or DynamoDB cannot answer.
    pub async fn put_message_aggregate(
        &self,
        tenant: &TenantId,
        gathered: &MessageAggregate,
        expected: Option<u64>,
        expires_at: Timestamp,
    ) -> Result<(), MergeError> {
        let update = Update::default()
            .set("version", item::number(expected.map_or(1, |version| version + 1)))
            .set("gathered", item::value(gathered))
            .set("expires_at", item::seconds(expires_at));
        let update = match expected {
            Some(version) => update.only_if("version", "=", item::number(version)),
            None => update.only_if_new("key"),
        };
        if self.change(tenant, &key(gathered.document.id()), update).await? {
            Ok(())
        } else {
            Err(MergeError::Conflict)
        }
    }
}

fn key(id: &MessageId) -> String {
    format!("gathered-{}", id.key())
}

/// Whether an item of the table is an entry.
pub(crate) fn is_entry(item: &Attributes) -> bool {
    !item.contains_key("gathered")
}

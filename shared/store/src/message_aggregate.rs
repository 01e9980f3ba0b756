//! Message aggregates: all events of a message, merged, and the entries it is routed to.
//! They are items of the table of calls but not entries of the activity log.
//!
//! A status update may lack everything but the id of its message, so all events of a message are first aggregated
//! under the message's own key. Its routes are determined once and do not change with the settings, so that a message
//! is never in two Tasks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::{Conversation, MessageDocument, MessageId};
use serde::{Deserialize, Serialize};

use crate::calls::{Calls, MergeError, key_of};
use crate::error::{self, Error};
use crate::expression::Update;
use crate::item::{self, Attributes, Item};
use crate::tenant::TenantId;

/// The conversation of each message; `None` if the message has an entry of its own. A group message has several.
pub type Routes = BTreeMap<MessageId, Option<Conversation>>;

/// All events of a message, and where it is logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAggregate {
    /// Everything Aircall has sent so far, merged.
    pub document: MessageDocument,
    /// Where it is logged, once that is determined.
    #[serde(rename = "places")]
    pub routes: Routes,
}

impl Calls {
    /// The aggregate of a message, if there is one, and its version (a consistent read).
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

    /// Writes the aggregate of a message, with optimistic locking: `expected` is the version that was read, `None` if
    /// there was no aggregate.
    ///
    /// # Errors
    /// When it was changed concurrently or DynamoDB cannot answer.
    pub async fn put_message_aggregate(
        &self,
        tenant: &TenantId,
        aggregate: &MessageAggregate,
        expected: Option<u64>,
        expires_at: Timestamp,
    ) -> Result<(), MergeError> {
        let update = Update::default()
            .set(item::SCHEMA, item::schema())
            .set("version", item::number(expected.map_or(1, |version| version + 1)))
            .set("gathered", item::value(aggregate))
            .set("expires_at", item::seconds(expires_at));
        let update = match expected {
            Some(version) => update.only_if("version", "=", item::number(version)),
            None => update.only_if_new("key"),
        };
        if self.update_if(tenant, &key(aggregate.document.id()), update).await? {
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

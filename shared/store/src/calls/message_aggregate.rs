//! Message aggregates: all events of a message, merged, and the entries it is routed to.
//! They are items of the table of calls but not entries of the activity log.
//!
//! A status update may lack everything but the id of its message, so all events of a message are first aggregated
//! under the message's own key. Its routes are determined once and do not change with the settings, so that a message
//! is never in two Tasks.

use std::collections::BTreeMap;

use rules::{Conversation, MessageDocument, MessageId};
use serde::{Deserialize, Serialize};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes, Item};
use crate::error::Corrupt;

/// The attribute that holds an aggregate; no entry has it.
const ATTRIBUTE: &str = "gathered";

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

pub(super) fn key(id: &MessageId) -> String {
    format!("gathered-{}", id.key())
}

/// Reads an item: the aggregate and its version.
pub(super) fn read(item: Attributes) -> Result<(MessageAggregate, u64), Corrupt> {
    let mut item = Item::new(item, "key");
    Ok((item.required(ATTRIBUTE)?, item.required("version")?))
}

pub(super) fn set(update: Update, aggregate: &MessageAggregate) -> Update {
    update.set(ATTRIBUTE, item::value(aggregate))
}

/// Whether an item of the table is an entry.
pub(crate) fn is_entry(item: &Attributes) -> bool {
    !item.contains_key(ATTRIBUTE)
}

//! What was sent to Salesforce, stored before it is sent: items of their own, so that a drain stores many at once.
//!
//! An item counts until an outcome of its entry is recorded, which says what is in doubt from then on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calls::entry::{Entry, Unconfirmed};
use crate::calls::{Calls, keys};
use crate::dynamodb::item::{self, Attributes, Item};
use crate::error::{Corrupt, Error};
use crate::tenant_id::TenantId;

/// The prefix of the items' keys, before that of the entry.
const PREFIX: &str = "sent-";

/// How long an item is kept.
const RETENTION: SignedDuration = SignedDuration::from_hours(48);

/// The stored document.
#[derive(Serialize, Deserialize)]
struct Sent {
    unconfirmed: Vec<Unconfirmed>,
    /// UNIX milliseconds.
    sent_at: i64,
}

impl Calls {
    /// Stores what is unconfirmed of these entries with what is about to be sent to Salesforce, so that it is known if
    /// the answer is lost.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn announce<'a>(
        &self,
        tenant: &TenantId,
        sent: impl Iterator<Item = (&'a str, &'a [Unconfirmed])>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let item = |(key, unconfirmed): (&str, &[Unconfirmed])| {
            let mut item = keys::key_of(tenant, &format!("{PREFIX}{key}"));
            let sent = Sent { unconfirmed: unconfirmed.to_vec(), sent_at: now.as_millisecond() };
            item.extend(item::attributes([
                (item::SCHEMA, item::schema()),
                ("sent", item::value(&sent)),
                ("expires_at", item::seconds(now + RETENTION)),
            ]));
            item
        };
        self.table.put_many(sent.map(item).collect()).await
    }

    /// Those of the entries that exist, sorted by key, with what was sent for them and is unconfirmed (a consistent
    /// read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn get_many_to_write(
        &self,
        tenant: &TenantId,
        keys: &[String],
    ) -> Result<Vec<Result<Entry, Corrupt>>, Error> {
        let sent_keys = keys.iter().map(|key| keys::key_of(tenant, &format!("{PREFIX}{key}")));
        let all = keys.iter().map(|key| keys::key_of(tenant, key)).chain(sent_keys).collect();
        let (mut sent, mut entries) = (BTreeMap::new(), Vec::new());
        for item in self.table.get_many(all).await? {
            match keys::sort_key(&item).and_then(|key| key.strip_prefix(PREFIX)).map(str::to_owned) {
                Some(key) => sent.extend(read(item).map(|item| (key, item))),
                None => entries.push(item),
            }
        }
        entries.sort_by(|a, b| keys::sort_key(a).cmp(&keys::sort_key(b)));
        let with_sent = |item: Attributes| {
            let settled_at = item.get("settled_at").and_then(|at| at.as_n().ok()?.parse::<i64>().ok());
            let mut entry = Entry::read(item)?;
            let sent = sent.remove(&entry.key).filter(|sent| settled_at.is_none_or(|at| at < sent.sent_at));
            if let Some(Sent { unconfirmed, .. }) = sent {
                entry.unconfirmed = unconfirmed;
            }
            Ok(entry)
        };
        Ok(entries.into_iter().map(with_sent).collect())
    }
}

fn read(item: Attributes) -> Option<Sent> {
    Item::new(item, "key").optional("sent")
}

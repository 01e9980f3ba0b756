//! Whether calls that Aircall lists have a complete entry.

use std::collections::BTreeMap;

use rules::{FetchCause, SkipReason, Verdict};
use serde::Deserialize;

use crate::calls::state::State;
use crate::calls::{Calls, keys};
use crate::dynamodb::item::{Attributes, Item};
use crate::error::Error;
use crate::tenant_id::TenantId;

/// How much of a call is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It is not known to be over, or its event could not be read.
    Incomplete,
    /// What Aircall answered could not be read either.
    Unreadable,
    /// It was skipped because it is from before the connection.
    BeforeConnection,
    /// It was decided about.
    Complete,
}

impl Completeness {
    /// Whether a call of which this much is known, if it has an entry at all, is to be fetched for that cause. An admin who
    /// asks for a period may ask for one of before the connection, or for one that a later version can read.
    pub fn is_lacking(known: Option<Self>, cause: FetchCause) -> bool {
        match known {
            None | Some(Completeness::Incomplete) => true,
            Some(Completeness::BeforeConnection | Completeness::Unreadable) => cause == FetchCause::Requested,
            Some(Completeness::Complete) => false,
        }
    }
}

impl Calls {
    /// How much is known of these entries, by key (a consistent read); those that are missing do not exist. An entry that
    /// another version wrote and this one cannot read is complete.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn completeness(
        &self,
        tenant: &TenantId,
        keys: &[String],
    ) -> Result<BTreeMap<String, Completeness>, Error> {
        let keys = keys.iter().map(|key| keys::key_of(tenant, key)).collect();
        let items =
            self.table.get_parts(keys, &["key", "state", "decision.verdict", "document.unreadable.is_fetched"]).await?;
        Ok(items.into_iter().filter_map(|item| Some((keys::sort_key(&item)?.clone(), read(item)))).collect())
    }
}

fn read(item: Attributes) -> Completeness {
    #[derive(Deserialize)]
    struct Decided {
        verdict: Verdict,
    }
    #[derive(Deserialize)]
    struct Unread {
        unreadable: Fetched,
    }
    #[derive(Deserialize)]
    struct Fetched {
        is_fetched: bool,
    }
    let mut item = Item::new(item, "key");
    let verdict = item.optional("decision").map(|Decided { verdict }| verdict);
    let is_fetched = item.optional("document").is_some_and(|Unread { unreadable }| unreadable.is_fetched);
    match (item.optional("state"), verdict) {
        (_, Some(Verdict::Skip(SkipReason::Unreadable))) if is_fetched => Completeness::Unreadable,
        (Some(State::Open), _) | (_, Some(Verdict::Skip(SkipReason::Unreadable))) => Completeness::Incomplete,
        (_, Some(Verdict::Skip(SkipReason::BeforeConnection))) => Completeness::BeforeConnection,
        _ => Completeness::Complete,
    }
}

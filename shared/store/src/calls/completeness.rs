//! Whether calls that Aircall lists have a complete entry.

use std::collections::BTreeMap;

use rules::{SkipReason, Verdict};
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
    /// It was skipped because it is from before the connection.
    BeforeConnection,
    /// It was decided about.
    Complete,
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
        let items = self.table.get_parts(keys, &["key", "state", "decision.verdict"]).await?;
        Ok(items.into_iter().filter_map(|item| Some((keys::sort_key(&item)?.clone(), read(item)))).collect())
    }
}

fn read(item: Attributes) -> Completeness {
    #[derive(Deserialize)]
    struct Decided {
        verdict: Verdict,
    }
    let mut item = Item::new(item, "key");
    let verdict = item.optional("decision").map(|Decided { verdict }| verdict);
    match (item.optional("state"), verdict) {
        (Some(State::Open), _) | (_, Some(Verdict::Skip(SkipReason::Unreadable))) => Completeness::Incomplete,
        (_, Some(Verdict::Skip(SkipReason::BeforeConnection))) => Completeness::BeforeConnection,
        _ => Completeness::Complete,
    }
}

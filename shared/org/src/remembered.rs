//! Records that we remember for phone numbers: those that we created, and those that others were merged into.
//! Salesforce may not find them by the number.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rules::matching::{Candidate, Record};
use rules::{E164, Topic, Trace};
use salesforce::SalesforceId;

use crate::batch_error::BatchError;
use crate::org::Org;

/// A match to cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The record.
    pub record: Record,
    /// How it is remembered.
    pub remember: Remember,
}

/// How a match is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    /// For minutes: a search finds it again.
    Found,
    /// As a record that we created.
    Ours {
        /// Until when.
        until: Timestamp,
    },
    /// Like a record that we created: another was merged into it, and it may have another number.
    Merged,
}

/// A record that counts for a phone number without having been found: one that we created, or the winner of a merge.
#[derive(Debug)]
pub(crate) struct Remembered {
    pub(crate) record: Record,
    /// Until when it is remembered, and whether the number is searched again now. `None` for a record that no longer
    /// takes Tasks.
    pub(crate) ours: Option<(Timestamp, bool)>,
}

/// The trace of a record that the cache knows.
pub(crate) fn known_trace(record: &Record, how: &str) -> Trace {
    let mut trace = Trace::new();
    trace.note(Topic::Record, format!("The phone number is that of the {} {}: {how}.", record.kind, record.name));
    trace
}

/// Remembered records that were not found.
#[derive(Debug, Default)]
pub(crate) struct NotFound<'a> {
    /// The records that they were merged into, which count as having the phone number.
    pub(crate) winners: BTreeMap<E164, Record>,
    /// Those of our own that still exist, which count if no other record has the number.
    pub(crate) alone: BTreeMap<E164, &'a Record>,
}

/// What became of remembered records that were not found.
pub(crate) async fn not_found<'a>(
    org: &mut Org,
    remembered: &'a BTreeMap<E164, Remembered>,
    found: &BTreeSet<Option<SalesforceId>>,
    has_persons: bool,
) -> Result<NotFound<'a>, BatchError> {
    let missing = || remembered.iter().filter(|(_, remembered)| !found.contains(&remembered.record.id));
    let ids: BTreeSet<SalesforceId> = missing().filter_map(|(_, remembered)| remembered.record.id).collect();
    if ids.is_empty() {
        return Ok(NotFound::default());
    }
    let winners = match org.winners(&ids, has_persons).await {
        Ok(winners) => winners,
        // Without news of them, those that we created count.
        Err(BatchError::TimedOut(_) | BatchError::Refused(_) | BatchError::Unknown(_)) => BTreeMap::new(),
        Err(error) => return Err(error),
    };
    let mut not_found = NotFound::default();
    for (phone, Remembered { record, ours }) in missing() {
        match record.id.and_then(|id| winners.get(&id)) {
            Some(winner) => not_found.winners.extend(winner.clone().map(|winner| (phone.clone(), winner))),
            None if ours.is_some() => drop(not_found.alone.insert(phone.clone(), record)),
            None => {}
        }
    }
    Ok(not_found)
}

/// Adds a phone number to a record among the candidates, or the record with it.
pub(crate) fn add_number(candidates: &mut Vec<Candidate>, phone: &E164, record: &Record) {
    match candidates.iter_mut().find(|candidate| candidate.record.id == record.id) {
        Some(candidate) => candidate.phones.push(phone.to_string()),
        None => candidates.push(Candidate {
            record: record.clone(),
            phones: vec![phone.to_string()],
            country: None,
            last_modified: None,
            is_converted: false,
        }),
    }
}

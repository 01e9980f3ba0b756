//! Which record has a phone number.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::phone::E164;
use crate::trace::{Topic, Trace};

/// The kinds of record a call is logged on, in order of priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Salesforce's names")]
pub enum RecordKind {
    #[default]
    Contact,
    Lead,
    Account,
    PersonAccount,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordKind::Contact => "Contact",
            RecordKind::Lead => "Lead",
            RecordKind::Account => "Account",
            RecordKind::PersonAccount => "Person Account",
        })
    }
}

/// A record that may be the other party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its kind, ids and name.
    pub record: Record,
    /// All its phone numbers that are compared, as stored: Phone, Mobile, Home, Other and Asst. Phone.
    pub phones: Vec<String>,
    /// `LastModifiedDate`.
    pub last_modified: Timestamp,
    /// Whether it is a Lead that was converted, which takes no activities.
    pub is_converted: bool,
}

/// The record a call is logged on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its kind.
    #[serde(default)]
    pub kind: RecordKind,
    /// Its Salesforce id; for a Person Account, that of the Account.
    #[serde(default)]
    pub id: String,
    /// The id of a Person Account's hidden Contact, which a Task's `WhoId` takes.
    pub person_contact_id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

impl Record {
    /// The id for the Task's `WhoId`: a person. None for a plain Account.
    pub fn who(&self) -> Option<&str> {
        match self.kind {
            RecordKind::Contact | RecordKind::Lead => Some(&self.id),
            RecordKind::PersonAccount => self.person_contact_id.as_deref(),
            RecordKind::Account => None,
        }
    }

    /// The id for the Task's `WhatId` unless a Case or Opportunity takes its place: a plain Account,
    /// or a Person Account whose hidden Contact is not known.
    pub fn what(&self) -> Option<&str> {
        match self.kind {
            RecordKind::Account => Some(&self.id),
            RecordKind::PersonAccount if self.person_contact_id.is_none() => Some(&self.id),
            RecordKind::Contact | RecordKind::Lead | RecordKind::PersonAccount => None,
        }
    }
}

/// The record that has `phone` among `candidates`: Contact before Lead before Account before Person Account,
/// and within a kind the most recently updated one. Adds the finding to `trace`.
///
/// A search may return too much (a fax number, a part of a number), so each candidate's own phones are checked again.
pub fn choose<'a>(phone: &E164, candidates: &'a [Candidate], trace: &mut Trace) -> Option<&'a Candidate> {
    let mut matches: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| !candidate.is_converted && candidate.phones.iter().any(|stored| phone.is_written(stored)))
        .collect();
    // Ties are broken by id, so that a retry finds the same record.
    matches.sort_by(|a, b| {
        let latest_first = b.last_modified.cmp(&a.last_modified);
        a.record.kind.cmp(&b.record.kind).then(latest_first).then_with(|| a.record.id.cmp(&b.record.id))
    });
    let chosen = matches.first()?;
    let same_kind = matches.iter().filter(|other| other.record.kind == chosen.record.kind).count();
    let others = matches.len() - same_kind;
    let among = if same_kind > 1 { format!(", the most recently updated of {same_kind}") } else { String::new() };
    let besides = match others {
        0 => String::new(),
        1 => "; 1 record of a lower priority also has it".to_owned(),
        _ => format!("; {others} records of a lower priority also have it"),
    };
    let (kind, name) = (chosen.record.kind, &chosen.record.name);
    trace.note(Topic::Record, format!("The phone number is that of the {kind} {name}{among}{besides}."));
    Some(chosen)
}

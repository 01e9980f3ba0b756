//! Which Case or Opportunity of a Contact a Task is related to.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::matching::RecordKind;
use crate::salesforce_id::SalesforceId;
use crate::settings::{RelateTo, Settings};
use crate::trace::{Topic, Trace};

/// What a Contact's Task can be related to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Salesforce's names")]
pub enum RelatedKind {
    Case,
    Opportunity,
}

impl fmt::Display for RelatedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RelatedKind::Case => "Case",
            RelatedKind::Opportunity => "Opportunity",
        })
    }
}

/// A Case or Opportunity of a Contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Its kind.
    pub kind: RelatedKind,
    /// Its id.
    pub id: SalesforceId,
    /// Its number or name, for the trace.
    pub name: String,
    /// Whether it is closed.
    pub is_closed: bool,
    /// `LastModifiedDate`.
    pub last_modified: Option<Timestamp>,
}

/// The kind to search for under `settings` for a record of this kind; none if nothing is to be related.
pub fn wanted(settings: &Settings, kind: RecordKind) -> Option<RelatedKind> {
    match (settings.relate_to, kind) {
        (RelateTo::Case, RecordKind::Contact) => Some(RelatedKind::Case),
        (RelateTo::Opportunity, RecordKind::Contact) => Some(RelatedKind::Opportunity),
        _ => None,
    }
}

/// What to relate the Task to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Nothing to relate to.
    Nothing,
    /// This Case or Opportunity.
    Existing(Related),
    /// A Case that has to be created.
    NewCase,
}

/// Relates a Task on a record of this kind to one of `found`: the most recently updated open one.
///
/// Only the Tasks of Contacts are related. A missing Case may be created, an Opportunity never.
pub fn relate(settings: &Settings, kind: RecordKind, found: Vec<Related>, trace: &mut Trace) -> Relation {
    let Some(wanted) = wanted(settings, kind) else {
        if settings.relate_to != RelateTo::Nothing {
            let finding = format!(
                "Only calls of a Contact are related to a Case or Opportunity, and this is a {kind}: nothing is related."
            );
            trace.note(Topic::Relation, finding);
        }
        return Relation::Nothing;
    };
    let open: Vec<Related> = found.into_iter().filter(|related| related.kind == wanted && !related.is_closed).collect();
    let count = open.len();
    let latest = open.into_iter().max_by(|a, b| a.last_modified.cmp(&b.last_modified).then_with(|| b.id.cmp(&a.id)));
    match latest {
        Some(related) => {
            let which =
                if count > 1 { format!(", the most recently updated of {count} open ones") } else { String::new() };
            trace.note(Topic::Relation, format!("It is related to the open {wanted} {}{which}.", related.name));
            Relation::Existing(related)
        }
        None if wanted == RelatedKind::Case && settings.create_case_if_none => {
            trace.note(Topic::Relation, "The Contact has no open Case: one is created.");
            Relation::NewCase
        }
        None => {
            trace.note(Topic::Relation, format!("The Contact has no open {wanted}: nothing is related."));
            Relation::Nothing
        }
    }
}

//! An entry in the list.

use rules::{Call, Direction, Party};
use store::{Corrupt, Entry, Tenant};

use crate::activity::outcome::Outcome;
use crate::activity::record_url;
use crate::reason;
use crate::settings::change::title;
use crate::when::Local;

/// An entry in the list.
pub(super) struct Row {
    pub(super) key: String,
    /// What kind of call.
    pub(super) title: &'static str,
    /// Its class in the stylesheet, which draws an arrow.
    pub(super) direction: &'static str,
    /// None of an entry that cannot be read.
    pub(super) started: Option<Local>,
    pub(super) number: String,
    pub(super) line: String,
    pub(super) user: String,
    pub(super) outcome: Outcome,
    pub(super) reason: String,
    pub(super) task_url: Option<String>,
}

impl Row {
    pub(super) fn of(entry: Result<Entry, Corrupt>, tenant: &Tenant) -> Self {
        match entry {
            Ok(entry) => Self::new(&entry, &entry.document.call(), tenant),
            Err(corrupt) => {
                tracing::error!(error = %corrupt, "an entry cannot be read");
                Self {
                    key: corrupt.key,
                    title: "Call",
                    direction: "",
                    started: None,
                    number: String::new(),
                    line: String::new(),
                    user: String::new(),
                    outcome: Outcome::Failed,
                    reason: "The entry was stored by another version and cannot be read.".to_owned(),
                    task_url: None,
                }
            }
        }
    }

    fn new(entry: &Entry, call: &Call, tenant: &Tenant) -> Self {
        Self {
            key: entry.key.clone(),
            title: kind(entry, call),
            direction: direction(call),
            started: Some(Local::of(call.started_at, &rules::hours::zone_of(&call.number))),
            number: number(call),
            line: call.number.label(),
            user: call.user.as_ref().and_then(|user| user.name.clone()).unwrap_or_default(),
            outcome: Outcome::of(entry.state),
            reason: reason::reason(entry, call, &tenant.state),
            task_url: entry.written.as_ref().and_then(|written| record_url(tenant, "Task", &written.task_id)),
        }
    }
}

/// What kind of call it is: before it is over only who called whom.
pub(in crate::pages) fn kind(entry: &Entry, call: &Call) -> &'static str {
    match (&entry.decision, call.direction) {
        (Some(decision), _) => title(decision.call_type),
        (None, Direction::Inbound) => "Inbound call",
        (None, Direction::Outbound) => "Outbound call",
    }
}

/// The class of the arrow.
pub(in crate::pages) fn direction(call: &Call) -> &'static str {
    match call.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

/// The other party's number as people write it.
pub(in crate::pages) fn number(call: &Call) -> String {
    match &call.party {
        Party::Number(number) => number.international(),
        Party::Unusable(text) => text.clone(),
        Party::Anonymous => "Number withheld".to_owned(),
    }
}

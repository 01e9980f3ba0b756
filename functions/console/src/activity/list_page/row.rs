//! A row of the activity list.

use rules::{Direction, Interaction};
use store::{Corrupt, Entry, Tenant};

use crate::activity::outcome::Outcome;
use crate::activity::{entry_title, explanation, phones, record_url, unreadable};
use crate::web::when::Local;

/// A row of the activity list.
pub(super) struct Row {
    pub(super) key: String,
    /// The call type, or that it is a message.
    pub(super) title: &'static str,
    /// The CSS class that draws the direction arrow.
    pub(super) direction: &'static str,
    /// `None` for an entry that cannot be read.
    pub(super) started: Option<Local>,
    pub(super) phone: String,
    pub(super) line: String,
    pub(super) user: String,
    pub(super) outcome: Outcome,
    pub(super) reason: String,
    pub(super) task_url: Option<String>,
}

impl Row {
    pub(super) fn new(entry: Result<Entry, Corrupt>, tenant: &Tenant) -> Self {
        match entry {
            Ok(entry) => Self::from_entry(&entry, &entry.document.interaction(), tenant),
            Err(corrupt) => {
                let reason = unreadable(&corrupt);
                Self {
                    key: corrupt.key,
                    title: "Call",
                    direction: "",
                    started: None,
                    phone: String::new(),
                    line: String::new(),
                    user: String::new(),
                    outcome: Outcome::Failed,
                    reason,
                    task_url: None,
                }
            }
        }
    }

    fn from_entry(entry: &Entry, interaction: &Interaction, tenant: &Tenant) -> Self {
        Self {
            key: entry.key.clone(),
            title: entry_title::entry_title(entry, interaction),
            direction: direction(interaction),
            started: Some(Local::new(interaction.started_at(), &rules::hours::time_zone_of(interaction.line()))),
            phone: phones::shown(interaction),
            line: interaction.line().label(),
            user: interaction.user().and_then(|user| user.name.clone()).unwrap_or_default(),
            outcome: Outcome::from_state(entry.state),
            reason: explanation::explain(entry, interaction, &tenant.state),
            task_url: entry.written.as_ref().and_then(|written| record_url(tenant, "Task", written.task_id)),
        }
    }
}

/// The CSS class of the direction arrow.
fn direction(interaction: &Interaction) -> &'static str {
    match interaction.direction() {
        Some(Direction::Inbound) => "inbound",
        Some(Direction::Outbound) => "outbound",
        None => "",
    }
}

//! Notices about problems that stop calls from arriving or from being logged, and how an admin fixes them.

use jiff::{SignedDuration, Timestamp};
use store::{AircallState, ConnectionState, Tenant, WebhookProblem};

use crate::web::when::When;

/// How long it is shown that a webhook was repaired.
const REPAIR_SHOWN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A problem that stops calls from arriving or from being logged, or that did.
pub(super) struct Notice {
    /// The problem, as sentences.
    pub(super) text: String,
    /// When Salesforce is tried again, if the problem is temporary.
    pub(super) until: Option<When>,
    /// The label of the link to [`Notice::path`]; `None` if the problem is temporary.
    pub(super) action: Option<&'static str>,
    pub(super) path: &'static str,
}

impl Notice {
    /// All current notices; `note` says what is known to be wrong with Aircall's webhook.
    pub(super) fn all(tenant: &Tenant, note: Option<String>) -> Vec<Self> {
        let repaired = Self::for_repair(tenant, Timestamp::now());
        [Self::for_salesforce(tenant), Self::for_aircall(tenant, note), repaired].into_iter().flatten().collect()
    }

    fn for_salesforce(tenant: &Tenant) -> Option<Self> {
        if tenant.salesforce.is_none() {
            let text = "Salesforce is not connected. Calls wait here and are logged once it is.";
            return Some(Self::new(text.to_owned(), "Connect Salesforce"));
        }
        match &tenant.state {
            ConnectionState::Connected => None,
            ConnectionState::ReconnectNeeded { reason, .. } => Some(Self::new(
                format!("Salesforce has to be connected again: {reason} Calls wait here until it is."),
                "Reconnect Salesforce",
            )),
            ConnectionState::Paused { reason, until, .. } => {
                let text = format!("Calls wait here until Salesforce takes requests again: {reason}");
                Some(Self { until: Some(When::new(*until)), action: None, ..Self::new(text, "") })
            }
        }
    }

    fn for_aircall(tenant: &Tenant, note: Option<String>) -> Option<Self> {
        let Some(connection) = &tenant.aircall else {
            // A webhook that was created by hand may still send calls.
            let text = || "Aircall is not connected, so no calls arrive.".to_owned();
            return tenant.webhook_tokens.is_empty().then(|| Self::new(text(), "Connect Aircall"));
        };
        let (problem, action) = match connection.state {
            AircallState::Active => return None,
            AircallState::Deactivated { .. } => ("Aircall does not send calls correctly.", "Re-activate the webhook"),
            AircallState::Unknown => ("The state of the Aircall webhook is unknown.", "Check the connection"),
        };
        let text = note.map_or_else(|| problem.to_owned(), |note| format!("{problem} {note}"));
        Some(Self::new(text, action))
    }

    /// What was wrong with the webhook until it was repaired.
    fn for_repair(tenant: &Tenant, now: Timestamp) -> Option<Self> {
        tenant.aircall.as_ref()?;
        let repair = tenant.webhook_repair.filter(|repair| now.duration_since(repair.at) < REPAIR_SHOWN)?;
        let problem = match repair.problem {
            WebhookProblem::TurnedOff => "The webhook was turned off in Aircall",
            WebhookProblem::Deleted => "The webhook was deleted in Aircall",
            WebhookProblem::Changed => "The webhook was changed in Aircall",
            WebhookProblem::FormerAddress => "The webhook sent to a former address of this console",
            WebhookProblem::Unknown => "The webhook did not send",
        };
        let at = |at: Timestamp| at.strftime("%Y-%m-%d at %H:%M UTC").to_string();
        let since =
            repair.since.map(|since| format!(" It was last known to send on {}.", at(since))).unwrap_or_default();
        let text = format!("{problem}, and was repaired on {}.{since}", at(repair.at));
        Some(Self { text, until: None, action: Some("See the connection"), path: crate::connections::NAV.path })
    }

    fn new(text: String, action: &'static str) -> Self {
        Self { text, until: None, action: Some(action), path: crate::connections::NAV.path }
    }
}

//! Notices about problems that stop calls from arriving or from being logged, and how an admin fixes them.

use store::{AircallState, ConnectionState, Tenant};

use crate::web::when::When;

/// A problem that stops calls from arriving or from being logged.
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
        [Self::for_salesforce(tenant), Self::for_aircall(tenant, note)].into_iter().flatten().collect()
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

    fn new(text: String, action: &'static str) -> Self {
        Self { text, until: None, action: Some(action), path: crate::connections::NAV.path }
    }
}

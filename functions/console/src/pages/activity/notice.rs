//! What keeps calls from coming or from being logged, and what an admin does about it.

use store::{AircallState, ConnectionState, Tenant};

use crate::page::Nav;
use crate::when::When;

/// What keeps calls from coming or from being logged.
pub(super) struct Notice {
    /// What, as sentences.
    pub(super) text: String,
    /// When it ends by itself, if it does.
    pub(super) until: Option<When>,
    /// What to do about it at [`Notice::path`]; nothing if it passes.
    pub(super) action: Option<&'static str>,
    pub(super) path: &'static str,
}

impl Notice {
    /// All of it; `note` is what Aircall's webhook is known to lack.
    pub(super) fn all(tenant: &Tenant, note: Option<String>) -> Vec<Self> {
        [Self::of_salesforce(tenant), Self::of_aircall(tenant, note)].into_iter().flatten().collect()
    }

    fn of_salesforce(tenant: &Tenant) -> Option<Self> {
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

    fn of_aircall(tenant: &Tenant, note: Option<String>) -> Option<Self> {
        let Some(connection) = &tenant.aircall else {
            // A webhook that was made by hand sends all the same.
            let text = || "Aircall is not connected, so no calls come.".to_owned();
            return tenant.webhook_tokens.is_empty().then(|| Self::new(text(), "Connect Aircall"));
        };
        let (what, action) = match connection.state {
            AircallState::Active => return None,
            AircallState::Deactivated { .. } => {
                ("Aircall does not send calls as it should.", "Re-activate the webhook")
            }
            AircallState::Unknown => ("It is not known whether Aircall sends calls.", "Look at the connection"),
        };
        let text = note.map_or_else(|| what.to_owned(), |note| format!("{what} {note}"));
        Some(Self::new(text, action))
    }

    fn new(text: String, action: &'static str) -> Self {
        Self { text, until: None, action: Some(action), path: Nav::Connections.path() }
    }
}

//! What keeps calls from coming or from being logged, and what an admin does about it.

use store::{ConnectionState, Tenant};

use crate::page::Nav;
use crate::when::When;

/// What keeps calls from being logged.
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
    /// The first thing to do something about.
    pub(super) fn of(tenant: &Tenant) -> Option<Self> {
        let notice =
            |text: String, action| Self { text, until: None, action: Some(action), path: Nav::Connections.path() };
        if tenant.salesforce.is_none() {
            let text = "Salesforce is not connected. Calls wait here and are logged once it is.".to_owned();
            return Some(notice(text, "Connect Salesforce"));
        }
        match &tenant.state {
            ConnectionState::ReconnectNeeded { reason, .. } => {
                return Some(notice(
                    format!("Salesforce has to be connected again: {reason} Calls wait here until it is."),
                    "Reconnect Salesforce",
                ));
            }
            ConnectionState::Paused { reason, until, .. } => {
                let text = format!("Calls wait here until Salesforce takes requests again: {reason}");
                return Some(Self { until: Some(When::of(*until)), action: None, ..notice(text, "") });
            }
            ConnectionState::Connected => {}
        }
        let text = || "Aircall is not connected, so no calls come.".to_owned();
        let sends = tenant.aircall.is_some() || !tenant.webhook_tokens.is_empty();
        (!sends).then(|| notice(text(), "Connect Aircall"))
    }
}

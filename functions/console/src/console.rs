//! What the console works with.

use lambda::queue::Bell;
use secrecy::SecretString;
use store::{Calls, SettingsStore, Tenants};

/// What the console works with.
#[derive(Debug)]
pub struct Console {
    /// The activity log.
    pub calls: Calls,
    /// The settings.
    pub settings: SettingsStore,
    /// The tenants, and whether their orgs take requests.
    pub tenants: Tenants,
    /// Wakes the writer for what is retried.
    pub bell: Bell,
    /// What session cookies are signed with: any of them counts.
    pub session_keys: Vec<SecretString>,
}

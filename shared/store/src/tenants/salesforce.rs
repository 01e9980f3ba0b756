//! A tenant's Salesforce org, connected in the console.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use serde::{Deserialize, Serialize};

/// A connected Salesforce org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Id of the Organization.
    pub org_id: String,
    /// Base URL of its REST API when it was connected; the tokens hold the current one.
    #[serde(default)]
    pub instance_url: String,
    /// URL where its users sign in and tokens are refreshed.
    #[serde(default = "default_login_url")]
    pub login_url: String,
    /// Id of the Salesforce user who connected it, who owns records that match no other user.
    #[serde(default)]
    pub user_id: String,
    /// That user's name, if it was in the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// When it was connected.
    #[serde(with = "required", default)]
    pub connected_at: Timestamp,
}

/// Where users of production orgs sign in.
fn default_login_url() -> String {
    "https://login.salesforce.com".to_owned()
}

/// Whether a tenant's Salesforce org accepts requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", from = "StoredState")]
pub enum ConnectionState {
    /// It does, as far as is known.
    #[default]
    Connected,
    /// Not before `until`: a limit is reached, or the org is down. Entries stay pending.
    Paused {
        /// When the problem began, regardless of later attempts.
        #[serde(with = "required")]
        since: Timestamp,
        /// When to try again.
        #[serde(with = "required")]
        until: Timestamp,
        /// Why, as a sentence.
        reason: String,
    },
    /// Not until an admin reconnects it. Entries stay pending.
    ReconnectNeeded {
        /// Why, as a sentence.
        reason: String,
        /// When the connection was found dead.
        #[serde(with = "required")]
        since: Timestamp,
        /// When to check whether it works again: an admin may have fixed the cause in Salesforce.
        #[serde(with = "required")]
        try_at: Timestamp,
    },
}

impl ConnectionState {
    /// Since when the org has been unavailable; `None` if it is available.
    pub fn unavailable_since(&self) -> Option<Timestamp> {
        match self {
            Self::Connected => None,
            Self::Paused { since, .. } | Self::ReconnectNeeded { since, .. } => Some(*since),
        }
    }

    /// Whether the connection is dead, so that an admin has to reconnect the org.
    pub fn is_dead(&self) -> bool {
        matches!(self, Self::ReconnectNeeded { .. })
    }

    /// When an org that takes no requests is tried again; `None` if it takes requests.
    pub fn next_attempt(&self) -> Option<Timestamp> {
        match self {
            Self::Connected => None,
            Self::Paused { until, .. } => Some(*until),
            Self::ReconnectNeeded { try_at, .. } => Some(*try_at),
        }
    }
}

/// A [`ConnectionState`] as any version stored it.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
enum StoredState {
    Connected,
    Paused {
        /// Pauses did not always have it.
        #[serde(with = "optional", default)]
        since: Option<Timestamp>,
        #[serde(with = "required")]
        until: Timestamp,
        reason: String,
    },
    ReconnectNeeded {
        reason: String,
        #[serde(with = "required")]
        since: Timestamp,
        #[serde(with = "required")]
        try_at: Timestamp,
    },
}

impl From<StoredState> for ConnectionState {
    fn from(stored: StoredState) -> Self {
        match stored {
            StoredState::Connected => ConnectionState::Connected,
            StoredState::Paused { since, until, reason } => {
                ConnectionState::Paused { since: since.unwrap_or(until), until, reason }
            }
            StoredState::ReconnectNeeded { reason, since, try_at } => {
                ConnectionState::ReconnectNeeded { reason, since, try_at }
            }
        }
    }
}

/// An org's API calls in the last 24 hours, by all integrations together.
/// <https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiUsage {
    /// Calls used.
    pub used: u64,
    /// Calls allowed.
    pub limit: u64,
    /// When Salesforce reported this, in UNIX seconds.
    #[serde(with = "required")]
    #[cfg_attr(feature = "openapi", schema(value_type = i64, example = 1_774_254_600))]
    pub at: Timestamp,
}

//! A tenant's Aircall account, connected in the console.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use serde::{Deserialize, Serialize};

/// A connected Aircall account. Its credentials are in Secrets Manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AircallConnection {
    /// Aircall's id of the company, if it was in the response.
    #[serde(default)]
    pub company_id: Option<u64>,
    /// What Aircall calls the company.
    #[serde(default)]
    pub company_name: String,
    /// The kind of credentials it was connected with.
    #[serde(default)]
    pub how: AircallAuth,
    /// Aircall's id of the webhook that we created.
    #[serde(default)]
    pub webhook_id: String,
    /// The URL that webhook sends to, if it was in the response.
    #[serde(default)]
    pub webhook_url: Option<String>,
    /// When it was connected.
    #[serde(with = "required", default)]
    pub connected_at: Timestamp,
    /// When the webhook was last replaced by a rotation.
    #[serde(default, with = "optional")]
    pub rotated_at: Option<Timestamp>,
    /// Whether the webhook is active, as Aircall last reported.
    #[serde(default)]
    pub state: AircallState,
}

/// The kind of credentials an Aircall account is connected with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AircallAuth {
    /// An API id and token that an admin created.
    #[default]
    ApiKey,
    /// An access token that an admin granted.
    #[serde(rename = "oauth")]
    OAuth,
}

/// Whether an Aircall webhook is active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AircallState {
    /// It sends events.
    Active,
    /// Aircall or a person has deactivated it.
    Deactivated {
        /// Since when, as far as is known.
        #[serde(with = "required")]
        since: Timestamp,
    },
    /// Not checked, or Aircall did not respond.
    #[default]
    Unknown,
}

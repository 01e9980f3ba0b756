//! A tenant's Aircall account, as it was connected in the console.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use serde::{Deserialize, Serialize};

/// A connected Aircall account. Its credentials are in Secrets Manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AircallConnection {
    /// Aircall's id of the company, if it told.
    #[serde(default)]
    pub company_id: Option<u64>,
    /// What Aircall calls the company.
    pub company_name: String,
    /// With which kind of credentials it was connected.
    pub how: AircallAuth,
    /// Aircall's id of the webhook that we made.
    pub webhook_id: String,
    /// Where that webhook sends to, if Aircall told.
    #[serde(default)]
    pub webhook_url: Option<String>,
    /// When it was connected.
    #[serde(with = "required")]
    pub connected_at: Timestamp,
    /// Whether the webhook sends, as Aircall last said.
    pub state: AircallState,
}

/// With which kind of credentials an Aircall account is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AircallAuth {
    /// An API id and token that an admin made.
    ApiKey,
    /// An access token that an admin granted.
    #[serde(rename = "oauth")]
    OAuth,
}

/// Whether a webhook of Aircall's sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AircallState {
    /// It does.
    Active,
    /// Aircall has deactivated it, or somebody has.
    Deactivated {
        /// Since when, as far as is known.
        #[serde(with = "required")]
        since: Timestamp,
    },
    /// Aircall was not asked, or did not answer.
    Unknown,
}

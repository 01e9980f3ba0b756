//! `GET /api/connections`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use serde::Serialize;
use store::{ApiUsage, Connection, ConnectionState, Tenant};

use crate::console::Console;
use crate::error::ApiError;
use crate::signed_in::SignedIn;
use crate::warning::{self, Warning};

/// What the tenant is connected to.
#[derive(Debug, Serialize)]
pub(crate) struct Connections {
    /// The Salesforce org; null if none was connected yet.
    salesforce: Option<SalesforceView>,
}

/// A connected Salesforce org.
#[derive(Debug, Serialize)]
struct SalesforceView {
    org_id: String,
    /// Who connected it.
    user_id: String,
    instance_url: String,
    /// UNIX seconds.
    #[serde(with = "required")]
    connected_at: Timestamp,
    #[serde(flatten)]
    state: StateView,
    /// The org's API calls of 24 hours, as Salesforce last said; null while it has not.
    api_usage: Option<ApiUsage>,
    /// What the org keeps from us.
    warnings: Vec<Warning>,
}

/// Whether the org takes requests.
#[derive(Debug, Serialize)]
struct StateView {
    /// `connected`, `paused` or `reconnect_needed`.
    state: &'static str,
    /// Why it takes none, as a sentence; null if it does.
    reason: Option<String>,
    /// Since when, UNIX seconds.
    #[serde(with = "optional")]
    since: Option<Timestamp>,
    /// When it is tried again, UNIX seconds.
    #[serde(with = "optional")]
    until: Option<Timestamp>,
}

/// What the tenant is connected to, and how that is.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<Connections>, ApiError> {
    let tenant = console.tenants.get(&session.tenant).await?;
    Ok(Json(Connections { salesforce: tenant.and_then(|tenant| SalesforceView::of(tenant, Timestamp::now())) }))
}

impl SalesforceView {
    fn of(tenant: Tenant, now: Timestamp) -> Option<Self> {
        let Connection { org_id, instance_url, user_id, connected_at, login_url: _ } = tenant.salesforce?;
        let (state, api_usage) = (StateView::of(tenant.state), tenant.api_usage);
        let warnings = warning::of(tenant.facts.as_of(now));
        Some(Self { org_id, user_id, instance_url, connected_at, state, api_usage, warnings })
    }
}

impl StateView {
    fn of(state: ConnectionState) -> Self {
        let (state, reason, since, until) = match state {
            ConnectionState::Connected => ("connected", None, None, None),
            ConnectionState::Paused { since, until, reason } => ("paused", Some(reason), Some(since), Some(until)),
            ConnectionState::ReconnectNeeded { reason, since, try_at } => {
                ("reconnect_needed", Some(reason), Some(since), Some(try_at))
            }
        };
        Self { state, reason, since, until }
    }
}

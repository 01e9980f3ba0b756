//! What the tenant is connected to, as the API tells it and the pages put it into words.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use serde::Serialize;
use store::{AircallAuth, AircallConnection, AircallState, ApiUsage, Connection, ConnectionState, Tenant, TenantId};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::aircall::watch;
use crate::api::schema::one_of;
use crate::console::Console;
use crate::warning::{self, Warning};

/// What the tenant is connected to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Connections {
    /// The Salesforce org; null if none is connected.
    #[schema(required)]
    pub(crate) salesforce: Option<SalesforceView>,
    /// Where the users of the org signed in that was connected before, for the way back to it.
    #[serde(skip)]
    pub(crate) former_login_url: Option<String>,
    /// The Aircall account; null if none is connected.
    #[schema(required)]
    pub(crate) aircall: Option<AircallView>,
}

/// A connected Salesforce org.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesforceConnection)]
pub(crate) struct SalesforceView {
    #[schema(example = "00D000000000001AAA")]
    pub(crate) org_id: String,
    /// Who connected it.
    #[schema(example = "005000000000001AAA")]
    pub(crate) user_id: String,
    /// What Salesforce calls that user; null if it did not tell.
    #[schema(required)]
    pub(crate) user_name: Option<String>,
    pub(crate) instance_url: String,
    /// Where its users sign in.
    pub(crate) login_url: String,
    /// UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    pub(crate) connected_at: Timestamp,
    #[serde(flatten)]
    pub(crate) state: StateView,
    /// The org's API calls of 24 hours, as Salesforce last said; null while it has not.
    #[schema(required)]
    pub(crate) api_usage: Option<ApiUsage>,
    /// What the org keeps from us.
    pub(crate) warnings: Vec<Warning>,
}

/// Whether the org takes requests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesforceState)]
pub(crate) struct StateView {
    /// `connected`, `paused` or `reconnect_needed`.
    #[schema(schema_with = salesforce_states)]
    pub(crate) state: &'static str,
    /// Why it takes none, as a sentence; null if it does.
    #[schema(required)]
    pub(crate) reason: Option<String>,
    /// Since when, UNIX seconds.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) since: Option<Timestamp>,
    /// When it is tried again, UNIX seconds.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) until: Option<Timestamp>,
}

/// A connected Aircall account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AircallConnection)]
pub(crate) struct AircallView {
    /// Aircall's id of the company; null if it did not tell.
    #[schema(required)]
    pub(crate) company_id: Option<u64>,
    pub(crate) company_name: String,
    /// `api_key` or `oauth`.
    pub(crate) how: AircallAuth,
    /// Aircall's id of the webhook.
    pub(crate) webhook_id: String,
    /// Where it sends to.
    #[schema(required)]
    pub(crate) webhook_url: Option<String>,
    /// UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    pub(crate) connected_at: Timestamp,
    /// Whether the webhook sends: `active`, `deactivated` or `unknown`.
    #[schema(schema_with = aircall_states)]
    pub(crate) state: &'static str,
    /// Since when it does not, UNIX seconds.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) since: Option<Timestamp>,
    /// What an admin should know of it, as sentences; null if all is well.
    #[schema(required)]
    pub(crate) reason: Option<String>,
    /// When an event last came from Aircall, to the minute, UNIX seconds; null if none has.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) last_event_at: Option<Timestamp>,
}

fn salesforce_states() -> Object {
    one_of(&["connected", "paused", "reconnect_needed"], "Whether the org takes requests.")
}

fn aircall_states() -> Object {
    one_of(&["active", "deactivated", "unknown"], "Whether the webhook sends.")
}

impl Connections {
    /// What the tenant is connected to now.
    pub(crate) async fn load(console: &Console, tenant: &TenantId) -> Result<Self, store::Error> {
        let Some(mut tenant) = console.tenants.get(tenant).await? else {
            return Ok(Self { salesforce: None, former_login_url: None, aircall: None });
        };
        let reason = watch::check_webhook(console, &mut tenant).await;
        let (last_event_at, former_login_url) = (tenant.last_event_at, tenant.former_login_url.take());
        let aircall = tenant.aircall.take().map(|connection| AircallView::new(connection, reason, last_event_at));
        Ok(Self { salesforce: SalesforceView::from_tenant(tenant, Timestamp::now()), former_login_url, aircall })
    }
}

impl SalesforceView {
    fn from_tenant(tenant: Tenant, now: Timestamp) -> Option<Self> {
        let Connection { org_id, instance_url, login_url, user_id, user_name, connected_at } = tenant.salesforce?;
        let (state, api_usage) = (StateView::new(tenant.state), tenant.api_usage);
        let warnings = warning::warnings(tenant.facts.as_of(now));
        Some(Self { org_id, user_id, user_name, instance_url, login_url, connected_at, state, api_usage, warnings })
    }
}

impl StateView {
    fn new(state: ConnectionState) -> Self {
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

impl AircallView {
    fn new(connection: AircallConnection, reason: Option<String>, last_event_at: Option<Timestamp>) -> Self {
        let AircallConnection { company_id, company_name, how, webhook_id, webhook_url, connected_at, state } =
            connection;
        let (state, since) = match state {
            AircallState::Active => ("active", None),
            AircallState::Deactivated { since } => ("deactivated", Some(since)),
            AircallState::Unknown => ("unknown", None),
        };
        Self {
            company_id,
            company_name,
            how,
            webhook_id,
            webhook_url,
            connected_at,
            state,
            since,
            reason,
            last_event_at,
        }
    }
}

//! The tenant's connections, as the API returns them. The pages are built from the same view.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use rules::StatusChoice;
use serde::Serialize;
use store::{
    AircallAuth, AircallConnection, AircallState, AircallSubscription, ApiUsage, Backfill, Connection, ConnectionState,
    ConsentLink, FormerUser, OrgFacts, Tenant,
};
use utoipa::ToSchema;

use super::aircall::app::{self, App, AttachedLine};
use super::aircall::health;
use super::predecessor;
use super::salesforce::statuses::{self, StatusesView};
use crate::connections::warning::{self, Warning};
use crate::console::Console;
use crate::web::session::Session;
use crate::web::when::ago;

/// The app's installation is switched off.
const APP_OFF: &str =
    "The app is switched off in Aircall, which then sends nothing. No call is logged until it is switched on there.";

/// The tenant's connections.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Connections {
    /// The Salesforce org; null if none is connected.
    #[schema(required)]
    pub(crate) salesforce: Option<SalesforceView>,
    /// The login URL of the org that was connected before, for reconnecting it.
    #[serde(skip)]
    pub(crate) former_login_url: Option<String>,
    /// The Aircall account; null if none is connected.
    #[schema(required)]
    pub(crate) aircall: Option<AircallView>,
    /// The latest import of calls.
    #[serde(skip)]
    pub(crate) backfill: Option<Backfill>,
}

/// A connected Salesforce org.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesforceConnection)]
pub(crate) struct SalesforceView {
    #[schema(example = "00D000000000001AAA")]
    pub(crate) org_id: String,
    /// The Salesforce user who connected the org.
    #[schema(example = "005000000000001AAA")]
    pub(crate) user_id: String,
    /// That user's name in Salesforce; null if unknown.
    #[schema(required)]
    pub(crate) user_name: Option<String>,
    pub(crate) instance_url: String,
    /// The login URL of the org's users.
    pub(crate) login_url: String,
    /// When it was connected, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    pub(crate) connected_at: Timestamp,
    #[serde(flatten)]
    pub(crate) state: StateView,
    /// The org's API calls of the last 24 hours, as Salesforce last reported them; null before the first report.
    #[schema(required)]
    pub(crate) api_usage: Option<ApiUsage>,
    /// The link by which another Salesforce user can connect the org; null if there is none.
    #[schema(required)]
    pub(crate) consent_link: Option<ConsentLinkView>,
    /// The org that was known before at this one's address, such as a sandbox before it was refreshed, until its settings
    /// were copied or declined; null if there is none.
    #[schema(required)]
    pub(crate) predecessor: Option<PredecessorView>,
    /// The name of the user whose dead connection this one replaced, until an admin has seen to it.
    #[serde(skip)]
    pub(crate) former_user: Option<String>,
    /// The statuses of Tasks.
    pub(crate) statuses: StatusesView,
    /// What the statuses follow from: the facts about the org, and the admin's choice.
    #[serde(skip)]
    pub(crate) status_facts: (OrgFacts, StatusChoice),
    /// What of the org cannot be used as it should be.
    pub(crate) warnings: Vec<Warning>,
}

/// A link by which another Salesforce user can connect the org, without its address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsentLink)]
pub(crate) struct ConsentLinkView {
    /// The admin who made it.
    pub(crate) made_by: String,
    /// When it expires, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    pub(crate) expires_at: Timestamp,
}

/// The org that was known before at the address of this one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Predecessor)]
pub(crate) struct PredecessorView {
    /// Whether its settings can be copied by whoever asks: an admin who administered that org, too.
    pub(crate) is_copyable: bool,
    /// Whether copying replaces settings or choices that were made in this org.
    pub(crate) replaces: bool,
}

/// The state of the connection to the org.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesforceState)]
pub(crate) struct StateView {
    #[schema(inline)]
    pub(crate) state: OrgStatus,
    /// Why the org gets no requests, as a sentence; null while connected.
    #[schema(required)]
    pub(crate) reason: Option<String>,
    /// When this state began, in UNIX seconds; null while connected.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) since: Option<Timestamp>,
    /// When the connection is tried again, in UNIX seconds; null while connected.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) until: Option<Timestamp>,
}

/// A connected Aircall account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AircallConnection)]
pub(crate) struct AircallView {
    /// Aircall's ID of the company, which only an app is told; null if unknown.
    #[schema(required)]
    pub(crate) company_id: Option<u64>,
    pub(crate) company_name: String,
    /// How it was connected: `api_key` or `oauth`.
    pub(crate) how: AircallAuth,
    /// Aircall's ID of the webhook.
    pub(crate) webhook_id: String,
    /// The URL that the webhook sends to.
    #[schema(required)]
    pub(crate) webhook_url: Option<String>,
    /// Whether it sends to a former address of the console.
    #[serde(skip)]
    pub(crate) is_at_former_address: bool,
    /// When it was connected, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    pub(crate) connected_at: Timestamp,
    /// The events that the webhook subscribes to, as far as Aircall granted them; null if an earlier version created it.
    #[schema(required)]
    pub(crate) events: Option<Vec<String>>,
    /// The events that Aircall was asked for and did not grant.
    pub(crate) missing_events: Vec<String>,
    /// The lines whose calls Aircall sends, which an admin chose with the app; null with an API key, for which it sends those
    /// of all lines, or if unknown.
    #[schema(required)]
    pub(crate) lines: Option<Vec<AttachedLine>>,
    /// Whether these are all lines of the company.
    #[serde(skip)]
    pub(crate) has_all_lines: bool,
    #[schema(inline)]
    pub(crate) state: WebhookStatus,
    /// When it was found deactivated, or the app was uninstalled, in UNIX seconds; null otherwise.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) since: Option<Timestamp>,
    /// A problem with the webhook and what to do about it, as sentences; null if there is none.
    #[schema(required)]
    pub(crate) reason: Option<String>,
    /// When the last event from Aircall was received, to the minute, in UNIX seconds; null if there was none.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) last_event_at: Option<Timestamp>,
    /// Calls that had ended by then are known, as the hourly comparison with Aircall's list of calls found, in UNIX seconds;
    /// null before the first one. Calls of an automatic import that was stopped are left out.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    pub(crate) complete_until: Option<Timestamp>,
    /// Whether an automatic import was stopped.
    #[serde(skip)]
    pub(crate) was_stopped: bool,
}

/// Whether the org accepts requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrgStatus {
    Connected,
    Paused,
    ReconnectNeeded,
}

/// Whether the webhook sends events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookStatus {
    Active,
    Deactivated,
    Unknown,
    Uninstalled,
}

/// What was heard of Aircall.
struct Heard {
    last_event_at: Option<Timestamp>,
    complete_until: Option<Timestamp>,
    was_stopped: bool,
}

/// Aircall has not been heard of since then.
fn unheard(since: Timestamp, now: Timestamp) -> String {
    format!(
        "Aircall last sent an event or answered a request {}. Calls since then are fetched once it answers.",
        ago(since, now)
    )
}

impl Connections {
    /// Loads the connections of the session's tenant. The webhook is checked at Aircall, see [`health::check_webhook`].
    pub(crate) async fn load(console: &Console, session: &Session) -> Result<Self, store::Error> {
        let Some(mut tenant) = console.tenants.get(&session.tenant).await? else {
            return Ok(Self { salesforce: None, former_login_url: None, aircall: None, backfill: None });
        };
        let connection = tenant.aircall.clone();
        let id = tenant.id.clone();
        let app = Box::pin(async { app::fetch(console, &id, connection.as_ref()?).await });
        let (reason, app) = tokio::join!(Box::pin(health::check_webhook(console, &mut tenant)), app);
        let backfill = tenant.backfill.take();
        let former_login_url = tenant.former_login_url.take();
        let now = Timestamp::now();
        let reason = reason.or_else(|| tenant.aircall_unheard_since(now).map(|since| unheard(since, now)));
        let heard = Heard {
            last_event_at: tenant.last_event_at,
            complete_until: tenant.comparison.complete_until,
            was_stopped: tenant.backfill_stopped_until.is_some(),
        };
        let aircall = tenant.aircall.take().map(|connection| {
            let is_at_former_address = health::is_at_former_address(console, &tenant.id, &connection);
            AircallView::new(connection, is_at_former_address, app, reason, heard)
        });
        let link = console.consent_links.get(&tenant.id, now).await?;
        let predecessor = predecessor::offer(console, &tenant, session).await?;
        let salesforce = SalesforceView::from_tenant(tenant, link, predecessor, now);
        Ok(Self { salesforce, former_login_url, aircall, backfill })
    }
}

impl SalesforceView {
    fn from_tenant(
        tenant: Tenant,
        link: Option<ConsentLink>,
        predecessor: Option<PredecessorView>,
        now: Timestamp,
    ) -> Option<Self> {
        let Connection { org_id, instance_url, login_url, user_id, user_name, connected_at } = tenant.salesforce?;
        let former_user = tenant.former_user.filter(|former| former.id != user_id);
        let facts = statuses::facts(tenant.facts.clone(), now);
        Some(Self {
            org_id,
            user_id,
            user_name,
            instance_url,
            login_url,
            connected_at,
            state: StateView::new(tenant.state),
            api_usage: tenant.api_usage,
            predecessor,
            former_user: former_user.map(|FormerUser { id, name }| name.unwrap_or(id)),
            consent_link: link.map(|ConsentLink { made_by, expires_at, .. }| ConsentLinkView { made_by, expires_at }),
            statuses: StatusesView::new(&facts, &tenant.statuses),
            status_facts: (facts, tenant.statuses),
            warnings: warning::warnings(tenant.facts.as_of(now)),
        })
    }
}

impl StateView {
    fn new(state: ConnectionState) -> Self {
        let (state, reason, since, until) = match state {
            ConnectionState::Connected => (OrgStatus::Connected, None, None, None),
            ConnectionState::Paused { since, until, reason } => {
                (OrgStatus::Paused, Some(reason), Some(since), Some(until))
            }
            ConnectionState::ReconnectNeeded { reason, since, try_at } => {
                (OrgStatus::ReconnectNeeded, Some(reason), Some(since), Some(try_at))
            }
        };
        Self { state, reason, since, until }
    }
}

impl AircallView {
    fn new(
        connection: AircallConnection,
        is_at_former_address: bool,
        app: Option<App>,
        reason: Option<String>,
        Heard { last_event_at, complete_until, was_stopped }: Heard,
    ) -> Self {
        let AircallConnection {
            company_id,
            company_name,
            how,
            webhook_id,
            webhook_url,
            connected_at,
            state,
            subscription,
            uninstalled_at,
            ..
        } = connection;
        let is_off = app.as_ref().is_some_and(|app| !app.is_active);
        let (state, since) = match (uninstalled_at, state) {
            (Some(at), _) => (WebhookStatus::Uninstalled, Some(at)),
            (None, AircallState::Active) if is_off => (WebhookStatus::Deactivated, None),
            (None, AircallState::Active) => (WebhookStatus::Active, None),
            (None, AircallState::Deactivated { since }) => (WebhookStatus::Deactivated, Some(since)),
            (None, AircallState::Unknown) => (WebhookStatus::Unknown, None),
        };
        let reason = reason.or_else(|| is_off.then(|| APP_OFF.to_owned()));
        let missing_events = subscription.as_ref().map(AircallSubscription::missing).unwrap_or_default();
        let (lines, has_all_lines) = app.map(|app| (app.lines, app.has_all_lines)).unwrap_or_default();
        Self {
            company_id,
            company_name,
            how,
            webhook_id,
            webhook_url,
            is_at_former_address,
            connected_at,
            events: subscription.map(|subscription| subscription.granted),
            missing_events,
            lines,
            has_all_lines,
            state,
            since,
            reason,
            last_event_at,
            complete_until,
            was_stopped,
        }
    }
}

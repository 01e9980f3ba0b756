//! The console's state: its stores, queues and clients.

pub(crate) mod aircall;

use std::sync::Arc;

use axum::extract::FromRef;
use axum::http::HeaderMap;
use lambda::queue::{RetryQueue, WriteQueue};
use org::{Lookup, OrgConnector};
use store::{
    AllowedOrgs, ApiTokens, Calls, ConsentLinks, EndedSessions, History, SessionKeys, SettingsStore, SignIns, Tenants,
};
use url::Url;

use self::aircall::Aircall;
use crate::activity::decide_again::DecideAgainBounds;
use crate::web::base_url::BaseUrl;
use crate::web::error::ApiError;
use crate::web::kit::Kit;
use crate::web::nav::Nav;

/// The state that all handlers share.
#[derive(Debug)]
pub struct Console {
    /// The activity log.
    pub calls: Calls,
    /// The current settings.
    pub settings: SettingsStore,
    /// Every version of the settings, written by [`Console::settings`].
    pub history: History,
    /// The tenants and the state of their connections.
    pub tenants: Tenants,
    /// Wakes the writer for entries that are retried or decided again.
    pub write_queue: WriteQueue,
    /// How many skipped entries one request decides again.
    pub decide_again: DecideAgainBounds,
    /// Wakes `reconcile` for the first step of an import of calls, and to send events once more.
    pub retry_queue: RetryQueue,
    /// Sign-ins in progress.
    pub sign_ins: SignIns,
    /// Links that connect a tenant's org.
    pub consent_links: ConsentLinks,
    /// Sessions that were ended by signing out.
    pub ended_sessions: EndedSessions,
    /// The API tokens.
    pub api_tokens: ApiTokens,
    /// Opens a tenant's Salesforce org.
    pub connector: OrgConnector,
    /// Replaces Salesforce's own login pages: the sandbox org's on a developer's machine.
    pub salesforce_login_url: Option<Url>,
    /// Where the Salesforce app is installed in an org, if the operator has packaged it.
    pub app_install_url: Option<Url>,
    /// The orgs that may be connected, and whose admins may sign in.
    pub allowed_orgs: AllowedOrgs,
    /// The console's own address; none if it is the one that requests are sent to.
    pub public_url: Option<BaseUrl>,
    /// Matches phone numbers to records in an org, read-only.
    pub lookup: Lookup,
    /// The Aircall client and its per-tenant caches.
    pub aircall: Aircall,
    /// The keys of session cookies.
    pub session_keys: SessionKeys,
}

impl Console {
    /// The console's own address.
    pub(crate) fn base_url(&self, headers: &HeaderMap) -> Result<BaseUrl, ApiError> {
        self.public_url.clone().map_or_else(|| BaseUrl::from_headers(headers), Ok)
    }
}

/// The state of the router.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    console: Arc<Console>,
    pub(crate) kit: Arc<Kit>,
}

impl AppState {
    /// The state of a console with these pages in its navigation.
    pub(crate) fn new(console: Console, navigation: &'static [Nav]) -> Self {
        let kit = Kit {
            session_keys: console.session_keys.clone(),
            ended_sessions: console.ended_sessions.clone(),
            api_tokens: console.api_tokens.clone(),
            public_url: console.public_url.clone(),
            allowed_orgs: console.allowed_orgs.clone(),
            navigation,
        };
        Self { console: Arc::new(console), kit: Arc::new(kit) }
    }
}

impl FromRef<AppState> for Arc<Console> {
    fn from_ref(state: &AppState) -> Self {
        state.console.clone()
    }
}

impl FromRef<AppState> for ApiTokens {
    fn from_ref(state: &AppState) -> Self {
        state.console.api_tokens.clone()
    }
}

impl FromRef<AppState> for Arc<Kit> {
    fn from_ref(state: &AppState) -> Self {
        state.kit.clone()
    }
}

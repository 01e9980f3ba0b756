//! The console's access to Aircall.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aircall::client::{Client, Credentials, Error};
use aircall::oauth;
use rules::{Line, LineId, User};
use store::{AircallCredential, AircallCredentials, AppSecret, TenantId, TtlCache};
use url::Url;

use crate::web::base_url::BaseUrl;

/// Lines by ID.
pub(crate) type Lines = BTreeMap<LineId, Line>;

/// Users with their IDs, in Aircall's order.
pub(crate) type Users = Arc<[(u64, User)]>;

/// Maximum number of tenants in each cache.
const CACHE_CAPACITY: usize = 1_000;

/// The console's access to Aircall, with per-tenant caches.
#[derive(Debug)]
pub struct Aircall {
    http: reqwest::Client,
    api_url: Url,
    /// Where admins authorize the app.
    pub(crate) dashboard_url: Url,
    /// The credentials of each tenant.
    pub(crate) credentials: AircallCredentials,
    app: AppSecret,
    /// How long a webhook waits after its token was stored, before it sends.
    pub(crate) token_delay: Duration,
    /// The cached note about each tenant's webhook, with that webhook's ID.
    pub(crate) webhook_notes: TtlCache<TenantId, (String, Option<String>)>,
    /// The cached lines of each tenant.
    pub(crate) lines: TtlCache<TenantId, Lines>,
    /// The cached users of each tenant.
    pub(crate) users: TtlCache<TenantId, Users>,
}

impl Aircall {
    /// Aircall at these URLs: [`aircall::client::BASE_URL`] and [`oauth::DASHBOARD_URL`], except in tests and the local
    /// stack. `http` must not follow redirects.
    pub fn new(
        http: reqwest::Client,
        api_url: Url,
        dashboard_url: Url,
        credentials: AircallCredentials,
        app: AppSecret,
    ) -> Self {
        Self {
            http,
            api_url,
            dashboard_url,
            credentials,
            app,
            token_delay: webhook::TOKEN_DELAY,
            webhook_notes: TtlCache::new(CACHE_CAPACITY),
            lines: TtlCache::new(CACHE_CAPACITY),
            users: TtlCache::new(CACHE_CAPACITY),
        }
    }

    /// For tests without `intake`: a webhook sends at once.
    #[must_use]
    pub fn without_token_delay(self) -> Self {
        Self { token_delay: Duration::ZERO, ..self }
    }

    /// Whether the deployment has an OAuth app, by which admins connect without an API key.
    pub(crate) async fn has_app(&self) -> Result<bool, store::Error> {
        Ok(self.app.get().await?.is_some())
    }

    /// The deployment's OAuth app, if it has one, with its callback at this address.
    pub(crate) async fn app(&self, base_url: &BaseUrl) -> Result<Option<oauth::App>, store::Error> {
        Ok(self.app.get().await?.map(|store::App { client_id, client_secret }| oauth::App {
            client_id,
            client_secret,
            redirect_uri: base_url.path("/auth/aircall/callback"),
        }))
    }

    /// Exchanges an OAuth authorization code for the account's credential.
    pub(crate) async fn exchange_code(&self, app: &oauth::App, code: &str) -> Result<AircallCredential, Error> {
        let access_token = app.exchange_code(&self.http, &self.api_url, code).await?;
        Ok(AircallCredential::OAuth { access_token })
    }

    /// A client with this credential.
    pub(crate) fn client(&self, credential: &AircallCredential) -> Client {
        let credentials = match credential.clone() {
            AircallCredential::ApiKey { api_id, api_token } => Credentials::ApiKey { id: api_id, token: api_token },
            AircallCredential::OAuth { access_token } => Credentials::OAuth { access_token },
        };
        Client::new(self.http.clone(), self.api_url.clone(), credentials)
    }

    /// Drops the tenant's cached data after a change.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        self.webhook_notes.remove(tenant);
        self.lines.remove(tenant);
        self.users.remove(tenant);
    }
}

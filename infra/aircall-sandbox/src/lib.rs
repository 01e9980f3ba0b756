//! A sandbox Aircall: the REST API of one company, and the webhooks that it sends.
//!
//! It is the reference that the integration is tested against: what it accepts and refuses follows the public
//! documentation. The README of its folder lists what it does not support.

mod access;
mod api;
mod call;
mod control;
mod deliver;
mod error;
mod events;
mod http;
mod oauth;
mod options;
mod outgoing;
mod rate;
mod seed_data;
mod state;
mod webhook;

use std::sync::{Arc, MutexGuard, OnceLock};

use axum::Router;
use sandbox_kit::Shared;
use serde_json::{Map, Value};

use self::state::State;
pub use self::{
    deliver::Delivery,
    events::EVENTS,
    options::{Options, ResetUnit},
};

/// A company that uses Aircall. Clones share its state.
#[derive(Clone, Debug)]
pub struct Company {
    state: Shared<State>,
    /// Client for deliveries, created on first use.
    http: Arc<OnceLock<reqwest::Client>>,
}

/// A call or event with invalid or missing fields.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidInput(String);

/// A snapshot that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("the snapshot of the sandbox Aircall cannot be read")]
pub struct RestoreError(#[from] serde_json::Error);

impl Company {
    /// "Example Company", with three numbers, three users and no calls.
    pub fn new(options: Options) -> Self {
        Self { state: Shared::new(State::new(options)), http: Arc::default() }
    }

    /// All routes: the API, OAuth with its consent page, and `/_sandbox`.
    ///
    /// `/_sandbox` needs no credentials, so serve this on the loopback interface only.
    pub fn router(&self) -> Router {
        http::router(self.clone())
    }

    /// The user name of Basic authentication.
    pub fn api_id(&self) -> String {
        self.lock_untracked().api_id().to_owned()
    }

    /// The password of Basic authentication.
    pub fn api_token(&self) -> String {
        self.lock_untracked().api_token().to_owned()
    }

    /// The app's id for OAuth.
    pub fn client_id(&self) -> String {
        self.lock_untracked().client_id().to_owned()
    }

    /// The app's secret for OAuth.
    pub fn client_secret(&self) -> String {
        self.lock_untracked().client_secret().to_owned()
    }

    /// Authorises the app for all lines without a browser, and returns an access token, which does not expire.
    pub fn issue_token(&self) -> String {
        self.lock().access.issue(None)
    }

    /// The current options.
    pub fn options(&self) -> Options {
        self.lock_untracked().options.clone()
    }

    /// Replaces all options.
    pub fn set_options(&self, options: Options) {
        self.lock().options = options;
    }

    /// Adds or replaces a call without sending a webhook; missing fields get defaults. Returns its id.
    ///
    /// # Errors
    /// When a field has the wrong type, or refers to an unknown number or user.
    pub fn put_call(&self, given: Map<String, Value>) -> Result<u64, InvalidInput> {
        call::put(&mut self.lock(), given).map_err(InvalidInput)
    }

    /// Sends an event to every active webhook that subscribes to it, and returns the first attempts; failed deliveries
    /// are retried in the background. The call of a call event is also stored.
    ///
    /// # Errors
    /// When the event has no name, or its call is invalid.
    pub async fn send(&self, event: Map<String, Value>) -> Result<Vec<Delivery>, InvalidInput> {
        Ok(deliver::deliver(self, outgoing::event(self, event).map_err(InvalidInput)?).await)
    }

    /// Sends the text of a body as it is, but for its token, and stores no call: see `/_sandbox/send_exact`.
    pub async fn send_exact(&self, text: &str) -> Vec<Delivery> {
        deliver::deliver(self, outgoing::exact(self, text)).await
    }

    /// Uninstalls the app: removes its access tokens and webhooks, and sends `integration.deleted` to those.
    pub async fn uninstall(&self) -> Vec<Delivery> {
        deliver::deliver(self, outgoing::uninstall(self)).await
    }

    /// Numbers, users, calls, webhooks, tokens and options, without the request log, deliveries, faults and unused
    /// codes.
    ///
    /// # Panics
    /// Never: every part of the state can be serialized as JSON.
    pub fn snapshot(&self) -> Value {
        self.state.snapshot()
    }

    /// Increases with every change: while it is unchanged, so is [`Company::snapshot`].
    pub fn revision(&self) -> u64 {
        self.state.revision()
    }

    /// Replaces the state of this company with a snapshot.
    ///
    /// # Errors
    /// [`RestoreError`] when the value is not a snapshot of this version; the company is then unchanged.
    pub fn restore(&self, snapshot: Value) -> Result<(), RestoreError> {
        let state = serde_json::from_value(snapshot)?;
        *self.lock() = state;
        Ok(())
    }

    /// Locks the state and increments the revision.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Locks the state without incrementing the revision: for reads, and for state that a snapshot leaves out.
    fn lock_untracked(&self) -> MutexGuard<'_, State> {
        self.state.lock_untracked()
    }
}

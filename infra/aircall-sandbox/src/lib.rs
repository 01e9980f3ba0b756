//! A sandbox Aircall: the REST API of one company, and the webhooks that it sends.
//!
//! It judges what connects to Aircall: what it accepts and refuses follows the public documentation, and what it does
//! not do is listed in the README of its folder.

mod access;
mod api;
mod body;
mod call;
mod control;
mod deliver;
mod error;
mod events;
mod http;
mod oauth;
mod options;
mod random;
mod rate;
mod seed_data;
mod state;
mod webhook;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use axum::Router;
use serde_json::{Map, Value};

use self::state::State;
pub use self::{
    deliver::Delivery,
    events::EVENTS,
    options::{Options, ResetUnit},
};

/// A company with Aircall. Clones share it.
#[derive(Clone)]
pub struct Company(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    /// What delivers webhooks; made with the first one.
    http: OnceLock<reqwest::Client>,
}

impl fmt::Debug for Company {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Company").finish_non_exhaustive()
    }
}

/// A call or event that is not one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(String);

/// A snapshot that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("the snapshot of the sandbox Aircall cannot be read")]
pub struct RestoreError(#[from] serde_json::Error);

impl Company {
    /// "Example Company", with three numbers, three users and no calls.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Inner { state: Mutex::new(State::new(options)), http: OnceLock::new() }))
    }

    /// Everything Aircall answers: the API, OAuth with its consent page, and `/_sandbox`.
    ///
    /// `/_sandbox` asks for no credentials, so serve this on the loopback interface only.
    pub fn router(&self) -> Router {
        http::router(self.clone())
    }

    /// The user name of Basic authentication.
    pub fn api_id(&self) -> String {
        self.look().api_id().to_owned()
    }

    /// The password of Basic authentication.
    pub fn api_token(&self) -> String {
        self.look().api_token().to_owned()
    }

    /// The app's id for OAuth.
    pub fn client_id(&self) -> String {
        self.look().client_id().to_owned()
    }

    /// The app's secret for OAuth.
    pub fn client_secret(&self) -> String {
        self.look().client_secret().to_owned()
    }

    /// Lets an admin authorise the app, without a browser: an access token, which does not expire.
    pub fn issue_token(&self) -> String {
        self.lock().access.issue()
    }

    /// The options now.
    pub fn options(&self) -> Options {
        self.look().options.clone()
    }

    /// Replaces all options.
    pub fn set_options(&self, options: Options) {
        self.lock().options = options;
    }

    /// Adds or replaces a call that the API then knows, and sends nothing; what is not given is made up. Returns its id.
    ///
    /// # Errors
    /// When a field is of another form, or names a number or user that is not there.
    pub fn put_call(&self, given: Map<String, Value>) -> Result<u64, Unfit> {
        call::put(&mut self.lock(), given).map_err(Unfit)
    }

    /// Sends an event to every active webhook that subscribes to it, and answers with how the first attempts went; what
    /// failed is tried again meanwhile. A call event's call becomes known to the API.
    ///
    /// # Errors
    /// When it has no event name, or its call is not one.
    pub async fn send(&self, event: Map<String, Value>) -> Result<Vec<Delivery>, Unfit> {
        deliver::send(self, event).await.map_err(Unfit)
    }

    /// Numbers, users, calls, webhooks, tokens and options; not the request log and faults.
    ///
    /// # Panics
    /// Never: the state is made of what JSON can say.
    pub fn snapshot(&self) -> Value {
        serde_json::to_value(&*self.look()).expect("the state is JSON")
    }

    /// Grows with every change: while it stays the same, so does [`Company::snapshot`].
    pub fn revision(&self) -> u64 {
        self.look().revision
    }

    /// Replaces this company by a snapshot.
    ///
    /// # Errors
    /// [`RestoreError`] when the value is not a snapshot of this version; the company is then unchanged.
    pub fn restore(&self, snapshot: Value) -> Result<(), RestoreError> {
        let mut state: State = serde_json::from_value(snapshot)?;
        let mut current = self.lock();
        state.revision = current.revision;
        *current = state;
        Ok(())
    }

    /// The state, to be changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.look();
        state.revision += 1;
        state
    }

    /// The state, to be looked at.
    fn look(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! A sandbox Salesforce org: an HTTP server that is strict where Salesforce is strict.
//!
//! It is the reference that everything that writes to Salesforce is tested against: what it accepts, counts and refuses
//! follows the public documentation. The README of its folder lists what it does not support.

mod api;
mod bulk;
mod call;
mod control;
mod error;
mod http;
mod id;
mod key_field;
mod language;
mod locks;
mod oauth;
mod options;
mod pages;
mod permissions;
mod query;
mod record_types;
mod schema;
mod search;
mod seed_data;
mod state;
mod tables;
mod task_statuses;
mod time;
mod wildcard;
mod write;

use std::{fmt, sync::MutexGuard};

use axum::Router;
use sandbox_kit::Shared;
use serde_json::Value;

pub use self::language::french;
pub use self::options::{
    AccountType, AssignmentRules, DuplicateAction, DuplicateRule, Language, Options, PhoneIndex, Sharing, TaskStatus,
    ValidationRule,
};
use self::{error::ApiError, state::State};

/// An org. Clones share its state.
#[derive(Clone, Debug)]
pub struct Org(Shared<State>);

/// Tokens of a user who authorised the app.
pub struct Grant {
    /// The user, as `005…`.
    pub user_id: String,
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// For `grant_type=refresh_token`.
    pub refresh_token: String,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// A record that cannot be seeded.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SeedError {
    /// Salesforce's code, for example `INVALID_FIELD`.
    pub code: String,
    /// Salesforce's message.
    pub message: String,
}

/// A snapshot that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("the snapshot of the sandbox org cannot be read")]
pub struct RestoreError(#[from] serde_json::Error);

impl Org {
    /// An org with an admin, a standard user and no records.
    pub fn new(options: Options) -> Self {
        Self(Shared::new(State::new(options)))
    }

    /// All routes: OAuth, the data API, `/_sandbox` and the pages.
    ///
    /// `/_sandbox` needs no credentials, so serve this on the loopback interface only.
    pub fn router(&self) -> Router {
        http::router(self.clone())
    }

    /// Records, tokens and options, without the request log, faults and open query cursors.
    ///
    /// # Panics
    /// Never: every part of the state can be serialized as JSON.
    pub fn snapshot(&self) -> Value {
        self.0.snapshot()
    }

    /// Increases with every change, and with most reads: while it is unchanged, so is [`Org::snapshot`].
    pub fn revision(&self) -> u64 {
        self.0.revision()
    }

    /// Replaces the state of this org with a snapshot.
    ///
    /// # Errors
    /// [`RestoreError`] when the value is not a snapshot of this version; the org is then unchanged.
    pub fn restore(&self, snapshot: Value) -> Result<(), RestoreError> {
        let mut state: State = serde_json::from_value(snapshot)?;
        state.tables.reindex();
        seed_data::add_missing_profiles(&mut state);
        seed_data::update_organization(&mut state);
        *self.lock() = state;
        Ok(())
    }

    /// Authorises the app for a user without a browser.
    pub fn issue_grant(&self, user_id: &str) -> Grant {
        let mut state = self.lock();
        let org_id = state.identity.org_id.clone();
        let issued = state.grants.approve(&org_id, user_id, "api refresh_token openid", false);
        Grant {
            user_id: issued.user_id,
            access_token: issued.access_token,
            refresh_token: issued.refresh_token.unwrap_or_default(),
        }
    }

    /// Refreshes the org, as a sandbox is refreshed: it has another id and no grants, but the same records and users.
    pub fn refresh(&self) {
        self.lock().refresh();
    }

    /// Whether a refresh token is valid: neither unknown, nor revoked, nor replaced by rotation.
    pub fn has_grant(&self, refresh_token: &str) -> bool {
        self.lock().grants.holds(refresh_token)
    }

    /// Stores a record directly, not through the API: it is not counted, is searchable immediately, and keeps the given
    /// system fields. Returns its id.
    ///
    /// # Errors
    /// [`SeedError`] when the object or a field does not exist, a value is invalid, or a unique key is already used.
    pub fn insert(&self, sobject: &str, record: Value) -> Result<String, SeedError> {
        let object = schema::object(sobject)
            .ok_or_else(|| SeedError { code: "INVALID_TYPE".to_owned(), message: format!("no object {sobject}") })?;
        let mut state = self.lock();
        let id = state.atomically(|state| write::seed(state, object, &record, write::Indexing::AtOnce));
        state.tables.commit();
        id.map_err(|error| SeedError::from(&error))
    }

    /// All records of an object, oldest first, including deleted ones, whose `IsDeleted` is true; empty if the object
    /// does not exist.
    pub fn records(&self, sobject: &str) -> Vec<Value> {
        let state = self.lock();
        let Some(object) = schema::object(sobject) else { return Vec::new() };
        let all_fields = |record: &tables::Record| {
            let fields = object.fields(&state.options);
            fields.map(|field| (field.name.to_owned(), record.get(field.name).clone())).collect()
        };
        state.tables.rows(object).iter().map(all_fields).collect()
    }

    /// The org's id, `00D…`.
    pub fn org_id(&self) -> String {
        self.lock().identity.org_id.clone()
    }

    /// The admin, who connects the org.
    pub fn admin_user_id(&self) -> String {
        self.lock().identity.admin_user_id.clone()
    }

    /// A user who may not change the org's setup, if it was not removed.
    pub fn standard_user_id(&self) -> Option<String> {
        let state = self.lock();
        let profile = seed_data::profile_id(&state, seed_data::STANDARD_PROFILE);
        state.live("User").find(|user| user.text("ProfileId") == profile.as_deref()).map(|user| user.id().to_owned())
    }

    /// The profile of that name, `System Administrator` or `Standard User`, for `ProfileId` of a user.
    pub fn profile_id(&self, name: &str) -> Option<String> {
        seed_data::profile_id(&self.lock(), name)
    }

    /// The app's consumer key.
    pub fn client_id(&self) -> String {
        self.lock().client_id().to_owned()
    }

    /// The app's consumer secret.
    pub fn client_secret(&self) -> String {
        self.lock().client_secret().to_owned()
    }

    /// The current options.
    pub fn options(&self) -> Options {
        self.lock().options.clone()
    }

    /// Replaces all options.
    pub fn set_options(&self, options: Options) {
        self.lock().set_options(options);
    }

    /// Locks the state and increments the revision.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// Locks the state without incrementing the revision. A panic in another request leaves it usable, as writes are
    /// journalled.
    fn lock_untracked(&self) -> MutexGuard<'_, State> {
        self.0.lock_untracked()
    }
}

impl From<&ApiError> for SeedError {
    fn from(error: &ApiError) -> Self {
        let json = error.to_json(Language::English);
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        Self { code: text("errorCode"), message: text("message") }
    }
}

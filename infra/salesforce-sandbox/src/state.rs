//! The state of the org.

use std::{borrow::Cow, time::Duration};

use jiff::Timestamp;
use sandbox_kit::{ControlState, random};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    api::cursors::Cursors,
    bulk::Jobs,
    control::record_faults::RecordFault,
    error::ApiError,
    locks::Locks,
    oauth::grants::Grants,
    options::Options,
    permissions::Viewer,
    schema::{self, Object},
    seed_data::{self, object},
    tables::{Record, Tables},
    task_statuses,
    write::TriggerLimits,
};

/// The ids of the org and its admin, and the generated credentials of the app.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Identity {
    pub(crate) org_id: String,
    pub(crate) admin_user_id: String,
    client_id: String,
    client_secret: String,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) identity: Identity,
    pub(crate) tables: Tables,
    pub(crate) grants: Grants,
    #[serde(skip)]
    pub(crate) control: ControlState,
    #[serde(skip)]
    pub(crate) record_faults: Vec<RecordFault>,
    #[serde(skip)]
    pub(crate) cursors: Cursors,
    #[serde(skip)]
    pub(crate) jobs: Jobs,
    #[serde(skip)]
    pub(crate) locks: Locks,
    /// How long the queries of the running transaction take, in milliseconds.
    #[serde(skip)]
    pub(crate) query_ms: u64,
    #[serde(skip)]
    pub(crate) trigger_limits: TriggerLimits,
    #[serde(skip)]
    pub(crate) viewer: Viewer,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        let mut tables = Tables::new(random::alphanumeric(4));
        let org_id = tables.mint_id(object("Organization"));
        let admin_user_id = tables.mint_id(object("User"));
        let identity = Identity {
            org_id: org_id.clone(),
            admin_user_id: admin_user_id.clone(),
            client_id: options.client_id.clone().unwrap_or_else(|| format!("3MVG9{}", random::alphanumeric(80))),
            client_secret: options.client_secret.clone().unwrap_or_else(|| random::alphanumeric(64)),
        };
        let mut state = Self {
            options,
            identity,
            tables,
            grants: Grants::default(),
            control: ControlState::default(),
            record_faults: Vec::new(),
            cursors: Cursors::default(),
            jobs: Jobs::default(),
            locks: Locks::default(),
            query_ms: 0,
            trigger_limits: TriggerLimits::default(),
            viewer: Viewer::default(),
        };
        seed_data::seed(&mut state);
        state
    }

    /// What refreshing a sandbox leaves: another org at the same address, with the same records and users, and without any
    /// grant.
    pub(crate) fn refresh(&mut self) {
        let organization = object("Organization");
        let id = self.tables.mint_id(organization);
        if let Some(mut record) = self.tables.get(organization, &self.identity.org_id).cloned() {
            record.fields.insert("Id".to_owned(), json!(id));
            self.tables.retain(organization, |_| false);
            self.tables.put(organization, record);
            self.tables.commit();
        }
        self.identity.org_id = id;
        self.grants = Grants::default();
    }

    /// The app's consumer key: from the options, else the one that was generated with the org.
    pub(crate) fn client_id(&self) -> &str {
        self.options.client_id.as_deref().unwrap_or(&self.identity.client_id)
    }

    /// The app's consumer secret: from the options, else the one that was generated with the org.
    pub(crate) fn client_secret(&self) -> &str {
        self.options.client_secret.as_deref().unwrap_or(&self.identity.client_secret)
    }

    /// The object's records that are not deleted.
    pub(crate) fn live(&self, object: &str) -> impl Iterator<Item = &Record> {
        let rows = schema::object(object).map(|object| self.tables.rows(object)).unwrap_or_default();
        rows.iter().filter(|record| !record.flag("IsDeleted"))
    }

    /// The object's records, including deleted ones, and records that are computed instead of stored.
    pub(crate) fn rows(&self, object: &Object) -> Cow<'_, [Record]> {
        match object.name {
            "UserPermissionAccess" => Cow::Owned(vec![self.user_permission_access()]),
            "CustomField" => Cow::Owned(self.custom_field().into_iter().collect()),
            _ => Cow::Borrowed(self.tables.rows(object)),
        }
    }

    /// Replaces all options. Removing the key field also removes its field-level security.
    pub(crate) fn set_options(&mut self, options: Options) {
        if self.options.unique_key_field && !options.unique_key_field {
            self.remove_key_field_permissions();
        }
        let before = std::mem::replace(&mut self.options, options);
        seed_data::update_organization(self);
        if before.view_all_data != self.options.view_all_data {
            seed_data::update_profiles(self);
        }
        if before.task_statuses != self.options.task_statuses {
            task_statuses::replace(self);
        }
    }

    /// Whether the search index contains the record at `now`.
    pub(crate) fn indexed(&self, record: &Record, now: Timestamp) -> bool {
        let lag = Duration::from_millis(self.options.index_lag_ms);
        u128::try_from(now.as_millisecond().saturating_sub(record.touched_at)).is_ok_and(|age| age >= lag.as_millis())
    }

    /// Runs `work` as a nested transaction: an error rolls back its writes only.
    pub(crate) fn atomically<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let savepoint = self.tables.savepoint();
        let result = work(self);
        if result.is_err() {
            self.tables.rollback(savepoint);
        }
        result
    }
}

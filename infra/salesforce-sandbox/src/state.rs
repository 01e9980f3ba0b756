//! Everything the org remembers.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    api::cursors::Cursors,
    bulk::Jobs,
    control::{faults::Fault, record_faults::RecordFault, requests::Requests},
    error::ApiError,
    locks::Locks,
    oauth::grants::Grants,
    options::Options,
    random, schema,
    tables::{Record, Tables},
    write,
};

/// Who the org is.
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
    pub(crate) requests: Requests,
    #[serde(skip)]
    pub(crate) faults: Vec<Fault>,
    #[serde(skip)]
    pub(crate) record_faults: Vec<RecordFault>,
    #[serde(skip)]
    pub(crate) cursors: Cursors,
    #[serde(skip)]
    pub(crate) jobs: Jobs,
    #[serde(skip)]
    pub(crate) locks: Locks,
    #[serde(skip)]
    pub(crate) revision: u64,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        let mut tables = Tables::new(random::alphanumeric(4));
        let object = |name| schema::object(name).expect("the schema has its setup objects");
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
            requests: Requests::default(),
            faults: Vec::new(),
            record_faults: Vec::new(),
            cursors: Cursors::default(),
            jobs: Jobs::default(),
            locks: Locks::default(),
            revision: 0,
        };
        // The record type of Person Accounts is there from the start, and shows once the feature is on.
        let person_accounts = std::mem::replace(&mut state.options.person_accounts, true);
        for (name, record) in founding_records(&org_id, &admin_user_id) {
            let seeded = write::seed(&mut state, object(name), &record, write::Indexing::AtOnce);
            seeded.expect("the founding records fit the schema");
        }
        state.options.person_accounts = person_accounts;
        state.tables.commit();
        state
    }

    /// The app's consumer key: the options', else the one the org was made with.
    pub(crate) fn client_id(&self) -> &str {
        self.options.client_id.as_deref().unwrap_or(&self.identity.client_id)
    }

    /// The app's consumer secret: the options', else the one the org was made with.
    pub(crate) fn client_secret(&self) -> &str {
        self.options.client_secret.as_deref().unwrap_or(&self.identity.client_secret)
    }

    /// Whether search sees the record by now.
    pub(crate) fn indexed(&self, record: &Record, now: Timestamp) -> bool {
        let lag = Duration::from_millis(self.options.index_lag_ms);
        u128::try_from(now.as_millisecond().saturating_sub(record.touched_at)).is_ok_and(|age| age >= lag.as_millis())
    }

    /// Runs `work` as a transaction of its own inside the current one.
    pub(crate) fn atomically<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let savepoint = self.tables.savepoint();
        let result = work(self);
        if result.is_err() {
            self.tables.rollback(savepoint);
        }
        result
    }
}

/// The org, its admin and its setup.
fn founding_records(org_id: &str, admin_user_id: &str) -> Vec<(&'static str, Value)> {
    let mut records = vec![
        (
            "User",
            json!({"Id": admin_user_id, "Username": "admin@org.example.com", "Email": "admin@example.com",
                "FirstName": "Alex", "LastName": "Admin", "Alias": "aadmin"}),
        ),
        (
            "Organization",
            json!({"Id": org_id, "Name": "Sandbox Org", "OrganizationType": "Developer Edition", "IsSandbox": true,
                "InstanceName": "LOCAL", "TimeZoneSidKey": "Europe/Paris", "LanguageLocaleKey": "en_US"}),
        ),
        (
            "RecordType",
            json!({"Name": "Business Account", "DeveloperName": "Business_Account", "SobjectType": "Account"}),
        ),
        (
            "RecordType",
            json!({"Name": "Person Account", "DeveloperName": "PersonAccount", "SobjectType": "Account",
                "IsPersonType": true}),
        ),
    ];
    let statuses = ["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"];
    records.extend((1..).zip(statuses).map(|(order, status)| {
        let (closed, default) = (status == "Completed", status == "Not Started");
        let record = json!({"MasterLabel": status, "ApiName": status, "SortOrder": order, "IsClosed": closed,
            "IsDefault": default});
        ("TaskStatus", record)
    }));
    records
}

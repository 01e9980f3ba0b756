//! Helpers that store calls in the activity log in the state that a test needs.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::matching::Record;
use rules::settings::LogAs;
use rules::{Company, RecordKind, SalesforceId, Settings, SkipReason, Snapshot, TaskStatus, Topic, Trace, decide};
use serde_json::{Value, json};
use store::{Connection, Entry, Merge, Outcome, Problem, SalesforceTokens, Tenant, Tokens, Written};

use crate::fixture::{Fixture, START, at};

/// A name with markup that pages must escape.
pub(crate) const MARKUP: &str = "<img src=x onerror=alert(1)>\"'&";

impl Fixture {
    /// Merges the missed call `id`, started at `started_at` UNIX seconds, with these fields replaced by `changes`.
    pub(crate) async fn merge_call(&self, id: u64, started_at: i64, changes: Value) -> Entry {
        let mut call = json!({
            "id": id,
            "direction": "inbound",
            "started_at": started_at,
            "answered_at": null,
            "ended_at": started_at + 50,
            "party": {"number": "+436641234567"},
            "number": {"id": 397_375, "name": "Sales", "digits": "+43 1 234 5678", "time_zone": "Europe/Vienna", "open": true},
            "user": null,
            "contact": null,
            "tags": [],
            "comments": [],
        });
        call.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let snapshot = json!({ "event": "ended", "at": started_at + 90, "call": call });
        let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
        let document = snapshot.into();
        let decision = decide::decide(&document, &Settings::default(), &Company::default(), None);
        let change = Merge { document, decision, expires_at: at(started_at + 86_400) };
        let key = format!("call-{id}");
        self.calls.merge(&self.tenant, &key, &change, None, at(started_at + 90)).await.unwrap();
        self.calls.get(&self.tenant, &key).await.unwrap().unwrap()
    }

    /// Merges the missed call `id`, which started `after` START and is skipped: missed calls are not logged.
    pub(crate) async fn skip_call(&self, id: u64, after: i64) -> Entry {
        let mut settings = Settings::default();
        settings.call_workflow.missed = LogAs::DoNothing;
        self.call("ended", id, after, &settings).await
    }

    /// Records that the writer found no record with the entry's number.
    pub(crate) async fn mark_unknown(&self, entry: &Entry) {
        let mut trace = Trace::new();
        trace.note(Topic::Record, "No record has the phone number.");
        self.record_outcome(entry, &Outcome::Skipped { reason: SkipReason::UnknownNumber, trace }).await;
    }

    /// Marks the entry as logged on a Contact with this name.
    pub(crate) async fn mark_logged(&self, entry: &Entry, name: &str) {
        let mut trace = Trace::new();
        trace.note(Topic::Record, format!("The phone number is that of the Contact {name}."));
        let written = Written {
            task_id: SalesforceId::parse("00T000000000001").unwrap(),
            task: Some(entry.document.interaction().task(TaskStatus::InProgress, &Settings::default(), name)),
            record: Record {
                kind: RecordKind::Contact,
                id: SalesforceId::parse("003000000000001").ok(),
                person_contact_id: None,
                name: name.to_owned(),
            },
            related: None,
            logged_at: at(START + 100),
        };
        self.record_outcome(entry, &Outcome::Logged { written: Box::new(written), trace }).await;
    }

    /// Marks the entry as failed with this message of Salesforce.
    pub(crate) async fn mark_failed(&self, entry: &Entry, message: &str) {
        let code = "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned();
        let problem = Problem { code, message: message.to_owned(), since: at(START + 100), shared_failures: 0 };
        self.record_outcome(entry, &Outcome::Failed { problem, trace: Trace::new() }).await;
    }

    /// Removes an attribute that no reader can do without.
    pub(crate) async fn damage(&self, entry: &Entry) {
        let update = self.tables.dynamodb.update_item().table_name("CallsTable");
        let key = [("tenant", self.tenant.as_str()), ("key", &entry.key)];
        let key = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
        update.set_key(Some(key.into())).update_expression("REMOVE document").send().await.unwrap();
    }

    async fn record_outcome(&self, entry: &Entry, outcome: &Outcome) {
        self.calls.record_outcome(&self.tenant, entry, outcome, Timestamp::now()).await.unwrap();
    }

    /// Connects the tenant to the sandbox org.
    pub(crate) async fn connect(&self) {
        self.connect_with(None).await;
    }

    /// Connects the tenant to the sandbox org, with this access token instead of the valid one.
    pub(crate) async fn connect_with(&self, access_token: Option<&str>) {
        let org = &self.vendors.salesforce;
        let admin = org.admin_user_id();
        let grant = org.issue_grant(&admin);
        let tokens = SalesforceTokens {
            access_token: access_token.unwrap_or(&grant.access_token).into(),
            refresh_token: grant.refresh_token.clone().into(),
            instance_url: self.vendors.salesforce_url.clone(),
            login_url: self.vendors.salesforce_url.clone(),
        };
        Tokens::new(self.vendors.secrets.client(), "salesforce/").create(&self.tenant, &tokens).await.unwrap();
        let connection = Connection {
            org_id: org.org_id(),
            instance_url: self.vendors.salesforce_url.clone(),
            login_url: self.vendors.salesforce_url.clone(),
            user_id: admin,
            user_name: None,
            connected_at: at(START),
        };
        let tenant = Tenant { salesforce: Some(connection), ..Tenant::new(self.tenant.clone()) };
        self.tenants.put(&tenant).await.unwrap();
    }
}

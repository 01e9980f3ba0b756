//! The tenant's Salesforce org: its records, and scripted faults.

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::CallBody;
use reqwest::{Method, StatusCode};
use salesforce_sandbox::{Options, ValidationRule};
use serde_json::{Value, json};

use super::TestEnv;

impl TestEnv {
    /// Inserts a record and returns its id.
    pub(crate) fn insert(&self, sobject: &str, record: Value) -> String {
        self.tenant.org.insert(sobject, record).unwrap_or_else(|error| panic!("{sobject}: {error}"))
    }

    /// Inserts a record that search does not find until the org's index lag is over.
    pub(crate) async fn insert_unindexed(&self, sobject: &str, record: Value) {
        self.sandbox(Method::POST, &format!("records/{sobject}?index_lag=true"), record).await;
    }

    /// Removes all records of an object, bypassing the REST API.
    pub(crate) async fn remove_all(&self, sobject: &str) {
        self.sandbox(Method::DELETE, &format!("records/{sobject}"), Value::Null).await;
    }

    /// Gives the org a validation rule that refuses records whose field matches `pattern`.
    pub(crate) fn refuse(&self, sobject: &str, field: &str, pattern: &str, message: &str) {
        let [sobject, field, message] = [sobject, field, message].map(str::to_owned);
        let rule = ValidationRule { sobject, field, regex: Some(pattern.to_owned()), equals: None, message };
        let org = &self.tenant.org;
        org.set_options(Options { validation_rules: vec![rule], ..org.options() });
    }

    /// Inserts a Contact with this phone number and returns its id.
    pub(crate) fn contact(&self, name: &str, phone: &str) -> String {
        self.insert("Contact", json!({"LastName": name, "Phone": phone}))
    }

    /// The records of an object that are not deleted, oldest first.
    pub(crate) fn records(&self, sobject: &str) -> Vec<Value> {
        let records = self.tenant.org.records(sobject);
        records.into_iter().filter(|record| record["IsDeleted"] != true).collect()
    }

    /// The Task of a call; panics unless there is exactly one.
    #[track_caller]
    pub(crate) fn task(&self, call: &CallBody) -> Value {
        let mut tasks: Vec<Value> =
            self.records("Task").into_iter().filter(|task| task["Aircall_Key__c"] == call.key()).collect();
        assert_eq!(tasks.len(), 1, "Tasks of {}", call.key());
        tasks.remove(0)
    }

    /// Whether there is a Task of a call.
    pub(crate) fn is_logged(&self, call: &CallBody) -> bool {
        self.records("Task").iter().any(|task| task["Aircall_Key__c"] == call.key())
    }

    /// Changes a record as a person in the org does.
    pub(crate) async fn edit(&self, sobject: &str, id: &str, changes: Value) {
        self.as_person(Method::PATCH, sobject, id, Some(changes)).await;
    }

    /// Changes a record as a person does who has read it like this. Returns whether they could: not if it was changed
    /// since, or in the last seconds, so that a change since could not be noticed.
    pub(crate) async fn edit_unmodified(&self, record: &Value, changes: Value) -> bool {
        let modified: Timestamp = record["LastModifiedDate"].as_str().unwrap().parse().expect("an instant");
        if modified + SignedDuration::from_secs(2) > Timestamp::now() {
            return false;
        }
        let (sobject, id) = (record["attributes"]["type"].as_str().unwrap_or("Task"), record["Id"].as_str().unwrap());
        let url = format!("{}/services/data/v66.0/sobjects/{sobject}/{id}", self.tenant.salesforce_url);
        let token = self.tenant.org.issue_grant(&self.tenant.org.admin_user_id()).access_token;
        let since = DateTimePrinter::new().timestamp_to_rfc9110_string(&modified).expect("a date");
        let request = self.http.patch(url).bearer_auth(token).header("If-Unmodified-Since", since).json(&changes);
        request.send().await.is_ok_and(|answer| answer.status() == StatusCode::NO_CONTENT)
    }

    /// Deletes a record as a person in the org does.
    pub(crate) async fn delete(&self, sobject: &str, id: &str) {
        self.as_person(Method::DELETE, sobject, id, None).await;
    }

    async fn as_person(&self, method: Method, sobject: &str, id: &str, body: Option<Value>) {
        let url = format!("{}/services/data/v66.0/sobjects/{sobject}/{id}", self.tenant.salesforce_url);
        // A new session for each change, independent of those that tests expire.
        let token = self.tenant.org.issue_grant(&self.tenant.org.admin_user_id()).access_token;
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        assert_eq!(status, StatusCode::NO_CONTENT, "{}", answer.text().await.expect("a text"));
    }

    /// Scripts a fault.
    pub(crate) async fn fault(&self, fault: Value) {
        self.sandbox(Method::POST, "faults", fault).await;
    }

    /// Removes the scripted faults, clears the connection's pause, makes pending entries due and wakes the writer.
    pub(crate) async fn clear_faults(&self) {
        self.sandbox(Method::DELETE, "faults", Value::Null).await;
        self.forget_connection_state().await;
        for entry in self.entries().await.iter().filter(|entry| entry["state"] == "pending") {
            self.make_due(entry["key"].as_str().expect("a key")).await;
        }
        self.wake().await;
    }

    /// The scripted faults that have not happened yet.
    pub(crate) async fn faults_left(&self) -> Value {
        self.sandbox(Method::GET, "faults", Value::Null).await
    }

    /// Ends all sessions.
    pub(crate) async fn expire_sessions(&self) {
        self.sandbox(Method::POST, "expire_sessions", Value::Null).await;
    }

    pub(crate) async fn sandbox(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/_sandbox/{path}", self.tenant.salesforce_url);
        let answer = self.http.request(method, url).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }
}

/// The `LastModifiedDate` of a record that was last changed `days` days ago.
pub(crate) fn days_ago(days: i64) -> String {
    (Timestamp::now() - SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

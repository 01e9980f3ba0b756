//! One request inside a composite or a graph.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{ApiVersion, AssignmentRules, Error, Record, SObject, Soql, Update};

/// The header that says whether assignment rules apply. Source:
/// <https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_autoassign.htm>. That a subrequest of a
/// graph may have it, as one of a composite may, is not documented.
const AUTO_ASSIGN: &str = "Sforce-Auto-Assign";

/// The header that says what to do about duplicates. Source:
/// <https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm>.
const DUPLICATE_RULE: &str = "Sforce-Duplicate-Rule-Header";

/// One request inside a composite or a graph, identified by its reference id: letters, digits and `_`.
///
/// Salesforce reads `@{` in any text of a body as a reference to another result, and has no escape for it. Texts of
/// records are therefore sent with `@ {`, so that a comment or a name can never become a reference. References are only
/// made by [`Subrequest::link`].
#[derive(Clone, PartialEq)]
pub struct Subrequest {
    reference_id: String,
    action: Action,
    links: Vec<(String, String)>,
    /// Headers of its own.
    headers: Vec<(&'static str, String)>,
}

#[derive(Clone, PartialEq)]
enum Action {
    Query(Soql),
    Describe(SObject),
    Create(Record),
    Update(Update),
}

impl Subrequest {
    /// A query. A composite takes at most five, a graph none.
    pub fn query(reference_id: &str, soql: &Soql) -> Self {
        Self::new(reference_id, Action::Query(soql.clone()))
    }

    /// Describes an object. That a composite may do it follows from "all sObject resources" in Salesforce's list;
    /// nobody shows it.
    pub fn describe(reference_id: &str, sobject: SObject) -> Self {
        Self::new(reference_id, Action::Describe(sobject))
    }

    /// Creates a record.
    pub fn create(reference_id: &str, record: Record) -> Self {
        Self::new(reference_id, Action::Create(record))
    }

    /// Updates a record.
    pub(crate) fn update(reference_id: &str, update: &Update) -> Self {
        Self::new(reference_id, Action::Update(update.clone()))
    }

    fn new(reference_id: &str, action: Action) -> Self {
        Self { reference_id: reference_id.to_owned(), action, links: Vec::new(), headers: Vec::new() }
    }

    /// Sets a field of the new record to the id of the record that the subrequest `to` creates.
    #[must_use]
    pub fn link(mut self, field: &str, to: &str) -> Self {
        self.links.push((field.to_owned(), to.to_owned()));
        self
    }

    /// Sets whether the org's assignment rules apply to the new record.
    #[must_use]
    pub fn assigned_by(mut self, assignment: AssignmentRules) -> Self {
        self.headers.extend(assignment.header().map(|value| (AUTO_ASSIGN, value.to_owned())));
        self
    }

    /// Saves the new record although a duplicate rule alerts.
    #[must_use]
    pub fn saving_duplicates(mut self) -> Self {
        self.headers.push((DUPLICATE_RULE, "allowSave=true".to_owned()));
        self
    }

    /// The record that it creates, without its links; `None` if it creates none.
    pub fn record(&self) -> Option<&Record> {
        match &self.action {
            Action::Create(record) => Some(record),
            Action::Query(_) | Action::Describe(_) | Action::Update(_) => None,
        }
    }

    /// The fields that hold the id of a record that another subrequest creates, each with that subrequest's reference
    /// id.
    pub fn links(&self) -> impl Iterator<Item = (&str, &str)> {
        self.links.iter().map(|(field, to)| (field.as_str(), to.as_str()))
    }

    /// The reference id, which also names its result.
    pub fn reference_id(&self) -> &str {
        &self.reference_id
    }

    /// Whether it is a query. A composite takes at most five, a graph none.
    pub(crate) fn is_query(&self) -> bool {
        matches!(self.action, Action::Query(_))
    }

    pub(crate) fn json(&self, version: &ApiVersion) -> Result<Value, Error> {
        let data = format!("/services/data/{version}");
        let (method, url, body) = match &self.action {
            Action::Query(soql) => (Method::GET, soql.path(version), None),
            Action::Describe(sobject) => (Method::GET, format!("{data}/sobjects/{sobject}/describe"), None),
            Action::Create(record) => {
                let sobject =
                    record.sobject().ok_or_else(|| Error::Malformed("a new record has no type".to_owned()))?;
                (Method::POST, format!("{data}/sobjects/{sobject}"), Some(record.untyped_json()))
            }
            Action::Update(update) => {
                (Method::PATCH, format!("{data}/{}", update.path()?), Some(update.changes().untyped_json()))
            }
        };
        let mut json = json!({ "method": method.as_str(), "url": url, "referenceId": self.reference_id });
        if let Some(mut body) = body {
            escape_all_references(&mut body);
            for (field, to) in &self.links {
                body[field] = format!("@{{{to}.id}}").into();
            }
            json["body"] = body;
        }
        let mut headers = self.headers.clone();
        if let Action::Update(update) = &self.action {
            headers.extend(update.condition().map(|condition| ("If-Unmodified-Since", condition)));
        }
        if !headers.is_empty() {
            json["httpHeaders"] = headers.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        }
        Ok(json)
    }
}

/// Shows the action and the reference id, without any value.
impl std::fmt::Debug for Subrequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Subrequest");
        shown.field("reference_id", &self.reference_id);
        match &self.action {
            Action::Query(soql) => shown.field("query", soql),
            Action::Describe(sobject) => shown.field("describe", sobject),
            Action::Create(record) => shown.field("create", record),
            Action::Update(update) => shown.field("update", &update.record),
        };
        shown.finish_non_exhaustive()
    }
}

/// Spaces out `@{`, so that Salesforce does not read the text as a reference.
pub(crate) fn escape_references(text: &str) -> String {
    text.replace("@{", "@ {")
}

fn escape_all_references(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("@{") => *text = escape_references(text),
        Value::Array(values) => values.iter_mut().for_each(escape_all_references),
        Value::Object(fields) => fields.values_mut().for_each(escape_all_references),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SObject;

    #[track_caller]
    fn check(subrequest: &Subrequest, expect: &Value) {
        assert_eq!(&subrequest.json(&ApiVersion::default()).unwrap(), expect);
    }

    #[test]
    fn a_new_task_is_linked_to_a_new_contact() {
        check(
            &Subrequest::create("t", Record::new(SObject::Task).with("Subject", "Call")).link("WhoId", "c"),
            &json!({"method": "POST", "url": "/services/data/v66.0/sobjects/Task", "referenceId": "t",
                "body": {"Subject": "Call", "WhoId": "@{c.id}"}}),
        );
    }

    #[test]
    fn text_cannot_reference_a_result() {
        let task = Record::new(SObject::Task).with("Description", "see @{c.id} and @@{c.id}");
        let json = Subrequest::create("t", task).json(&ApiVersion::default()).unwrap();
        assert_eq!(json["body"]["Description"], "see @ {c.id} and @@ {c.id}");
    }

    #[test]
    fn a_query_is_url_encoded() {
        let soql = &Soql::active_users(&["a+b@example.com".to_owned()], &["Email"])[0];
        let json = Subrequest::query("q", soql).json(&ApiVersion::default()).unwrap();
        let url = json["url"].as_str().unwrap();
        assert!(url.starts_with("/services/data/v66.0/query?q=SELECT+Id%2C+Name%2C+Email"), "{url}");
        assert!(url.contains("%27a%2Bb%40example.com%27"), "{url}");
    }
}

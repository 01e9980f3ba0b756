//! One request inside a composite or a graph.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::collections::{collection_body, update_bodies};
use crate::{ApiVersion, Atomicity, Error, Record, SObject, SalesforceId, Soql};

/// One request inside a composite or a graph, known there by its reference id: letters, digits and `_`.
///
/// Salesforce reads `@{` in any text of a body as a reference to another result, and knows no way to write it otherwise.
/// Texts of records are therefore sent with `@ {`, so that a comment or a name can never become one; the only way to
/// refer is [`Subrequest::link`].
#[derive(Clone, PartialEq)]
pub struct Subrequest {
    reference_id: String,
    action: Action,
    headers: Map<String, Value>,
    links: Vec<(String, String)>,
}

#[derive(Clone, PartialEq)]
enum Action {
    Query(Soql),
    Create(Record),
    Update(SObject, SalesforceId, Record),
    CreateAll(Vec<Record>, Atomicity),
    UpdateAll(Vec<Record>, Atomicity),
}

impl Subrequest {
    /// A query. At most five of a composite may be queries or collections; not in a graph.
    pub fn query(reference_id: &str, soql: &Soql) -> Self {
        Self::new(reference_id, Action::Query(soql.clone()))
    }

    /// Creates a record.
    pub fn create(reference_id: &str, record: Record) -> Self {
        Self::new(reference_id, Action::Create(record))
    }

    /// Updates a record.
    pub fn update(reference_id: &str, sobject: SObject, id: SalesforceId, changes: Record) -> Self {
        Self::new(reference_id, Action::Update(sobject, id, changes))
    }

    /// Creates up to 200 records. Counts as a query does; not in a graph.
    pub fn create_all(reference_id: &str, records: Vec<Record>, atomicity: Atomicity) -> Self {
        Self::new(reference_id, Action::CreateAll(records, atomicity))
    }

    /// Updates up to 200 records, each with its `Id`. Counts as a query does; not in a graph.
    pub fn update_all(reference_id: &str, records: Vec<Record>, atomicity: Atomicity) -> Self {
        Self::new(reference_id, Action::UpdateAll(records, atomicity))
    }

    fn new(reference_id: &str, action: Action) -> Self {
        Self { reference_id: reference_id.to_owned(), action, headers: Map::new(), links: Vec::new() }
    }

    /// Sets a field of the one record that is written to the id of the record that the subrequest `to` creates.
    #[must_use]
    pub fn link(mut self, field: &str, to: &str) -> Self {
        self.links.push((field.to_owned(), format!("@{{{to}.id}}")));
        self
    }

    /// Saves the record although a duplicate rule warns of it. A rule that blocks still blocks.
    #[must_use]
    pub fn allow_duplicates(self) -> Self {
        self.header("Sforce-Duplicate-Rule-Header", "allowSave=true")
    }

    /// Keeps the org's assignment rule from giving a new Case or Lead to somebody else than its `OwnerId` says.
    #[must_use]
    pub fn skip_assignment_rules(self) -> Self {
        self.header("Sforce-Auto-Assign", "FALSE")
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// The name of its result.
    pub fn reference_id(&self) -> &str {
        &self.reference_id
    }

    /// Whether it is a query or a collection, of which a composite takes five and a graph none.
    pub(crate) fn is_heavy(&self) -> bool {
        match self.action {
            Action::Query(_) | Action::CreateAll(..) | Action::UpdateAll(..) => true,
            Action::Create(_) | Action::Update(..) => false,
        }
    }

    pub(crate) fn json(&self, version: &ApiVersion) -> Result<Value, Error> {
        let data = format!("/services/data/{version}");
        let (method, url, body) = match &self.action {
            Action::Query(soql) => (Method::GET, soql.path(version), None),
            Action::Create(record) => {
                let sobject =
                    record.sobject().ok_or_else(|| Error::Malformed("a new record has no type".to_owned()))?;
                (Method::POST, format!("{data}/sobjects/{sobject}"), Some(record.untyped_json()))
            }
            Action::Update(sobject, id, changes) => {
                (Method::PATCH, format!("{data}/sobjects/{sobject}/{id}"), Some(changes.untyped_json()))
            }
            Action::CreateAll(records, atomicity) => {
                let records = records.iter().map(|record| json!(record)).collect();
                (Method::POST, format!("{data}/composite/sobjects"), Some(collection_body(records, *atomicity)?))
            }
            Action::UpdateAll(records, atomicity) => {
                let body = collection_body(update_bodies(records)?, *atomicity)?;
                (Method::PATCH, format!("{data}/composite/sobjects"), Some(body))
            }
        };
        let mut json = json!({ "method": method.as_str(), "url": url, "referenceId": self.reference_id });
        if let Some(mut body) = body {
            without_references(&mut body);
            for (field, reference) in &self.links {
                body[field] = reference.as_str().into();
            }
            json["body"] = body;
        }
        if !self.headers.is_empty() {
            json["httpHeaders"] = self.headers.clone().into();
        }
        Ok(json)
    }
}

/// What is done and how it is called, without any value.
impl std::fmt::Debug for Subrequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Subrequest");
        shown.field("reference_id", &self.reference_id);
        match &self.action {
            Action::Query(soql) => shown.field("query", soql),
            Action::Create(record) => shown.field("create", record),
            Action::Update(_, id, changes) => shown.field("update", id).field("changes", changes),
            Action::CreateAll(records, _) => shown.field("create_all", records),
            Action::UpdateAll(records, _) => shown.field("update_all", records),
        };
        shown.finish_non_exhaustive()
    }
}

fn without_references(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("@{") => *text = text.replace("@{", "@ {"),
        Value::Array(values) => values.iter_mut().for_each(without_references),
        Value::Object(fields) => fields.values_mut().for_each(without_references),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(subrequest: &Subrequest, expect: &Value) {
        assert_eq!(&subrequest.json(&ApiVersion::default()).unwrap(), expect);
    }

    #[test]
    fn a_new_task_on_a_new_contact() {
        check(
            &Subrequest::create("t", Record::new(SObject::Task).with("Subject", "Call")).link("WhoId", "c"),
            &json!({"method": "POST", "url": "/services/data/v66.0/sobjects/Task", "referenceId": "t",
                "body": {"Subject": "Call", "WhoId": "@{c.id}"}}),
        );
    }

    #[test]
    fn headers_go_with_the_subrequest() {
        check(
            &Subrequest::create("l", Record::new(SObject::Lead)).allow_duplicates().skip_assignment_rules(),
            &json!({"method": "POST", "url": "/services/data/v66.0/sobjects/Lead", "referenceId": "l", "body": {},
                "httpHeaders": {"Sforce-Duplicate-Rule-Header": "allowSave=true", "Sforce-Auto-Assign": "FALSE"}}),
        );
    }

    #[test]
    fn a_text_cannot_refer_to_a_result() {
        let task = Record::new(SObject::Task).with("Description", "see @{c.id} and @@{c.id}");
        let json = Subrequest::create("t", task.clone()).json(&ApiVersion::default()).unwrap();
        assert_eq!(json["body"]["Description"], "see @ {c.id} and @@ {c.id}");
        let all = Subrequest::create_all("t", vec![task], Atomicity::EachAlone).json(&ApiVersion::default()).unwrap();
        assert!(!all.to_string().contains("@{"), "{all}");
    }

    #[test]
    fn a_query_is_encoded() {
        let soql = &Soql::active_users_by_email(&["a+b@example.com".to_owned()])[0];
        let json = Subrequest::query("q", soql).json(&ApiVersion::default()).unwrap();
        let url = json["url"].as_str().unwrap();
        assert!(url.starts_with("/services/data/v66.0/query?q=SELECT+Id%2C+Email"), "{url}");
        assert!(url.contains("%27a%2Bb%40example.com%27"), "{url}");
    }
}

//! Records in Salesforce's JSON.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::SalesforceId;

/// The objects this product reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SObject {
    /// A person, at an Account or alone.
    Contact,
    /// A person who is not a customer yet.
    Lead,
    /// A company, or with person accounts a person.
    Account,
    /// A support case.
    Case,
    /// A deal.
    Opportunity,
    /// An activity: what a call becomes.
    Task,
    /// A user of the org: who owns a Task.
    User,
}

impl SObject {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Contact, Self::Lead, Self::Account, Self::Case, Self::Opportunity, Self::Task, Self::User];

    /// Those whose records may be a caller's.
    pub const CALLERS: [Self; 3] = [Self::Contact, Self::Lead, Self::Account];

    /// The API name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Contact => "Contact",
            Self::Lead => "Lead",
            Self::Account => "Account",
            Self::Case => "Case",
            Self::Opportunity => "Opportunity",
            Self::Task => "Task",
            Self::User => "User",
        }
    }

    /// The prefix of three characters of the object's ids.
    pub fn id_prefix(self) -> &'static str {
        match self {
            Self::Contact => "003",
            Self::Lead => "00Q",
            Self::Account => "001",
            Self::Case => "500",
            Self::Opportunity => "006",
            Self::Task => "00T",
            Self::User => "005",
        }
    }

    /// The object of this API name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sobject| sobject.name() == name)
    }

    /// The object that a record of this id is of, if this crate knows it.
    pub fn of(id: SalesforceId) -> Option<Self> {
        Self::ALL.into_iter().find(|sobject| sobject.id_prefix() == id.prefix())
    }
}

impl fmt::Display for SObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The fields of one record, read or to be written.
///
/// A dot reaches a field of a parent: `Opportunity.Name`. `Debug` shows the names of the fields, never values.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record {
    fields: Map<String, Value>,
}

impl Record {
    /// An empty record of an object, to be filled by [`Record::with`].
    pub fn new(sobject: SObject) -> Self {
        let mut record = Self::default();
        record.set("attributes", json!({ "type": sobject.name() }));
        record
    }

    /// The same with a field set.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.set(field, value);
        self
    }

    /// Sets a field.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.fields.insert(field.to_owned(), value.into());
    }

    /// Takes a field out, for instance one that the org does not have.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field)
    }

    /// The object, by the type that the response names, else by the id.
    pub fn sobject(&self) -> Option<SObject> {
        match self.str("attributes.type") {
            Some(name) => SObject::from_name(name),
            None => self.id().and_then(SObject::of),
        }
    }

    /// The record's own id.
    pub fn id(&self) -> Option<SalesforceId> {
        self.reference("Id")
    }

    /// The id that a reference field holds, such as `AccountId`.
    pub fn reference(&self, field: &str) -> Option<SalesforceId> {
        SalesforceId::parse(self.str(field)?).ok()
    }

    /// The value of a field; `None` if it is absent or null.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut names = path.split('.');
        let first = self.fields.get(names.next()?)?;
        names.try_fold(first, |value, name| value.get(name)).filter(|value| !value.is_null())
    }

    /// The text of a field.
    pub fn str(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// The value of a checkbox.
    pub fn bool(&self, path: &str) -> Option<bool> {
        self.get(path)?.as_bool()
    }

    /// The instant of a date-time field.
    pub fn datetime(&self, path: &str) -> Option<Timestamp> {
        self.str(path)?.parse().ok()
    }

    /// The names and values of the fields, without `attributes`.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().filter(|(name, _)| *name != "attributes").map(|(name, value)| (name.as_str(), value))
    }

    /// The JSON without `attributes`, for a resource that names the type itself.
    pub(crate) fn untyped_json(&self) -> Value {
        self.fields().map(|(name, value)| (name.to_owned(), value.clone())).collect::<Map<_, _>>().into()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("sobject", &self.sobject())
            .field("id", &self.id())
            .field("fields", &self.fields().map(|(name, _)| name).collect::<Vec<_>>())
            .finish()
    }
}

/// One page of a query's result: up to 2,000 records.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Page {
    /// The records, in the query's order.
    pub records: Vec<Record>,
    /// The path of the next page, if there is one.
    #[serde(rename = "nextRecordsUrl", default)]
    pub(crate) next: Option<String>,
}

impl Page {
    /// Whether there are more pages.
    pub fn has_more(&self) -> bool {
        self.next.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> Record {
        serde_json::from_value(json!({
            "attributes": {"type": "Contact", "url": "/services/data/v66.0/sobjects/Contact/003Vr00000m4eGCIAY"},
            "Id": "003Vr00000m4eGC", "Name": "Jane Roe", "MobilePhone": null, "IsPersonAccount": false,
            "LastModifiedDate": "2026-11-20T09:12:01.000+0000",
            "Account": {"attributes": {"type": "Account"}, "Name": "Example Ltd"}
        }))
        .unwrap()
    }

    #[test]
    fn fields_are_read_by_their_type() {
        let contact = contact();
        assert_eq!(contact.sobject(), Some(SObject::Contact));
        assert_eq!(SObject::of(contact.id().unwrap()), Some(SObject::Contact));
        assert_eq!(contact.str("Name"), Some("Jane Roe"));
        assert_eq!(contact.str("Account.Name"), Some("Example Ltd"));
        assert_eq!(contact.str("MobilePhone"), None);
        assert_eq!(contact.bool("IsPersonAccount"), Some(false));
        assert_eq!(contact.datetime("LastModifiedDate"), Some("2026-11-20T09:12:01Z".parse().unwrap()));
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", contact());
        assert!(shown.contains("Name") && !shown.contains("Jane") && !shown.contains("Example"), "{shown}");
    }

    #[test]
    fn only_untyped_json_omits_the_type() {
        let task = Record::new(SObject::Task).with("Subject", "Call");
        assert_eq!(json!(task), json!({"attributes": {"type": "Task"}, "Subject": "Call"}));
        assert_eq!(task.untyped_json(), json!({"Subject": "Call"}));
    }

    #[test]
    fn names_and_prefixes_are_one_to_one() {
        for sobject in SObject::ALL {
            assert_eq!(SObject::from_name(sobject.name()), Some(sobject));
            let id = SalesforceId::parse(&format!("{:0<15}", sobject.id_prefix())).unwrap();
            assert_eq!(SObject::of(id), Some(sobject));
        }
    }
}

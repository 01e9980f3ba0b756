//! Conversions between the types of [`rules`] and Salesforce's records.

pub(crate) mod limits;

use rules::matching::{Candidate, Record as CallRecord};
use rules::phone::Country;
use rules::relate::{Related, RelatedKind};
use rules::revise::{Held, Revision};
use rules::unknown::NewRecord;
use rules::{Direction, RecordKind, StatusNames, Task};
use serde_json::Value;

use crate::composite::escape_references;
use crate::{CallerFields, KeyField, Record, SObject, SalesforceId};

/// The fields of a Task that [`held`] reads.
pub const HELD_FIELDS: &[&str] =
    &["Subject", "Status", "CallDurationInSeconds", "ActivityDate", "CallDisposition", "Description"];

/// The `Type` of a message's Task. An org's restricted picklist may lack it; then Tasks of messages have no `Type`.
pub const MESSAGE_TYPE: &str = "SMS";

/// The fields of an Account that identify a Person Account. They exist only in orgs with person accounts.
pub const PERSON_FIELDS: &[&str] = &["IsPersonAccount", "PersonContactId"];

/// A new Task, without links to records. Without a status, it has the org's default.
///
/// `TaskSubtype` can only be set on creation. It makes the timeline show a logged call. Messages have no subtype of
/// their own, and an org may lack a `Type` for them.
pub fn new_task(task: &Task, owner: &SalesforceId, statuses: &StatusNames) -> Record {
    let (subtype, task_type) = if task.is_call() { ("Call", "Call") } else { ("Task", MESSAGE_TYPE) };
    let call_type = task.direction.map(|direction| match direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    });
    let mut record = Record::new(SObject::Task)
        .with(KeyField::AircallKey.name(), task.key.as_str())
        .with(KeyField::CallObject.name(), task.key.as_str())
        .with("Subject", task.subject.as_str())
        .with("TaskSubtype", subtype)
        .with("Type", task_type)
        .with("ActivityDate", task.activity_date.to_string())
        .with("Description", task.description.as_str())
        .with("OwnerId", owner.as_str());
    let optional: [(&str, Option<Value>); 4] = [
        ("Status", statuses.name(task.status).map(Value::from)),
        ("CallType", call_type.map(Value::from)),
        ("CallDurationInSeconds", task.talk_seconds.map(Value::from)),
        ("CallDisposition", task.call_disposition.clone().map(Value::from)),
    ];
    for (field, value) in optional {
        if let Some(value) = value {
            record.set(field, value);
        }
    }
    record
}

/// A Task as Salesforce holds it, read with [`HELD_FIELDS`].
pub fn held(record: &Record, statuses: &StatusNames) -> Held {
    let text = |field| record.str(field).map(str::to_owned);
    Held {
        subject: text("Subject"),
        status: record.str("Status").and_then(|value| statuses.meaning(value)),
        talk_seconds: record.get("CallDurationInSeconds").and_then(whole_number),
        activity_date: text("ActivityDate"),
        call_disposition: text("CallDisposition"),
        description: text("Description"),
    }
}

/// Salesforce writes some whole numbers as `12.0`.
fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(f64::round).and_then(|number| format!("{number}").parse().ok()))
}

/// The change of a Task.
pub fn revised_task(id: &SalesforceId, revision: &Revision, statuses: &StatusNames) -> Record {
    let mut record = Record::new(SObject::Task).with("Id", id.as_str());
    let mut set = |field: &str, value: Option<Value>| {
        if let Some(value) = value {
            record.set(field, value);
        }
    };
    set("Subject", revision.subject.clone().map(Value::from));
    set("Status", revision.status.and_then(|status| statuses.name(status)).map(Value::from));
    set("CallDurationInSeconds", revision.talk_seconds.map(Value::from));
    set("ActivityDate", revision.activity_date.clone().map(Value::from));
    set("CallDisposition", revision.call_disposition.clone().map(Value::from));
    set("Description", revision.description.clone().map(Value::from));
    record
}

/// A Contact, Lead or Account for an unknown phone number, which belongs to `owner`.
pub fn new_record(new: &NewRecord, owner: &SalesforceId) -> Record {
    let with = |record: Record, field: &str, value: &Option<String>| match value {
        Some(value) => record.with(field, value.as_str()),
        None => record,
    };
    let record = match new {
        NewRecord::Contact { first_name, last_name, phone, email } => {
            let record =
                Record::new(SObject::Contact).with("LastName", last_name.as_str()).with("Phone", phone.as_str());
            with(with(record, "FirstName", first_name), "Email", email)
        }
        NewRecord::Lead { first_name, last_name, company, phone, email } => {
            let record = Record::new(SObject::Lead)
                .with("LastName", last_name.as_str())
                .with("Company", company.as_str())
                .with("Phone", phone.as_str());
            with(with(record, "FirstName", first_name), "Email", email)
        }
        NewRecord::Account { name, phone } => {
            Record::new(SObject::Account).with("Name", name.as_str()).with("Phone", phone.as_str())
        }
    };
    record.with("OwnerId", owner.as_str())
}

/// The Account of a company, for its first Contact. A Task does not show on it, so it has no phone number.
pub fn new_company(name: &str, owner: &SalesforceId) -> Record {
    Record::new(SObject::Account).with("Name", name).with("OwnerId", owner.as_str())
}

/// A new Case for a call of a Contact, without the Contact. It belongs to `owner`; the subject is truncated to fit.
pub fn new_case(subject: &str, owner: &SalesforceId) -> Record {
    // Escaped before it is truncated, because escaping makes the text longer.
    let subject = limits::truncated(SObject::Case, "Subject", &escape_references(subject));
    Record::new(SObject::Case).with("Subject", subject).with("Origin", "Phone").with("OwnerId", owner.as_str())
}

impl From<RecordKind> for SObject {
    fn from(kind: RecordKind) -> Self {
        match kind {
            RecordKind::Contact => Self::Contact,
            RecordKind::Lead => Self::Lead,
            RecordKind::Account | RecordKind::PersonAccount => Self::Account,
        }
    }
}

/// A Contact, Lead or Account that a search or query by phone found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The candidate that the rules choose from.
    pub candidate: Candidate,
    /// The Account: a Contact's, or itself.
    pub account_id: Option<SalesforceId>,
}

/// Reads a record from [`crate::Sosl::phones`] or [`crate::Soql::records_by_phone`]; `None` for other records.
pub fn found(record: &Record) -> Option<Found> {
    let id = record.id()?;
    let is_person = record.bool("IsPersonAccount").unwrap_or(false);
    let person_contact_id = record.reference("PersonContactId");
    let (kind, id, account_id, person_contact_id) = match record.sobject()? {
        // The hidden Contact represents the person account.
        SObject::Contact if is_person => {
            let account_id = record.reference("AccountId")?;
            (RecordKind::PersonAccount, account_id, Some(account_id), Some(id))
        }
        SObject::Contact => (RecordKind::Contact, id, record.reference("AccountId"), None),
        SObject::Lead => (RecordKind::Lead, id, None, None),
        SObject::Account if is_person => (RecordKind::PersonAccount, id, Some(id), person_contact_id),
        SObject::Account => (RecordKind::Account, id, Some(id), None),
        SObject::Case | SObject::Opportunity | SObject::Task | SObject::User => return None,
    };
    let fields = CallerFields::new(true);
    let texts = |fields: Vec<&'static str>| fields.into_iter().filter_map(|field| record.str(field));
    let (phones, countries) = (fields.phones(record.sobject()?), fields.countries(record.sobject()?));
    let candidate = Candidate {
        record: CallRecord {
            kind,
            id: Some(id),
            person_contact_id,
            name: record.str("Name").unwrap_or_default().to_owned(),
        },
        phones: texts(phones).map(str::to_owned).collect(),
        country: texts(countries).find_map(Country::of_address),
        last_modified: record.datetime("LastModifiedDate"),
        is_converted: record.bool("IsConverted").unwrap_or(false),
    };
    Some(Found { candidate, account_id })
}

/// Reads an open Case and its Contact from [`crate::Soql::open_cases`].
pub fn open_case(record: &Record) -> Option<(SalesforceId, Related)> {
    let contact = record.reference("ContactId")?;
    let related = Related {
        kind: RelatedKind::Case,
        id: record.id()?,
        name: record.str("CaseNumber").unwrap_or_default().to_owned(),
        is_closed: false,
        last_modified: record.datetime("LastModifiedDate"),
    };
    Some((contact, related))
}

/// Reads an open Opportunity and the Contact with a role in it from [`crate::Soql::open_opportunities`].
pub fn open_opportunity(record: &Record) -> Option<(SalesforceId, Related)> {
    let contact = record.reference("ContactId")?;
    let related = Related {
        kind: RelatedKind::Opportunity,
        id: record.reference("OpportunityId")?,
        name: record.str("Opportunity.Name").unwrap_or_default().to_owned(),
        is_closed: false,
        last_modified: record.datetime("Opportunity.LastModifiedDate"),
    };
    Some((contact, related))
}

//! The record to create for a phone number that no record has.

use crate::call::Contact;
use crate::matching::RecordKind;
use crate::phone::E164;
use crate::settings::UnknownNumber;
use crate::text::{length, one_line, truncate, without_references};
use crate::trace::{Topic, Trace};

/// Longest `LastName` of a Contact or Lead.
const MAX_LAST_NAME: usize = 80;
/// Longest `FirstName` of a Contact or Lead.
const MAX_FIRST_NAME: usize = 40;
/// Longest `Company` of a Lead and `Name` of an Account.
const MAX_COMPANY: usize = 255;
/// Longest e-mail address.
const MAX_EMAIL: usize = 80;

/// A record to create.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is Salesforce's of that name; `phone` is E.164")]
pub enum NewRecord {
    Contact { first_name: Option<String>, last_name: String, phone: String, email: Option<String> },
    Lead { first_name: Option<String>, last_name: String, company: String, phone: String, email: Option<String> },
    Account { name: String, phone: String },
}

impl NewRecord {
    /// The kind of record it becomes.
    pub fn kind(&self) -> RecordKind {
        match self {
            NewRecord::Contact { .. } => RecordKind::Contact,
            NewRecord::Lead { .. } => RecordKind::Lead,
            NewRecord::Account { .. } => RecordKind::Account,
        }
    }

    /// The name that Salesforce will show.
    pub fn name(&self) -> String {
        match self {
            NewRecord::Contact { first_name, last_name, .. } | NewRecord::Lead { first_name, last_name, .. } => {
                first_name.iter().chain([last_name]).map(String::as_str).collect::<Vec<_>>().join(" ")
            }
            NewRecord::Account { name, .. } => name.clone(),
        }
    }
}

/// The record to create for `phone`, with the data of Aircall's `contact`. Adds the finding to `trace`.
///
/// A name that Salesforce requires and Aircall lacks becomes the phone number in international format.
pub fn create(setting: UnknownNumber, phone: &E164, contact: Option<&Contact>, trace: &mut Trace) -> Option<NewRecord> {
    let contact = contact.cloned().unwrap_or_default();
    let formatted = || phone.international();
    let text =
        |text: &Option<String>| text.as_deref().map(one_line).filter(|t| !t.is_empty()).map(|t| without_references(&t));
    let truncated = |whole: &Option<String>, limit| text(whole).map(|text| truncate(&text, limit));
    let first_name = truncated(&contact.first_name, MAX_FIRST_NAME);
    let last_name = truncated(&contact.last_name, MAX_LAST_NAME);
    let company = truncated(&contact.company_name, MAX_COMPANY);
    // A truncated e-mail address would be a different address, so an invalid or too long one is left out.
    let is_email = |email: &String| email.contains('@') && !email.contains(' ') && length(email) <= MAX_EMAIL;
    let email = text(&contact.email).filter(is_email);
    let phone = phone.as_str().to_owned();

    let new = match setting {
        UnknownNumber::DoNothing => {
            trace
                .note(Topic::Record, "No record has the phone number, and the settings do not create one: not logged.");
            return None;
        }
        UnknownNumber::CreateContact => {
            NewRecord::Contact { first_name, last_name: last_name.unwrap_or_else(formatted), phone, email }
        }
        UnknownNumber::CreateLead => NewRecord::Lead {
            first_name,
            last_name: last_name.unwrap_or_else(formatted),
            company: company.unwrap_or_else(formatted),
            phone,
            email,
        },
        UnknownNumber::CreateAccount => {
            let person = [first_name, last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let name = company.or_else(|| Some(person).filter(|name| !name.is_empty())).unwrap_or_else(formatted);
            NewRecord::Account { name, phone }
        }
    };
    trace.note(Topic::Record, format!("No record has the phone number: the {} {} is created.", new.kind(), new.name()));
    Some(new)
}

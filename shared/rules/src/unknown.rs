//! The record to create for a phone number that no record has.

use serde::{Deserialize, Serialize};

use crate::call::Contact;
use crate::matching::RecordKind;
use crate::phone::E164;
use crate::salesforce_id::SalesforceId;
use crate::settings::{ContactAccount, Settings, UnknownNumber};
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

/// The record type of Accounts that are created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// The default of the connecting user, which is one of businesses, or the org has no record types.
    Default,
    /// This one.
    Business(SalesforceId),
    /// The user may create no business Account.
    Unavailable,
}

/// The Account of a new Contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountOfContact {
    /// None.
    None,
    /// This one.
    Named(SalesforceId),
    /// That of this name, which is created if there is none.
    Company(String),
}

/// The Account that a new Contact for Aircall's `contact` belongs to. Adds the finding to `trace` if it does not depend
/// on what is in the org.
pub fn account_of_contact(settings: &Settings, contact: Option<&Contact>, trace: &mut Trace) -> AccountOfContact {
    match (settings.contact_account, settings.contact_account_id) {
        (ContactAccount::Named, Some(id)) => {
            trace.note(Topic::Record, "The new Contact belongs to the Account that the settings name.");
            AccountOfContact::Named(id)
        }
        (ContactAccount::None, _) | (ContactAccount::Named, None) => AccountOfContact::None,
        (ContactAccount::ByCompany, _) => {
            let company = contact.and_then(company).map(AccountOfContact::Company);
            company.unwrap_or_else(|| {
                trace.note(Topic::Record, "Aircall names no company: the new Contact belongs to no Account.");
                AccountOfContact::None
            })
        }
    }
}

/// The company of Aircall's `contact`, as the name of an Account.
pub fn company(contact: &Contact) -> Option<String> {
    text(contact.company_name.as_deref(), MAX_COMPANY)
}

/// One line of at most `limit` characters; none if it is empty.
fn text(text: Option<&str>, limit: usize) -> Option<String> {
    let line = text.map(one_line).filter(|line| !line.is_empty())?;
    Some(truncate(&without_references(&line), limit))
}

/// The record to create for `phone`, with the data of Aircall's `contact`. Adds the finding to `trace`.
///
/// A name that Salesforce requires and Aircall lacks becomes the phone number in international format.
pub fn create(setting: UnknownNumber, phone: &E164, contact: Option<&Contact>, trace: &mut Trace) -> Option<NewRecord> {
    let contact = contact.cloned().unwrap_or_default();
    let formatted = || phone.international();
    let first_name = text(contact.first_name.as_deref(), MAX_FIRST_NAME);
    let last_name = text(contact.last_name.as_deref(), MAX_LAST_NAME);
    let company = company(&contact);
    // A truncated e-mail address would be a different address, so an invalid or too long one is left out.
    let is_email = |email: &String| email.contains('@') && !email.contains(' ') && length(email) <= MAX_EMAIL;
    let email = text(contact.email.as_deref(), usize::MAX).filter(is_email);
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

//! What becomes of a number that no record has.

use crate::call::Contact;
use crate::matching::RecordKind;
use crate::phone::E164;
use crate::settings::UnknownNumber;
use crate::text::{fit, length, one_line, plain};
use crate::trace::{Topic, Trace};

/// Longest `LastName` of Contact and Lead, and `FirstName`'s is 40.
const LAST_NAME: usize = 80;
const FIRST_NAME: usize = 40;
/// Longest `Company` of a Lead and `Name` of an Account.
const COMPANY: usize = 255;
/// Longest e-mail.
const EMAIL: usize = 80;

/// A record to create.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is Salesforce's of that name; `phone` is E.164")]
pub enum NewRecord {
    Contact { first_name: Option<String>, last_name: String, phone: String, email: Option<String> },
    Lead { first_name: Option<String>, last_name: String, company: String, phone: String, email: Option<String> },
    Account { name: String, phone: String },
}

impl NewRecord {
    /// What it will be.
    pub fn kind(&self) -> RecordKind {
        match self {
            NewRecord::Contact { .. } => RecordKind::Contact,
            NewRecord::Lead { .. } => RecordKind::Lead,
            NewRecord::Account { .. } => RecordKind::Account,
        }
    }

    /// The name Salesforce will show.
    pub fn name(&self) -> String {
        match self {
            NewRecord::Contact { first_name, last_name, .. } | NewRecord::Lead { first_name, last_name, .. } => {
                first_name.iter().chain([last_name]).map(String::as_str).collect::<Vec<_>>().join(" ")
            }
            NewRecord::Account { name, .. } => name.clone(),
        }
    }
}

/// What to create for `number`, of which Aircall knows `contact`. Says so in `trace`.
///
/// A name that Salesforce requires and Aircall lacks is the number as people write it.
pub fn create(
    setting: UnknownNumber,
    number: &E164,
    contact: Option<&Contact>,
    trace: &mut Trace,
) -> Option<NewRecord> {
    let contact = contact.cloned().unwrap_or_default();
    let formatted = || number.international();
    let text = |text: &Option<String>| text.as_deref().map(one_line).filter(|t| !t.is_empty()).map(|t| plain(&t));
    let fitting = |whole: &Option<String>, limit| text(whole).map(|text| fit(&text, limit));
    let first_name = fitting(&contact.first_name, FIRST_NAME);
    let last_name = fitting(&contact.last_name, LAST_NAME);
    let company = fitting(&contact.company_name, COMPANY);
    // A cut e-mail is another e-mail, so one that is too long or is none is left out.
    let is_email = |email: &String| email.contains('@') && !email.contains(' ') && length(email) <= EMAIL;
    let email = text(&contact.email).filter(is_email);
    let phone = number.as_str().to_owned();

    let new = match setting {
        UnknownNumber::DoNothing => {
            trace.note(Topic::Record, "No record has the number, and none is to be created: not logged.");
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
    trace.note(Topic::Record, format!("No record has the number: the {} {} is created.", new.kind(), new.name()));
    Some(new)
}

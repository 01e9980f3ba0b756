//! The maximum lengths of the text fields that this product writes.

use crate::SObject::{Account, Case, Contact, Lead, Task};
use crate::{KeyField, SObject};

/// Every text field that is written, with its maximum length in characters. An emoji counts as two: Salesforce runs on
/// Java, whose strings count UTF-16 code units.
///
/// The texts that the rules produce already fit, which a property test checks. Sources: the [field
/// reference](https://developer.salesforce.com/docs/atlas.en-us.sfFieldRef.meta/sfFieldRef/salesforce_field_reference_Task.htm)
/// of each object; the key's field is our own.
pub(crate) const TEXTS: [(SObject, &str, usize); 17] = [
    (Task, "Subject", 255),
    (Task, "Description", 32_000),
    (Task, "CallDisposition", 255),
    (Task, KeyField::CallObject.name(), 255),
    (Task, KeyField::AircallKey.name(), 64),
    (Contact, "LastName", 80),
    (Contact, "FirstName", 40),
    (Contact, "Phone", 40),
    (Contact, "Email", 80),
    (Lead, "LastName", 80),
    (Lead, "FirstName", 40),
    (Lead, "Company", 255),
    (Lead, "Phone", 40),
    (Lead, "Email", 80),
    (Account, "Name", 255),
    (Account, "Phone", 40),
    (Case, "Subject", 255),
];

/// The maximum length of a text field; `None` for a field that is not written as text.
pub(crate) fn limit(sobject: SObject, field: &str) -> Option<usize> {
    TEXTS.iter().find(|(object, name, _)| *object == sobject && *name == field).map(|(_, _, limit)| *limit)
}

/// `text`, truncated with `…` at the end if it does not fit into the field.
pub(crate) fn truncated(sobject: SObject, field: &str, text: &str) -> String {
    let limit = limit(sobject, field).unwrap_or(usize::MAX);
    if text.encode_utf16().count() <= limit {
        return text.to_owned();
    }
    let mut room = limit.saturating_sub(1);
    let fits = |character: &char| {
        let rest = room.checked_sub(character.len_utf16());
        room = rest.unwrap_or_default();
        rest.is_some()
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

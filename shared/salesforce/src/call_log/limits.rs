//! How much text the fields take that this product writes.

use crate::SObject::{Account, Case, Contact, Lead, Task};
use crate::{KeyField, SObject};

/// Every text that is written, with the most characters its field takes. An emoji counts as two: Salesforce runs on
/// Java, whose strings count UTF-16 code units.
///
/// What the rules make fits as it is, and a property test says so. Sources: the
/// [field reference](https://developer.salesforce.com/docs/atlas.en-us.sfFieldRef.meta/sfFieldRef/salesforce_field_reference_Task.htm)
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

/// The most characters of a text field; nothing of a field that is not written as text.
pub(crate) fn limit(sobject: SObject, field: &str) -> Option<usize> {
    TEXTS.iter().find(|(object, name, _)| *object == sobject && *name == field).map(|(_, _, limit)| *limit)
}

/// `text`, or as much of it as fits into the field with `…` behind it.
pub(crate) fn fit(sobject: SObject, field: &str, text: &str) -> String {
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

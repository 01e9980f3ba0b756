//! The unique field that prevents a call from being logged twice.

use super::CheckStatus::{Missing, Ok, Warning};
use super::{CheckStatus, Objects, OrgCheck};
use crate::call_log::limits::limit;
use crate::{FieldDescription, KeyField, SObject};

const EDIT_FIELD: &str = "In Setup, Object Manager, Activity, edit the field";

pub(super) fn check(objects: &Objects, check: &mut OrgCheck) {
    let name = KeyField::AircallKey.name();
    let field = objects.get(&SObject::Task).and_then(|task| task.fields.get(name));
    let (status, message) = assess(field);
    if !field.is_some_and(is_writable) {
        check.faulty_fields.insert(format!("{}.{name}", SObject::Task));
    }
    check.note(format!("Key field Task.{name}"), status, message);
}

/// Whether the user may write it in a new Task.
pub(super) fn is_writable(field: &FieldDescription) -> bool {
    field.createable
}

fn assess(field: Option<&FieldDescription>) -> (CheckStatus, String) {
    let Some(field) = field else {
        let message = "Tasks have no such field, or the connected user may not see it. Until it is set up, Salesforce \
                       cannot refuse a second Task for the same call: the integration asks before it creates one, \
                       which takes more API calls and leaves a small gap.";
        return (Missing, message.to_owned());
    };
    let min_length = limit(SObject::Task, KeyField::AircallKey.name()).unwrap_or_default();
    if field.kind != "string" || usize::try_from(field.length).is_ok_and(|length| length < min_length) {
        return (
            Missing,
            format!("It is not a text field of at least {min_length} characters, so keys do not fit. {EDIT_FIELD}."),
        );
    }
    if !field.createable {
        let message = "The connected user may see it, but not write it: assign the permission set Aircall_Integration \
                       to the user, or set it up from here.";
        return (Missing, message.to_owned());
    }
    if !field.unique {
        let message = format!(
            "It is not unique, so Salesforce does not refuse a second Task for the same call. {EDIT_FIELD} and tick \
             Unique, case sensitive."
        );
        return (Missing, message);
    }
    if !field.external_id {
        return (
            Warning,
            format!("It is not an external ID, so finding a Task by it is slow. {EDIT_FIELD} and tick External ID."),
        );
    }
    (Ok, "It exists, unique and writable: Salesforce itself refuses a second Task for the same call.".to_owned())
}

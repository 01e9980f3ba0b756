//! The unique field that keeps a call from being logged twice.

use super::CheckStatus::{Missing, Ok, Warning};
use super::{CheckStatus, Objects, OrgCheck};
use crate::call_log::limits::limit;
use crate::{FieldDescription, KeyField, SObject};

const MEND: &str = "In Setup, Object Manager, Activity, edit the field";

pub(super) fn check(objects: &Objects, check: &mut OrgCheck) {
    let name = KeyField::AircallKey.name();
    let field = objects.get(&SObject::Task).and_then(|task| task.fields.get(name));
    let (status, message) = judge(field);
    if field.is_none_or(|field| !field.createable) {
        check.faulty_fields.insert(format!("{}.{name}", SObject::Task));
    }
    check.note(format!("Key field Task.{name}"), status, message);
}

fn judge(field: Option<&FieldDescription>) -> (CheckStatus, String) {
    let Some(field) = field else {
        let message = "Tasks have no such field, or the connected user may not see it. Until it is set up, Salesforce \
                       cannot refuse a second Task for the same call: the integration asks before it creates one, \
                       which takes more API calls and leaves a small gap.";
        return (Missing, message.to_owned());
    };
    let most = limit(SObject::Task, KeyField::AircallKey.name()).unwrap_or_default();
    if field.kind != "string" || usize::try_from(field.length).is_ok_and(|length| length < most) {
        return (Missing, format!("It is not a text of at least {most} characters, so keys do not fit. {MEND}."));
    }
    if !field.createable {
        let message = "The connected user may see it, and not write it: assign the permission set Aircall_Integration \
                       to the user, or set it up from here.";
        return (Missing, message.to_owned());
    }
    if !field.unique {
        let message = format!(
            "It is not unique, so Salesforce does not refuse a second Task for the same call. {MEND} and tick Unique, \
             case sensitive."
        );
        return (Missing, message);
    }
    if !field.external_id {
        return (
            Warning,
            format!("It is no external ID, so finding a Task by it is slow. {MEND} and tick External ID."),
        );
    }
    (Ok, "It is there, unique and writable: Salesforce itself refuses a second Task for the same call.".to_owned())
}

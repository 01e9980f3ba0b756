//! Which objects the user may read and create.

use super::CheckStatus::{Missing, Ok, Warning};
use super::{CheckStatus, OrgCheck, fields};
use crate::{Description, SObject};

pub(super) fn check(sobject: SObject, description: Option<&Description>, check: &mut OrgCheck) {
    if sobject == SObject::User {
        return;
    }
    let Some(description) = description.filter(|description| description.queryable) else {
        let status = if sobject == SObject::Task { Missing } else { Warning };
        check.note(
            sobject.name(),
            status,
            format!("The connected user has no access to it: {}.", without_access(sobject)),
        );
        return;
    };
    let (status, message) = match without_create(sobject) {
        None => (Ok, "The connected user may read it.".to_owned()),
        Some(_) if description.createable => (Ok, "The connected user may read and create it.".to_owned()),
        Some((status, without)) => (status, format!("The connected user may read it, but not create it: {without}.")),
    };
    check.note(sobject.name(), status, message);
    if description.createable {
        note_required(sobject, description, check);
    }
}

/// What does not work if the user has no access to an object.
fn without_access(sobject: SObject) -> &'static str {
    match sobject {
        SObject::Task => "nothing can be logged. The user needs the permission Edit Tasks",
        SObject::Contact => "calls are not logged on Contacts, and so not on Cases or Opportunities either",
        SObject::Lead => "calls are not logged on Leads",
        SObject::Account => "calls are not logged on Accounts",
        SObject::Case => "calls are not related to Cases",
        SObject::Opportunity => "calls are not related to Opportunities",
        SObject::User => "all Tasks belong to the connected user",
    }
}

/// What does not work if the user may not create records of an object, and how severe that is.
fn without_create(sobject: SObject) -> Option<(CheckStatus, &'static str)> {
    match sobject {
        SObject::Task => Some((Missing, "nothing can be logged. The user needs the permission Edit Tasks")),
        SObject::Contact => Some((Warning, "the setting to create a Contact for an unknown number does not work")),
        SObject::Lead => Some((Warning, "the setting to create a Lead for an unknown number does not work")),
        SObject::Account => Some((Warning, "the setting to create an Account for an unknown number does not work")),
        SObject::Case => Some((Warning, "the setting to create a Case if there is none does not work")),
        SObject::Opportunity | SObject::User => None,
    }
}

/// Adds items for custom fields that the org requires in new records and the integration does not fill.
fn note_required(sobject: SObject, description: &Description, check: &mut OrgCheck) {
    let required = description.fields.values().filter(|field| {
        let is_own = field.name.ends_with("__c") && fields::names(sobject).all(|name| name != field.name);
        is_own && field.createable && !field.nillable && !field.defaulted_on_create && field.kind != "boolean"
    });
    if without_create(sobject).is_none() {
        return;
    }
    for field in required {
        let status = if sobject == SObject::Task { Missing } else { Warning };
        let message = format!(
            "The org requires it in every new {sobject}, but the integration does not fill it: creating one fails. \
             Give the field a default value, or do not require it."
        );
        check.note(format!("Required field {sobject}.{}", field.name), status, message);
    }
}

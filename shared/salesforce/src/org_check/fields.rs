//! Field-level security of what the integration reads and writes.

use super::{CheckStatus, OrgCheck};
use crate::{CallerFields, Description, KeyField, SObject};

/// A field that is written, and the consequence of lacking it.
struct Written {
    field: &'static str,
    /// Whether updates write it, too.
    is_revised: bool,
    without: &'static str,
}

const fn create_only(field: &'static str, without: &'static str) -> Written {
    Written { field, is_revised: false, without }
}

const fn revised(field: &'static str, without: &'static str) -> Written {
    Written { field, is_revised: true, without }
}

/// The fields of [`crate::call_log::new_task`] and [`crate::call_log::revised_task`], except the key field.
const TASK: &[Written] = &[
    revised("Subject", "Tasks have no subject"),
    revised("Status", "Tasks get the org's default status instead of Completed or In Progress"),
    revised("ActivityDate", "Tasks have no date"),
    revised("CallDurationInSeconds", "Tasks do not show how long the call was"),
    revised("CallDisposition", "tags are not logged"),
    revised("Description", "waiting time, recording link and comments are not logged"),
    create_only("CallType", "Tasks do not distinguish inbound from outbound"),
    create_only("TaskSubtype", "the timeline shows calls as plain tasks"),
    create_only("Type", "Tasks have no type"),
    create_only("CallObject", "Tasks do not carry the call's id in a standard field"),
    create_only("OwnerId", "all Tasks belong to the connected user"),
    create_only("WhoId", "calls do not show on Contacts and Leads"),
    create_only("WhatId", "calls do not show on Accounts, Cases and Opportunities"),
];

/// The fields of [`crate::call_log::new_record`] and [`crate::call_log::new_case`].
const CONTACT: &[Written] = &[
    create_only("LastName", "no Contact can be created"),
    create_only("FirstName", "new Contacts have no first name"),
    create_only("Phone", "new Contacts do not hold the number, and the next call creates another"),
    create_only("Email", "new Contacts have no e-mail"),
    create_only("OwnerId", "new Contacts belong to the connected user"),
    create_only("AccountId", "new Contacts have no Account"),
];
const LEAD: &[Written] = &[
    create_only("LastName", "no Lead can be created"),
    create_only("FirstName", "new Leads have no first name"),
    create_only("Company", "no Lead can be created"),
    create_only("Phone", "new Leads do not hold the number, and the next call creates another"),
    create_only("Email", "new Leads have no e-mail"),
    create_only("OwnerId", "new Leads belong to the connected user"),
];
const ACCOUNT: &[Written] = &[
    create_only("Name", "no Account can be created"),
    create_only("Phone", "new Accounts do not hold the number, and the next call creates another"),
    create_only("OwnerId", "new Accounts belong to the connected user"),
];
const CASE: &[Written] = &[
    create_only("Subject", "new Cases have no subject"),
    create_only("Origin", "new Cases do not say that they came by phone"),
    create_only("ContactId", "calls are not related to Cases"),
    create_only("OwnerId", "new Cases belong to the connected user"),
];

fn written(sobject: SObject) -> &'static [Written] {
    match sobject {
        SObject::Task => TASK,
        SObject::Contact => CONTACT,
        SObject::Lead => LEAD,
        SObject::Account => ACCOUNT,
        SObject::Case => CASE,
        SObject::Opportunity | SObject::User => &[],
    }
}

/// The names of the fields that are written into new records.
pub(crate) fn names(sobject: SObject) -> impl Iterator<Item = &'static str> {
    let key = (sobject == SObject::Task).then_some(KeyField::AircallKey.name());
    written(sobject).iter().map(|written| written.field).chain(key)
}

impl Description {
    /// The fields that are written into new records of `sobject`, which this describes, and that the user may not
    /// write.
    pub fn unwritable(&self, sobject: SObject) -> Vec<String> {
        let may_write = |name: &&str| self.fields.get(*name).is_some_and(|field| field.createable);
        names(sobject).filter(|name| !may_write(name)).map(str::to_owned).collect()
    }
}

/// Adds one item per faulty field, or one that says that all are fine.
pub(super) fn check(sobject: SObject, description: &Description, check: &mut OrgCheck) {
    let (faults, checked) = (check.items.len(), names(sobject).count());
    let phones = CallerFields::new(check.person_accounts == Some(true)).phones(sobject);
    for written in written(sobject) {
        let name = format!("{sobject}.{}", written.field);
        let is_phone = phones.contains(&written.field);
        let found = description.fields.get(written.field);
        let message = match found {
            None if is_phone => continue,
            None => format!("The connected user may not see it, or the org does not have it: {}.", written.without),
            // If the user may not create the object at all, a single item of the object reports it.
            Some(field) if description.createable && !field.createable => {
                format!("The connected user may see it, but not write it: {}.", written.without)
            }
            Some(field) if description.createable && written.is_revised && !field.updateable => {
                "The connected user may not change it: later changes of a call in Aircall are not logged there."
                    .to_owned()
            }
            Some(_) => continue,
        };
        check.fault(name, message);
    }
    for phone in &phones {
        if !description.fields.contains_key(*phone) {
            let message = "The connected user may not see it, or the org does not have it: callers whose number is \
                           only there are not found.";
            check.fault(format!("{sobject}.{phone}"), message.to_owned());
        }
    }
    if checked > 0 && check.items.len() == faults {
        let message = "The connected user may use every field that the integration reads and writes.";
        check.note(format!("Fields of {sobject}"), CheckStatus::Ok, message);
    }
}

impl OrgCheck {
    fn fault(&mut self, field: String, message: String) {
        self.note(format!("Field {field}"), CheckStatus::Warning, message);
        self.faulty_fields.insert(field);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rules::unknown::NewRecord;
    use rules::{Direction, StatusNames, Task, TaskStatus};

    use super::*;
    use crate::{Record, SalesforceId, call_log};

    #[track_caller]
    fn check(record: &Record, links: &[&'static str]) {
        let wire: BTreeSet<&str> = record.fields().map(|(name, _)| name).chain(links.iter().copied()).collect();
        assert_eq!(names(record.sobject().unwrap()).collect::<BTreeSet<_>>(), wire);
    }

    #[test]
    fn every_field_that_is_written_is_checked() {
        let text = || "x".to_owned();
        let task = Task {
            key: text(),
            subject: text(),
            status: TaskStatus::Completed,
            direction: Some(Direction::Inbound),
            talk_seconds: Some(1),
            activity_date: jiff::civil::date(2026, 3, 23),
            call_disposition: Some(text()),
            description: text(),
            parts: Vec::new(),
        };
        let owner = SalesforceId::parse("005Vr00000m4eGC").unwrap();
        check(&call_log::new_task(&task, &owner, &StatusNames::default()), &["WhoId", "WhatId"]);
        check(&call_log::new_case("x", &owner), &["ContactId"]);
        let (first_name, email) = (Some(text()), Some(text()));
        let contact = NewRecord::Contact { first_name, last_name: text(), phone: text(), email };
        check(&call_log::new_record(&contact, &owner), &["AccountId"]);
        let (first_name, email) = (Some(text()), Some(text()));
        let lead = NewRecord::Lead { first_name, last_name: text(), company: text(), phone: text(), email };
        check(&call_log::new_record(&lead, &owner), &[]);
        check(&call_log::new_record(&NewRecord::Account { name: text(), phone: text() }, &owner), &[]);
    }
}

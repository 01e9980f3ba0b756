//! Task. Source of types, lengths and the create-only `TaskSubtype`:
//! <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_task.htm>.

use super::{
    Object,
    field::{Feature, Field, Key, Kind},
};

pub(super) const TASK: Object = Object {
    name: "Task",
    label: "Task",
    prefix: "00T",
    writable: true,
    searchable: true,
    fields: &[
        Field::new("Subject", "Subject", Kind::Combobox, 255),
        Field::picklist(
            "Status",
            "Status",
            &["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"],
        )
        .required()
        .default("Not Started"),
        Field::picklist("Priority", "Priority", &["High", "Normal", "Low"]).required().default("Normal"),
        Field::picklist(
            "TaskSubtype",
            "Task Subtype",
            &["Task", "Email", "List Email", "ListEmail", "Cadence", "Call", "LinkedIn"],
        )
        .restricted()
        .create_only()
        .default("Task"),
        Field::picklist("Type", "Type", &["Call", "Email", "Meeting", "Other"]),
        Field::picklist("CallType", "Call Type", &["Internal", "Inbound", "Outbound"]).restricted(),
        Field::new("CallDurationInSeconds", "Call Duration", Kind::Int, 8),
        Field::text("CallDisposition", "Call Result", 255),
        Field::text("CallObject", "Call Object Identifier", 255),
        Field::new("ActivityDate", "Due Date Only", Kind::Date, 0),
        Field::new("Description", "Description", Kind::LongText, 32_000),
        Field::reference("WhoId", "Name ID", "Who", &["Contact", "Lead"]),
        Field::reference("WhatId", "Related To ID", "What", &["Account", "Opportunity", "Case"]),
        Field::reference("OwnerId", "Assigned To ID", "Owner", &["User", "Group"]),
        Field::reference("AccountId", "Account ID", "Account", &["Account"]).read_only(),
        Field::flag("IsClosed", "Closed").read_only(),
        Field::flag("IsHighPriority", "High Priority").read_only(),
        Field::flag("IsArchived", "Archived").read_only(),
        Field::new("CompletedDateTime", "Completed Date", Kind::DateTime, 0).read_only(),
        Field::flag("IsReminderSet", "Reminder Set"),
        Field::new("ReminderDateTime", "Reminder Date/Time", Kind::DateTime, 0),
        Field::text("Aircall_Key__c", "Aircall Key", 64).key(Key::UniqueExternalId).with(Feature::UniqueKeyField),
    ],
};

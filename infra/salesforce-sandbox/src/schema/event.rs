//! Event, with the fields it shares with Task as an Activity.

use super::{
    Object,
    field::{Feature, Field, Key, Kind},
};

pub(super) const EVENT: Object = Object {
    name: "Event",
    label: "Event",
    prefix: "00U",
    writable: true,
    searchable: true,
    fields: &[
        Field::new("Subject", "Subject", Kind::Combobox, 255),
        Field::text("Location", "Location", 255),
        Field::flag("IsAllDayEvent", "All-Day Event"),
        Field::new("StartDateTime", "Start Date Time", Kind::DateTime, 0),
        Field::new("EndDateTime", "End Date Time", Kind::DateTime, 0),
        Field::new("DurationInMinutes", "Duration", Kind::Int, 8),
        Field::new("ActivityDate", "Due Date Only", Kind::Date, 0),
        Field::picklist("Type", "Type", &["Call", "Email", "Meeting", "Other"]),
        Field::new("Description", "Description", Kind::LongText, 32_000),
        Field::reference("WhoId", "Name ID", "Who", &["Contact", "Lead"]),
        Field::reference("WhatId", "Related To ID", "What", &["Account", "Opportunity", "Case"]),
        Field::reference("OwnerId", "Assigned To ID", "Owner", &["User", "Group"]),
        Field::reference("AccountId", "Account ID", "Account", &["Account"]).read_only(),
        Field::text("Aircall_Key__c", "Aircall Key", 64).key(Key::UniqueExternalId).with(Feature::UniqueKeyField),
    ],
};

//! Setup objects, which are read-only in the API.

use super::{
    Object,
    field::{Feature, Field, Kind},
};

pub(super) const RECORD_TYPE: Object = Object {
    name: "RecordType",
    label: "Record Type",
    prefix: "012",
    writable: false,
    searchable: false,
    fields: &[
        Field::text("Name", "Name", 80),
        Field::text("DeveloperName", "Record Type Name", 80),
        Field::picklist("SobjectType", "SObject Type Name", &[]),
        Field::flag("IsActive", "Active").default("true"),
        Field::flag("IsPersonType", "Is Person Type").with(Feature::PersonAccounts),
    ],
};

pub(super) const ORGANIZATION: Object = Object {
    name: "Organization",
    label: "Organization",
    prefix: "00D",
    writable: false,
    searchable: false,
    fields: &[
        Field::text("Name", "Name", 80),
        Field::picklist("OrganizationType", "Edition", &[]),
        Field::flag("IsSandbox", "Is Sandbox"),
        Field::text("InstanceName", "Instance Name", 5),
        Field::picklist("TimeZoneSidKey", "Time Zone", &[]),
        Field::picklist("LanguageLocaleKey", "Language", &[]),
        Field::picklist("DefaultLocaleSidKey", "Locale", &[]),
        Field::text("Country", "Country", 80),
    ],
};

pub(super) const TASK_STATUS: Object = Object {
    name: "TaskStatus",
    label: "Task Status Value",
    prefix: "01J",
    writable: false,
    searchable: false,
    fields: &[
        Field::text("MasterLabel", "Master Label", 255),
        Field::text("ApiName", "API Name", 255),
        Field::new("SortOrder", "Sort Order", Kind::Int, 9),
        Field::flag("IsClosed", "Closed"),
        Field::flag("IsDefault", "Default"),
    ],
};

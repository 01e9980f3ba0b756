//! Reads an org's own lists of values: the statuses of its Tasks, and the values of its picklists.

use std::collections::BTreeMap;

use rules::{OrgLists, OrgStatus};
use serde_json::Value;

use crate::{Description, Record, SObject};

/// The picklists, beside `Status`, that are written with values of ours.
const PICKLISTS: [(SObject, &str); 3] =
    [(SObject::Task, "Type"), (SObject::Task, "CallType"), (SObject::Case, "Origin")];

/// The lists in the records of [`crate::Soql::task_statuses`] and in descriptions of objects.
pub fn org_lists(statuses: &[Record], objects: &BTreeMap<SObject, Description>) -> OrgLists {
    let mut statuses: Vec<&Record> = statuses.iter().collect();
    statuses.sort_by_key(|status| status.get("SortOrder").and_then(Value::as_i64));
    let status = |record: &Record| {
        Some(OrgStatus {
            name: record.str("ApiName")?.to_owned(),
            is_closed: record.bool("IsClosed")?,
            is_default: record.bool("IsDefault").unwrap_or(false),
        })
    };
    let picklist = |(sobject, name): (SObject, &str)| {
        let field = objects.get(&sobject)?.fields.get(name)?;
        let active = field.picklist_values.iter().filter(|value| value.active);
        Some((format!("{sobject}.{name}"), active.map(|value| value.value.clone()).collect()))
    };
    OrgLists {
        statuses: statuses.into_iter().filter_map(status).collect(),
        picklists: PICKLISTS.into_iter().filter_map(picklist).collect(),
    }
}

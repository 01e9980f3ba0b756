//! The optional field `Aircall_Key__c` of Activity, and its field-level security.

use serde_json::{Value, json};

use crate::{
    id, schema,
    state::State,
    tables::{Fields, Record},
};

/// Its name in the Tooling API.
pub(crate) const FULL_NAME: &str = "Activity.Aircall_Key__c";
/// The two objects that share it, and its name for each in `FieldPermissions`.
const ENTRIES: [(&str, &str); 2] = [("Task", "Task.Aircall_Key__c"), ("Event", "Event.Aircall_Key__c")];

/// The other object of the two that share the field, and the field's name there, for its name in `FieldPermissions`.
pub(crate) fn counterpart(field: &str) -> Option<(&'static str, &'static str)> {
    let [task, event] = ENTRIES;
    match field {
        _ if field == task.1 => Some(event),
        _ if field == event.1 => Some(task),
        _ => None,
    }
}

/// The access that field-level security grants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rights {
    pub(crate) read: bool,
    pub(crate) edit: bool,
}

impl State {
    /// The user's access to the key field.
    ///
    /// Task and Event share the field; if the entry for one of them is missing, the field is disabled.
    /// <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_task.htm>
    pub(crate) fn key_field_rights(&self, user_id: &str) -> Rights {
        if self.options.unique_key_field_for_all {
            return Rights { read: true, edit: true };
        }
        let sets: Vec<&str> = self.permission_sets(user_id).map(Record::id).collect();
        let grants = |permission: &str, field: &str| {
            self.live("FieldPermissions").any(|entry| {
                entry.text("Field") == Some(field)
                    && entry.flag(permission)
                    && entry.text("ParentId").is_some_and(|set| sets.contains(&set))
            })
        };
        let granted = |permission| ENTRIES.iter().all(|(_, field)| grants(permission, field));
        Rights { read: granted("PermissionsRead"), edit: granted("PermissionsEdit") }
    }

    /// The key field as the Tooling API shows it, if the org has it.
    pub(crate) fn custom_field(&self) -> Option<Record> {
        let fields = json!({"Id": self.custom_field_id(), "DeveloperName": "Aircall_Key",
            "FullName": FULL_NAME, "TableEnumOrId": "Activity", "EntityDefinitionId": "Activity",
            "Description": Value::Null, "Length": 64, "ManageableState": "unmanaged"});
        let fields = if let Value::Object(fields) = fields { fields } else { Fields::new() };
        self.options.unique_key_field.then_some(Record { fields, touched_at: 0 })
    }

    /// The id of the key field, which stays the same if the field is deleted and created again.
    pub(crate) fn custom_field_id(&self) -> String {
        let own = self.identity.org_id.get(3..15).unwrap_or_default();
        id::normalise(&format!("{}{own}", schema::CUSTOM_FIELD.prefix)).unwrap_or_default()
    }

    /// Removes the field-level security of the key field.
    pub(crate) fn remove_key_field_permissions(&mut self) {
        if let Some(object) = schema::object("FieldPermissions") {
            let other = |entry: &Record| entry.text("Field").and_then(counterpart).is_none();
            self.tables.retain(object, other);
        }
    }
}

//! The least access that the user who connects an org needs.

/// A permission, and what it is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The permission, as Salesforce's Setup names it.
    pub permission: &'static str,
    /// What the integration does with it.
    pub purpose: &'static str,
}

const fn need(permission: &'static str, purpose: &'static str) -> Need {
    Need { permission, purpose }
}

/// The least access of the connecting user, the indispensable first. `infra/salesforce` grants it, but for the fields of
/// Tasks, and lists it in the same words.
pub const LEAST_ACCESS: &[Need] = &[
    need("API Enabled", "every request. Without it, nothing can be logged."),
    need(
        "Edit Tasks",
        "create Tasks, and change them when a call gets a tag or a comment. Without it, nothing can be logged.",
    ),
    need(
        "Contacts, Leads, Accounts: Read",
        "find who called. At least one of them is needed, with View All where records are private.",
    ),
    need("Contacts, Leads, Accounts: Create", "the setting that creates one for an unknown number."),
    need("Cases: Read and Create, Opportunities: Read", "the settings that relate calls to them."),
    need(
        "The fields that are read and written",
        "phone numbers, countries and e-mail addresses, and the fields of Tasks, with Aircall_Key__c.",
    ),
    need("Users: Read, as every user has", "find the owner of a Task. Where user records are private: View All Users."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org_check::fields;
    use crate::{CallerFields, SObject};

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/salesforce");
    /// Fields that every user with access to the object may use, so that no permission set can list them.
    const WITHOUT_SECURITY: [&str; 5] = ["FirstName", "LastName", "Name", "Company", "OwnerId"];

    fn read(path: &str) -> String {
        std::fs::read_to_string(format!("{FOLDER}/{path}")).unwrap()
    }

    fn permission_set() -> String {
        read("force-app/main/default/permissionsets/Aircall_Integration.permissionset-meta.xml")
    }

    /// The entry of a field or object in the permission set.
    #[track_caller]
    fn entry(set: &str, name: &str) -> String {
        let entries = set.split("Permissions>").filter(|entry| entry.contains(&format!(">{name}<")));
        entries.map(str::to_owned).next().unwrap_or_else(|| panic!("{name} is missing"))
    }

    #[test]
    fn the_readme_lists_the_least_access_in_the_same_words() {
        let readme = read("README.md");
        for Need { permission, purpose } in LEAST_ACCESS {
            assert!(readme.contains(&format!("| {permission} | {purpose} |")), "{permission}");
        }
    }

    #[test]
    fn the_permission_set_grants_each_field_that_is_read_to_find_a_caller() {
        let (set, fields) = (permission_set(), CallerFields::new(false));
        for object in SObject::CALLERS {
            for field in fields.phones(object) {
                assert!(entry(&set, &format!("{object}.{field}")).contains("<readable>true<"));
            }
            for country in fields.countries(object) {
                let address = country.replace("Country", "Address");
                assert!(entry(&set, &format!("{object}.{address}")).contains("<readable>true<"));
            }
        }
    }

    #[test]
    fn the_permission_set_lets_records_be_created_with_each_field_that_is_written_and_grants_no_more() {
        let set = permission_set();
        let mut editable = Vec::new();
        for object in [SObject::Contact, SObject::Lead, SObject::Account, SObject::Case] {
            let granted = entry(&set, object.name());
            for expected in ["allowCreate>true", "allowRead>true", "allowEdit>false", "allowDelete>false"] {
                assert!(granted.contains(expected), "{object}: {expected}");
            }
            let written = fields::names(object).filter(|field| !WITHOUT_SECURITY.contains(field));
            editable.extend(written.map(|field| format!("{object}.{field}")));
        }
        for object in ["Task", "Event"] {
            editable.push(format!("{object}.Aircall_Key__c"));
        }
        for field in &editable {
            assert!(entry(&set, field).contains("<editable>true<"), "{field}");
        }
        assert_eq!(set.matches("<editable>true<").count(), editable.len());
        let opportunity = entry(&set, "Opportunity");
        assert!(opportunity.contains("allowRead>true") && opportunity.contains("allowCreate>false"));
        for permission in ["ApiEnabled", "EditTask"] {
            entry(&set, permission);
        }
        assert_eq!(set.matches("<userPermissions>").count(), 2);
    }
}

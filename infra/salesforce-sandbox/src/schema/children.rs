//! Relationships from a record to those that refer to it.

use super::Object;

/// What a query calls the records of `child` whose `field` holds the id of a `parent`.
#[derive(Debug)]
pub(crate) struct ChildRelationship {
    pub(crate) parent: &'static str,
    pub(crate) name: &'static str,
    pub(crate) child: &'static str,
    pub(crate) field: &'static str,
}

const fn of(parent: &'static str, name: &'static str, child: &'static str, field: &'static str) -> ChildRelationship {
    ChildRelationship { parent, name, child, field }
}

const CHILD_RELATIONSHIPS: &[ChildRelationship] = &[
    of("Account", "ChildAccounts", "Account", "ParentId"),
    of("Account", "Contacts", "Contact", "AccountId"),
    of("Account", "Cases", "Case", "AccountId"),
    of("Account", "Opportunities", "Opportunity", "AccountId"),
    of("Account", "Tasks", "Task", "WhatId"),
    of("Account", "Events", "Event", "WhatId"),
    of("Contact", "Cases", "Case", "ContactId"),
    of("Contact", "OpportunityContactRoles", "OpportunityContactRole", "ContactId"),
    of("Contact", "Tasks", "Task", "WhoId"),
    of("Contact", "Events", "Event", "WhoId"),
    of("Lead", "Tasks", "Task", "WhoId"),
    of("Lead", "Events", "Event", "WhoId"),
    of("Case", "Cases", "Case", "ParentId"),
    of("Case", "Tasks", "Task", "WhatId"),
    of("Case", "Events", "Event", "WhatId"),
    of("Opportunity", "OpportunityContactRoles", "OpportunityContactRole", "OpportunityId"),
    of("Opportunity", "Tasks", "Task", "WhatId"),
    of("Opportunity", "Events", "Event", "WhatId"),
    of("Profile", "Users", "User", "ProfileId"),
    of("PermissionSet", "FieldPerms", "FieldPermissions", "ParentId"),
    of("PermissionSet", "Assignments", "PermissionSetAssignment", "PermissionSetId"),
    of("User", "PermissionSetAssignments", "PermissionSetAssignment", "AssigneeId"),
];

/// The relationships to the records that refer to those of `parent`.
pub(crate) fn child_relationships(parent: &Object) -> impl Iterator<Item = &'static ChildRelationship> {
    let parent = parent.name;
    CHILD_RELATIONSHIPS.iter().filter(move |relationship| relationship.parent == parent)
}

//! Child relationships: from a record to the records that refer to it.

use super::Object;

/// The name in queries for the records of `child` whose `field` refers to a record of `parent`.
#[derive(Debug)]
pub(crate) struct ChildRelationship {
    pub(crate) parent: &'static str,
    pub(crate) name: &'static str,
    pub(crate) child: &'static str,
    pub(crate) field: &'static str,
}

const fn relationship(
    parent: &'static str,
    name: &'static str,
    child: &'static str,
    field: &'static str,
) -> ChildRelationship {
    ChildRelationship { parent, name, child, field }
}

const CHILD_RELATIONSHIPS: &[ChildRelationship] = &[
    relationship("Account", "ChildAccounts", "Account", "ParentId"),
    relationship("Account", "Contacts", "Contact", "AccountId"),
    relationship("Account", "Cases", "Case", "AccountId"),
    relationship("Account", "Opportunities", "Opportunity", "AccountId"),
    relationship("Account", "Tasks", "Task", "WhatId"),
    relationship("Account", "Events", "Event", "WhatId"),
    relationship("Contact", "Cases", "Case", "ContactId"),
    relationship("Contact", "OpportunityContactRoles", "OpportunityContactRole", "ContactId"),
    relationship("Contact", "Tasks", "Task", "WhoId"),
    relationship("Contact", "Events", "Event", "WhoId"),
    relationship("Lead", "Tasks", "Task", "WhoId"),
    relationship("Lead", "Events", "Event", "WhoId"),
    relationship("Case", "Cases", "Case", "ParentId"),
    relationship("Case", "Tasks", "Task", "WhatId"),
    relationship("Case", "Events", "Event", "WhatId"),
    relationship("Opportunity", "OpportunityContactRoles", "OpportunityContactRole", "OpportunityId"),
    relationship("Opportunity", "Tasks", "Task", "WhatId"),
    relationship("Opportunity", "Events", "Event", "WhatId"),
    relationship("Profile", "Users", "User", "ProfileId"),
    relationship("PermissionSet", "FieldPerms", "FieldPermissions", "ParentId"),
    relationship("PermissionSet", "Assignments", "PermissionSetAssignment", "PermissionSetId"),
    relationship("User", "PermissionSetAssignments", "PermissionSetAssignment", "AssigneeId"),
];

/// The child relationships of an object.
pub(crate) fn child_relationships(parent: &Object) -> impl Iterator<Item = &'static ChildRelationship> {
    let parent = parent.name;
    CHILD_RELATIONSHIPS.iter().filter(move |relationship| relationship.parent == parent)
}

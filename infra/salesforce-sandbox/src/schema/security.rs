//! Security objects: profiles, permission sets, field-level security, and the effective permissions of the session's
//! user.
//! <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_fieldpermissions.htm>

use super::{
    Object,
    field::{Field, Kind},
};

const API_ENABLED: Field = Field::flag("PermissionsApiEnabled", "API Enabled");
const CUSTOMIZE_APPLICATION: Field = Field::flag("PermissionsCustomizeApplication", "Customize Application");
const MODIFY_ALL_DATA: Field = Field::flag("PermissionsModifyAllData", "Modify All Data");
const VIEW_ALL_DATA: Field = Field::flag("PermissionsViewAllData", "View All Data");
const MANAGE_PERMISSION_SETS: Field =
    Field::flag("PermissionsManageProfilesPermissionsets", "Manage Profiles and Permission Sets");
const ASSIGN_PERMISSION_SETS: Field = Field::flag("PermissionsAssignPermissionSets", "Assign Permission Sets");

/// The user permissions that profiles and permission sets can grant.
pub(crate) const USER_PERMISSIONS: [&str; 6] = [
    API_ENABLED.name,
    CUSTOMIZE_APPLICATION.name,
    MODIFY_ALL_DATA.name,
    VIEW_ALL_DATA.name,
    MANAGE_PERMISSION_SETS.name,
    ASSIGN_PERMISSION_SETS.name,
];

pub(super) const PROFILE: Object = Object {
    name: "Profile",
    label: "Profile",
    prefix: "00e",
    writable: false,
    searchable: false,
    fields: &[
        Field::text("Name", "Name", 255),
        Field::text("Description", "Description", 255),
        API_ENABLED,
        CUSTOMIZE_APPLICATION,
        MODIFY_ALL_DATA,
        VIEW_ALL_DATA,
        MANAGE_PERMISSION_SETS,
        ASSIGN_PERMISSION_SETS,
    ],
};

pub(super) const PERMISSION_SET: Object = Object {
    name: "PermissionSet",
    label: "Permission Set",
    prefix: "0PS",
    writable: true,
    searchable: false,
    fields: &[
        Field::text("Name", "API Name", 80).required(),
        Field::text("Label", "Label", 80).required(),
        Field::text("Description", "Description", 255),
        Field::flag("IsCustom", "Is Custom").read_only().default("true"),
        Field::flag("IsOwnedByProfile", "Is Owned By Profile").read_only(),
        API_ENABLED,
        CUSTOMIZE_APPLICATION,
        MODIFY_ALL_DATA,
        VIEW_ALL_DATA,
        MANAGE_PERMISSION_SETS,
        ASSIGN_PERMISSION_SETS,
    ],
};

pub(super) const FIELD_PERMISSIONS: Object = Object {
    name: "FieldPermissions",
    label: "Field Permissions",
    prefix: "01k",
    writable: true,
    searchable: false,
    fields: &[
        Field::reference("ParentId", "Parent ID", "Parent", &["PermissionSet"]).required().create_only(),
        Field::picklist("SobjectType", "SObject Type Name", &[]).required().create_only(),
        Field::picklist("Field", "Field Name", &[]).required().create_only(),
        Field::flag("PermissionsRead", "Read Field"),
        Field::flag("PermissionsEdit", "Edit Field"),
    ],
};

pub(super) const PERMISSION_SET_ASSIGNMENT: Object = Object {
    name: "PermissionSetAssignment",
    label: "Permission Set Assignment",
    prefix: "0Pa",
    writable: true,
    searchable: false,
    fields: &[
        Field::reference("PermissionSetId", "PermissionSet ID", "PermissionSet", &["PermissionSet"])
            .required()
            .create_only(),
        Field::reference("AssigneeId", "Assignee ID", "Assignee", &["User"]).required().create_only(),
        Field::flag("IsActive", "Active").read_only().default("true"),
    ],
};

/// The effective permissions of the session's user, in a single row.
pub(super) const USER_PERMISSION_ACCESS: Object = Object {
    name: "UserPermissionAccess",
    label: "User Permission Access",
    prefix: Object::NO_PREFIX,
    writable: false,
    searchable: false,
    fields: &[
        Field::new("LastCacheUpdate", "Last Cache Update", Kind::DateTime, 0),
        API_ENABLED,
        CUSTOMIZE_APPLICATION,
        MODIFY_ALL_DATA,
        VIEW_ALL_DATA,
        MANAGE_PERMISSION_SETS,
        ASSIGN_PERMISSION_SETS,
    ],
};

/// Custom fields, one row each. Only the Tooling API has this object.
/// <https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_customfield.htm>
pub(super) const CUSTOM_FIELD: Object = Object {
    name: "CustomField",
    label: "Custom Field",
    prefix: "00N",
    writable: false,
    searchable: false,
    fields: &[
        Field::text("DeveloperName", "Developer Name", 40),
        Field::text("FullName", "Full Name", 255),
        Field::picklist("TableEnumOrId", "Entity Enumeration Or ID", &[]),
        Field::text("EntityDefinitionId", "Entity Definition ID", 40),
        Field::text("Description", "Description", 1000),
        Field::new("Length", "Length", Kind::Int, 9),
        Field::text("NamespacePrefix", "Namespace Prefix", 15),
        Field::picklist("ManageableState", "Manageable State", &[]),
    ],
};

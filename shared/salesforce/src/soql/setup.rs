//! Queries about the org itself: its permissions and statuses. They have no order, as these objects do not support one.

use super::literal::literal;
use super::{Soql, id_literal};
use crate::SalesforceId;

impl Soql {
    /// The connected user's permissions on the org itself, one row: `PermissionsCustomizeApplication`,
    /// `PermissionsModifyAllData`, `PermissionsViewAllData`. Source:
    /// <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_userpermissionaccess.htm>.
    pub fn user_permissions() -> Self {
        let fields = "PermissionsCustomizeApplication, PermissionsModifyAllData, PermissionsViewAllData";
        Self(format!("SELECT {fields} FROM UserPermissionAccess LIMIT 1"))
    }

    /// The org's own values of a Task's Status: `ApiName`, `IsClosed`, `IsDefault`, `SortOrder`.
    pub fn task_statuses() -> Self {
        Self("SELECT ApiName, IsClosed, IsDefault, SortOrder FROM TaskStatus LIMIT 200".to_owned())
    }

    /// The active record types of business Accounts in an org with person accounts: `Id`.
    pub fn business_account_types() -> Self {
        let of_business = "SobjectType = 'Account' AND IsActive = true AND IsPersonType = false";
        Self(format!("SELECT Id FROM RecordType WHERE {of_business} ORDER BY Name LIMIT 200"))
    }

    /// The permission set of this name: `Id`.
    pub(crate) fn permission_set(name: &'static str) -> Self {
        Self(format!("SELECT Id FROM PermissionSet WHERE Name = {} LIMIT 1", literal(name)))
    }

    /// The entries of a permission set for fields such as `Task.Aircall_Key__c`: `Id`, `Field`, `PermissionsRead`,
    /// `PermissionsEdit`.
    pub(crate) fn field_permissions(permission_set: &SalesforceId, fields: &[&str]) -> Self {
        let fields: Vec<String> = fields.iter().map(|field| literal(field)).collect();
        Self(format!(
            "SELECT Id, Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE ParentId = {} AND Field IN \
             ({})",
            id_literal(permission_set),
            fields.join(",")
        ))
    }

    /// Whether a user has a permission set: `Id`.
    pub(crate) fn permission_set_assignment(permission_set: &SalesforceId, user: &SalesforceId) -> Self {
        Self(format!(
            "SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = {} AND AssigneeId = {} LIMIT 1",
            id_literal(permission_set),
            id_literal(user)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(soql: &Soql, expect: &str) {
        assert_eq!(soql.as_str(), expect);
    }

    #[test]
    fn the_queries_of_the_set_up() {
        let (set, user) =
            (SalesforceId::parse("0PSVr00000m4eGC").unwrap(), SalesforceId::parse("005Vr00000m4eGC").unwrap());
        check(
            &Soql::permission_set("Aircall_Integration"),
            "SELECT Id FROM PermissionSet WHERE Name = 'Aircall_Integration' LIMIT 1",
        );
        check(
            &Soql::field_permissions(&set, &["Task.X__c", "Event.X__c"]),
            "SELECT Id, Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE ParentId = \
             '0PSVr00000m4eGCOAY' AND Field IN ('Task.X__c','Event.X__c')",
        );
        check(
            &Soql::permission_set_assignment(&set, &user),
            "SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '0PSVr00000m4eGCOAY' AND AssigneeId = \
             '005Vr00000m4eGCIAY' LIMIT 1",
        );
    }
}

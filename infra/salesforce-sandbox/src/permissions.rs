//! What a user may do and see: from profile and permission sets, from the hidden and read-only fields of the options,
//! and from sharing.

use serde_json::json;

use crate::{
    key_field::Rights,
    options::Sharing,
    schema::{self, Feature, Field, Object, USER_PERMISSIONS},
    state::State,
    tables::{Fields, Record},
};

/// The permission to see records whatever the sharing is.
const VIEW_ALL_DATA: &str = "PermissionsViewAllData";
/// The permission to change them, which needs the former.
const MODIFY_ALL_DATA: &str = "PermissionsModifyAllData";
/// The objects whose records have owners that sharing asks for.
const SHARED: [&str; 5] = ["Contact", "Lead", "Account", "Case", "Opportunity"];

/// The user on whose behalf the current call runs.
#[derive(Debug, Default)]
pub(crate) struct Viewer {
    user_id: String,
    /// Field-level security of the key field.
    key_field: Rights,
    /// Whether sharing does not bind the user.
    sees_all: bool,
}

impl State {
    /// Sets the user whose field-level security applies until the next call.
    pub(crate) fn set_viewer(&mut self, user_id: &str) {
        self.viewer = Viewer {
            user_id: user_id.to_owned(),
            key_field: self.key_field_rights(user_id),
            sees_all: self.permits(user_id, VIEW_ALL_DATA),
        };
    }

    /// Whether field-level security hides the field from the session's user.
    pub(crate) fn hides(&self, object: &Object, field: &Field) -> bool {
        let key_field = field.feature == Feature::UniqueKeyField;
        self.options.hides(object.name, field.name) || (key_field && !self.viewer.key_field.read)
    }

    /// Whether field-level security makes the field read-only for the session's user.
    pub(crate) fn protects(&self, object: &Object, field: &Field) -> bool {
        let key_field = field.feature == Feature::UniqueKeyField;
        self.options.protects(object.name, field.name) || (key_field && !self.viewer.key_field.edit)
    }

    /// Whether sharing lets the session's user see the record.
    ///
    /// A Contact without an Account is private to its owner whatever the organisation-wide default is.
    /// <https://help.salesforce.com/s/articleView?id=sales.contacts_sharing_considerations.htm>
    pub(crate) fn shares(&self, object: &Object, record: &Record) -> bool {
        let binds = !self.viewer.sees_all && SHARED.contains(&object.name);
        let private = self.options.sharing == Sharing::Private
            || (object.name == "Contact" && record.text("AccountId").is_none());
        !(binds && private) || record.text("OwnerId") == Some(self.viewer.user_id.as_str())
    }

    /// Whether the user's profile or one of their permission sets grants a permission such as
    /// `PermissionsCustomizeApplication`. The options may grant View All Data to everybody.
    pub(crate) fn permits(&self, user_id: &str, permission: &str) -> bool {
        let for_all = permission == VIEW_ALL_DATA && self.options.view_all_data;
        for_all
            || self.profile(user_id).is_some_and(|profile| profile.flag(permission))
            || self.permission_sets(user_id).any(|set| set.flag(permission))
    }

    /// The user's profile.
    pub(crate) fn profile(&self, user_id: &str) -> Option<&Record> {
        let user = self.tables.get(schema::object("User")?, user_id)?;
        self.tables.get(schema::object("Profile")?, user.text("ProfileId")?)
    }

    /// The only row of `UserPermissionAccess`.
    pub(crate) fn user_permission_access(&self) -> Record {
        // Nobody may modify data that they may not view.
        let permits =
            |name: &str| self.permits(&self.viewer.user_id, name) && (name != MODIFY_ALL_DATA || self.viewer.sees_all);
        let permission = |name: &str| (name.to_owned(), json!(permits(name)));
        Record { fields: USER_PERMISSIONS.into_iter().map(permission).collect::<Fields>(), touched_at: 0 }
    }

    pub(crate) fn permission_sets(&self, user_id: &str) -> impl Iterator<Item = &Record> {
        let assignments = self.live("PermissionSetAssignment");
        let assigned = assignments.filter(move |assignment| assignment.text("AssigneeId") == Some(user_id));
        let sets = assigned.filter_map(|assignment| self.tables.find(assignment.text("PermissionSetId")?));
        sets.map(|(_, set)| set).filter(|set| !set.flag("IsDeleted"))
    }
}

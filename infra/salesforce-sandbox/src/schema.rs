//! The objects of the org and their fields, as tables.

mod account;
mod case;
mod children;
mod contact;
mod event;
mod field;
mod lead;
mod name;
mod opportunity;
mod security;
mod setup;
mod system;
mod task;
mod upsert_table;
mod user;

pub(crate) use self::{
    children::{ChildRelationship, child_relationships},
    field::{Access, Feature, Field, Key, Kind},
    security::USER_PERMISSIONS,
};
use crate::{options::Options, state::State};

/// An object, which Salesforce calls an sObject.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// The first three characters of its ids, or [`Object::NO_PREFIX`].
    pub(crate) prefix: &'static str,
    pub(crate) fields: &'static [Field],
    /// Whether the API may create, update and delete records.
    pub(crate) writable: bool,
    /// Whether SOSL searches it.
    pub(crate) searchable: bool,
}

/// All objects, in the order of a search without `RETURNING`.
pub(crate) const OBJECTS: &[&Object] = &[
    &contact::CONTACT,
    &lead::LEAD,
    &account::ACCOUNT,
    &case::CASE,
    &opportunity::OPPORTUNITY,
    &opportunity::OPPORTUNITY_CONTACT_ROLE,
    &task::TASK,
    &event::EVENT,
    &user::USER,
    &upsert_table::UPSERT_TABLE,
    &setup::RECORD_TYPE,
    &setup::ORGANIZATION,
    &setup::TASK_STATUS,
    &security::PROFILE,
    &security::PERMISSION_SET,
    &security::FIELD_PERMISSIONS,
    &security::PERMISSION_SET_ASSIGNMENT,
    &security::USER_PERMISSION_ACCESS,
];

/// The objects of the Tooling API.
const TOOLING_OBJECTS: &[&Object] = &[CUSTOM_FIELD];

/// The object of custom fields.
pub(crate) const CUSTOM_FIELD: &Object = &security::CUSTOM_FIELD;

/// The object that a query sees through a polymorphic reference.
pub(crate) const NAME: &Object = &name::NAME;

/// The object of that name, ignoring case.
pub(crate) fn object(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.name.eq_ignore_ascii_case(name)).copied()
}

/// The object of that name, ignoring case, if it is not hidden.
pub(crate) fn visible_object(options: &Options, name: &str) -> Option<&'static Object> {
    object(name).filter(|object| !options.hides_object(object.name))
}

/// The Tooling API's object of that name, ignoring case.
pub(crate) fn tooling_object(name: &str) -> Option<&'static Object> {
    TOOLING_OBJECTS.iter().find(|object| object.name.eq_ignore_ascii_case(name)).copied()
}

/// The object of an id, by its prefix.
pub(crate) fn object_of_id(id: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| id.starts_with(object.prefix)).copied()
}

impl Object {
    /// The prefix of an object whose records have no ids; no id begins with it.
    pub(crate) const NO_PREFIX: &'static str = "---";

    /// Whether it is an object of the Tooling API.
    pub(crate) fn is_tooling(&self) -> bool {
        tooling_object(self.name).is_some()
    }

    /// The fields that exist in an org with these options, including hidden ones.
    pub(crate) fn fields(&self, options: &Options) -> impl Iterator<Item = &'static Field> {
        let (person_accounts, unique_key_field) = (options.person_accounts, options.unique_key_field);
        self.fields.iter().chain(system::FIELDS).filter(move |field| match field.feature {
            Feature::Standard => true,
            Feature::PersonAccounts => person_accounts,
            Feature::UniqueKeyField => unique_key_field,
        })
    }

    /// The fields that the session's user may see.
    pub(crate) fn visible_fields(&self, state: &State) -> impl Iterator<Item = &'static Field> {
        self.fields(&state.options).filter(|field| !state.hides(self, field))
    }

    /// The field of that name, ignoring case, hidden or not.
    pub(crate) fn field(&self, options: &Options, name: &str) -> Option<&'static Field> {
        self.fields(options).find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The field of that name, ignoring case, if the session's user may see it.
    pub(crate) fn visible_field(&self, state: &State, name: &str) -> Option<&'static Field> {
        self.field(&state.options, name).filter(|field| !state.hides(self, field))
    }

    /// The field of that name, ignoring case, whatever the options are.
    pub(crate) fn declared(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().chain(system::FIELDS).find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Whether the object declares the field, whatever the options are.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// The fields whose values must be unique among live records.
    pub(crate) fn unique_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| field.key == Key::UniqueExternalId)
    }
}

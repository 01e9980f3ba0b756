//! The objects of the org and their fields, as tables.

mod account;
mod case;
mod children;
mod contact;
mod event;
mod field;
mod jsforce_tables;
mod lead;
mod name;
mod opportunity;
mod setup;
mod system;
mod task;
mod user;

pub(crate) use self::{
    children::{ChildRelationship, child_relationships},
    field::{Access, Feature, Field, Key, Kind},
};
use crate::options::Options;

/// One object: what Salesforce calls an sObject.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// The first three characters of its ids.
    pub(crate) prefix: &'static str,
    pub(crate) fields: &'static [Field],
    /// Whether the API may create, update and delete records.
    pub(crate) writable: bool,
    /// Whether SOSL looks at it.
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
    &jsforce_tables::UPSERT_TABLE,
    &jsforce_tables::BIG_TABLE,
    &setup::RECORD_TYPE,
    &setup::ORGANIZATION,
    &setup::TASK_STATUS,
];

/// What a query sees through a reference that may lead to several objects.
pub(crate) const NAME: &Object = &name::NAME;

/// The object of that name, in any case.
pub(crate) fn object(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.name.eq_ignore_ascii_case(name)).copied()
}

/// The object of that name, in any case, if the connecting user has access to it.
pub(crate) fn visible_object(options: &Options, name: &str) -> Option<&'static Object> {
    object(name).filter(|object| !options.hides_object(object.name))
}

/// The object an id belongs to, by its prefix.
pub(crate) fn object_of_id(id: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| id.starts_with(object.prefix)).copied()
}

impl Object {
    /// The fields that exist in an org with these options, hidden ones included.
    pub(crate) fn fields(&self, options: &Options) -> impl Iterator<Item = &'static Field> {
        let (person_accounts, unique_key_field) = (options.person_accounts, options.unique_key_field);
        self.fields.iter().chain(system::FIELDS).filter(move |field| match field.feature {
            Feature::Standard => true,
            Feature::PersonAccounts => person_accounts,
            Feature::UniqueKeyField => unique_key_field,
        })
    }

    /// The fields the connecting user sees.
    pub(crate) fn visible_fields(&self, options: &Options) -> impl Iterator<Item = &'static Field> {
        self.fields(options).filter(|field| !options.hides(self.name, field.name))
    }

    /// The field of that name, in any case, hidden or not.
    pub(crate) fn field(&self, options: &Options, name: &str) -> Option<&'static Field> {
        self.fields(options).find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The field of that name, if the connecting user sees it.
    pub(crate) fn visible_field(&self, options: &Options, name: &str) -> Option<&'static Field> {
        self.field(options, name).filter(|field| !options.hides(self.name, field.name))
    }

    /// Whether the object has the field at all, whatever the options say.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// The fields whose values no two live records may share.
    pub(crate) fn unique_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| field.key == Key::UniqueExternalId)
    }
}

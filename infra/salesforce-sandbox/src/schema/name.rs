//! The `Name` object: the fields that queries see through polymorphic references such as `Who` and `What`.

use super::{
    Object,
    field::{Field, Kind},
};

pub(super) const NAME: Object = Object {
    name: "Name",
    label: "Name",
    prefix: Object::NO_PREFIX,
    writable: false,
    searchable: false,
    fields: &[
        Field::text("Name", "Name", 255).read_only(),
        Field::text("Type", "Type", 40).read_only(),
        Field::text("FirstName", "First Name", 40).read_only(),
        Field::text("LastName", "Last Name", 80).read_only(),
        Field::text("Title", "Title", 128).read_only(),
        Field::new("Email", "Email", Kind::Email, 80).read_only(),
        Field::phone("Phone", "Phone").read_only(),
        Field::text("Username", "Username", 80).read_only(),
        Field::text("Alias", "Alias", 8).read_only(),
        Field::flag("IsActive", "Active").read_only(),
    ],
};

//! User. `Email` is not unique; `Username` is, in Salesforce across all orgs.

use super::{
    Object,
    field::{Field, Kind},
};

pub(super) const USER: Object = Object {
    name: "User",
    label: "User",
    prefix: "005",
    writable: true,
    searchable: true,
    fields: &[
        Field::text("Username", "Username", 80).required(),
        Field::text("LastName", "Last Name", 80).required(),
        Field::text("FirstName", "First Name", 40),
        Field::text("Name", "Full Name", 121).read_only(),
        Field::new("Email", "Email", Kind::Email, 128).required(),
        Field::reference("ProfileId", "Profile ID", "Profile", &["Profile"]),
        Field::text("Alias", "Alias", 8),
        Field::text("Title", "Title", 80),
        Field::text("FederationIdentifier", "SAML Federation ID", 512),
        Field::phone("Phone", "Phone"),
        Field::phone("MobilePhone", "Mobile"),
        Field::flag("IsActive", "Active").default("true"),
        Field::picklist("UserType", "User Type", &["Standard"]).read_only().default("Standard"),
        Field::picklist("TimeZoneSidKey", "Time Zone", &[]).default("Europe/Paris"),
        Field::picklist("LocaleSidKey", "Locale", &[]).default("en_US"),
        Field::picklist("LanguageLocaleKey", "Language", &[]).default("en_US"),
        Field::new("LastLoginDate", "Last Login", Kind::DateTime, 0).read_only(),
    ],
};

//! Contact.

use super::{
    Object,
    field::{Feature, Field, Kind},
};

pub(super) const CONTACT: Object = Object {
    name: "Contact",
    label: "Contact",
    prefix: "003",
    writable: true,
    searchable: true,
    fields: &[
        Field::text("LastName", "Last Name", 80).required(),
        Field::text("FirstName", "First Name", 40),
        Field::picklist("Salutation", "Salutation", &["Mr.", "Ms.", "Mrs.", "Dr.", "Prof."]),
        Field::text("Name", "Full Name", 121).read_only(),
        Field::reference("AccountId", "Account ID", "Account", &["Account"]),
        Field::text("Title", "Title", 128),
        Field::text("Department", "Department", 80),
        Field::new("Email", "Email", Kind::Email, 80),
        Field::phone("Phone", "Business Phone"),
        Field::phone("MobilePhone", "Mobile Phone"),
        Field::phone("HomePhone", "Home Phone"),
        Field::phone("OtherPhone", "Other Phone"),
        Field::phone("AssistantPhone", "Asst. Phone"),
        Field::phone("Fax", "Business Fax"),
        Field::text("AssistantName", "Assistant's Name", 40),
        Field::picklist("LeadSource", "Lead Source", &["Web", "Phone Inquiry", "Partner Referral", "Other"]),
        Field::new("Birthdate", "Birthdate", Kind::Date, 0),
        Field::text("MailingStreet", "Mailing Street", 255),
        Field::text("MailingCity", "Mailing City", 40),
        Field::text("MailingPostalCode", "Mailing Zip/Postal Code", 20),
        Field::text("MailingCountry", "Mailing Country", 80),
        Field::text("OtherCountry", "Other Country", 80),
        Field::new("Description", "Contact Description", Kind::LongText, 32_000),
        Field::reference("OwnerId", "Owner ID", "Owner", &["User"]),
        Field::reference("MasterRecordId", "Master Record ID", "MasterRecord", &["Contact"]).read_only(),
        Field::flag("IsPersonAccount", "Is Person Account").read_only().with(Feature::PersonAccounts),
    ],
};

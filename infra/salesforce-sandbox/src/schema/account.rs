//! Account, with the fields of Person Accounts.

use super::{
    Object,
    field::{Feature, Field, Kind},
};

pub(super) const ACCOUNT: Object = Object {
    name: "Account",
    label: "Account",
    prefix: "001",
    writable: true,
    searchable: true,
    fields: &[
        // Required for business accounts; the name of a Person Account is derived.
        Field::text("Name", "Account Name", 255).required(),
        Field::phone("Phone", "Account Phone"),
        Field::phone("Fax", "Account Fax"),
        Field::new("Website", "Website", Kind::Url, 255),
        Field::picklist("Type", "Account Type", &[]),
        Field::picklist("Industry", "Industry", &[]),
        Field::picklist("AccountSource", "Account Source", &[]),
        Field::text("AccountNumber", "Account Number", 40),
        Field::new("AnnualRevenue", "Annual Revenue", Kind::Number, 18),
        Field::new("NumberOfEmployees", "Employees", Kind::Int, 8),
        Field::text("BillingStreet", "Billing Street", 255),
        Field::text("BillingCity", "Billing City", 40),
        Field::text("BillingState", "Billing State/Province", 80),
        Field::text("BillingPostalCode", "Billing Zip/Postal Code", 20),
        Field::text("BillingCountry", "Billing Country", 80),
        Field::text("ShippingCountry", "Shipping Country", 80),
        Field::new("Description", "Account Description", Kind::LongText, 32_000),
        Field::reference("ParentId", "Parent Account ID", "Parent", &["Account"]),
        Field::reference("MasterRecordId", "Master Record ID", "MasterRecord", &["Account"]).read_only(),
        Field::reference("OwnerId", "Owner ID", "Owner", &["User"]),
        Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]),
        Field::flag("IsPersonAccount", "Is Person Account").read_only().with(Feature::PersonAccounts),
        Field::reference("PersonContactId", "Contact ID", "PersonContact", &["Contact"])
            .read_only()
            .with(Feature::PersonAccounts),
        Field::text("LastName", "Last Name", 80).with(Feature::PersonAccounts),
        Field::text("FirstName", "First Name", 40).with(Feature::PersonAccounts),
        Field::picklist("Salutation", "Salutation", &["Mr.", "Ms.", "Mrs.", "Dr.", "Prof."])
            .with(Feature::PersonAccounts),
        Field::new("PersonEmail", "Email", Kind::Email, 80).with(Feature::PersonAccounts),
        Field::text("PersonTitle", "Title", 80).with(Feature::PersonAccounts),
        Field::phone("PersonMobilePhone", "Mobile").with(Feature::PersonAccounts),
        Field::phone("PersonHomePhone", "Home Phone").with(Feature::PersonAccounts),
        Field::phone("PersonOtherPhone", "Other Phone").with(Feature::PersonAccounts),
        Field::phone("PersonAssistantPhone", "Asst. Phone").with(Feature::PersonAccounts),
        Field::text("PersonMailingCountry", "Mailing Country", 80).with(Feature::PersonAccounts),
        Field::text("PersonOtherCountry", "Other Country", 80).with(Feature::PersonAccounts),
    ],
};

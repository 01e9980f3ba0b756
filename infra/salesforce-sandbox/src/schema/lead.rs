//! Lead.

use super::{
    Object,
    field::{Field, Kind},
};

pub(super) const LEAD: Object = Object {
    name: "Lead",
    label: "Lead",
    prefix: "00Q",
    writable: true,
    searchable: true,
    fields: &[
        Field::text("LastName", "Last Name", 80).required(),
        Field::text("FirstName", "First Name", 40),
        Field::picklist("Salutation", "Salutation", &["Mr.", "Ms.", "Mrs.", "Dr.", "Prof."]),
        Field::text("Name", "Full Name", 121).read_only(),
        Field::text("Company", "Company", 255).required(),
        Field::text("Title", "Title", 128),
        Field::new("Email", "Email", Kind::Email, 80),
        Field::phone("Phone", "Phone"),
        Field::phone("MobilePhone", "Mobile Phone"),
        Field::phone("Fax", "Fax"),
        Field::new("Website", "Website", Kind::Url, 255),
        Field::picklist("LeadSource", "Lead Source", &["Web", "Phone Inquiry", "Partner Referral", "Other"]),
        Field::picklist(
            "Status",
            "Status",
            &["Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"],
        )
        .required()
        .default("Open - Not Contacted"),
        Field::picklist("Industry", "Industry", &[]),
        Field::picklist("Rating", "Rating", &["Hot", "Warm", "Cold"]),
        Field::text("Street", "Street", 255),
        Field::text("City", "City", 40),
        Field::text("PostalCode", "Zip/Postal Code", 20),
        Field::text("Country", "Country", 80),
        Field::new("Description", "Description", Kind::LongText, 32_000),
        Field::reference("OwnerId", "Owner ID", "Owner", &["User", "Group"]),
        Field::reference("MasterRecordId", "Master Record ID", "MasterRecord", &["Lead"]).read_only(),
        Field::flag("IsConverted", "Converted").read_only(),
        Field::new("ConvertedDate", "Converted Date", Kind::Date, 0).read_only(),
        Field::reference("ConvertedContactId", "Converted Contact ID", "ConvertedContact", &["Contact"]).read_only(),
        Field::reference("ConvertedAccountId", "Converted Account ID", "ConvertedAccount", &["Account"]).read_only(),
        Field::reference(
            "ConvertedOpportunityId",
            "Converted Opportunity ID",
            "ConvertedOpportunity",
            &["Opportunity"],
        )
        .read_only(),
    ],
};

//! Opportunity and OpportunityContactRole.

use super::{
    Object,
    field::{Field, Kind},
};

pub(super) const OPPORTUNITY: Object = Object {
    name: "Opportunity",
    label: "Opportunity",
    prefix: "006",
    writable: true,
    searchable: true,
    fields: &[
        Field::text("Name", "Name", 120).required(),
        Field::picklist(
            "StageName",
            "Stage",
            &[
                "Prospecting",
                "Qualification",
                "Proposal/Price Quote",
                "Negotiation/Review",
                "Closed Won",
                "Closed Lost",
            ],
        )
        .required(),
        Field::new("CloseDate", "Close Date", Kind::Date, 0).required(),
        Field::reference("AccountId", "Account ID", "Account", &["Account"]),
        // Creates the primary contact role; later changes are made to the role.
        Field::reference("ContactId", "Contact ID", "Contact", &["Contact"]).create_only(),
        Field::new("Amount", "Amount", Kind::Number, 18),
        Field::picklist("Type", "Opportunity Type", &[]),
        Field::picklist("LeadSource", "Lead Source", &[]),
        Field::text("NextStep", "Next Step", 255),
        Field::new("Description", "Description", Kind::LongText, 32_000),
        Field::reference("OwnerId", "Owner ID", "Owner", &["User"]),
        Field::flag("IsClosed", "Closed").read_only(),
        Field::flag("IsWon", "Won").read_only(),
    ],
};

pub(super) const OPPORTUNITY_CONTACT_ROLE: Object = Object {
    name: "OpportunityContactRole",
    label: "Opportunity Contact Role",
    prefix: "00K",
    writable: true,
    searchable: false,
    fields: &[
        Field::reference("OpportunityId", "Opportunity ID", "Opportunity", &["Opportunity"]).create_only().required(),
        Field::reference("ContactId", "Contact ID", "Contact", &["Contact"]).required(),
        Field::picklist("Role", "Role", &["Decision Maker", "Evaluator", "Influencer", "Other"]),
        Field::flag("IsPrimary", "Primary"),
    ],
};

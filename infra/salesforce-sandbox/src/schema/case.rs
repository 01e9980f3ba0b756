//! Case.

use super::{
    Object,
    field::{Field, Kind},
};

pub(super) const CASE: Object = Object {
    name: "Case",
    label: "Case",
    prefix: "500",
    writable: true,
    searchable: true,
    fields: &[
        Field::text("CaseNumber", "Case Number", 30).read_only(),
        Field::text("Subject", "Subject", 255),
        Field::picklist("Status", "Status", &["New", "Working", "Escalated", "Closed"]).default("New"),
        Field::picklist("Origin", "Case Origin", &["Phone", "Email", "Web"]),
        Field::picklist("Priority", "Priority", &["High", "Medium", "Low"]).default("Medium"),
        Field::picklist("Type", "Case Type", &[]),
        Field::picklist("Reason", "Case Reason", &[]),
        Field::new("Description", "Description", Kind::LongText, 32_000),
        Field::reference("ContactId", "Contact ID", "Contact", &["Contact"]),
        Field::reference("AccountId", "Account ID", "Account", &["Account"]),
        Field::reference("ParentId", "Parent Case ID", "Parent", &["Case"]),
        Field::reference("OwnerId", "Owner ID", "Owner", &["User", "Group"]),
        Field::text("SuppliedName", "Name", 80),
        Field::new("SuppliedEmail", "Email Address", Kind::Email, 80),
        Field::text("SuppliedPhone", "Phone", 40),
        Field::text("SuppliedCompany", "Company", 80),
        Field::flag("IsEscalated", "Escalated"),
        Field::flag("IsClosed", "Closed").read_only(),
        Field::new("ClosedDate", "Closed Date", Kind::DateTime, 0).read_only(),
    ],
};

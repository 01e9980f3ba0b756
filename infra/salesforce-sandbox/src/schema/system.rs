//! System fields, which every object has.

use super::field::{Field, Kind};

const USER: &[&str] = &["User"];

pub(super) const FIELDS: &[Field] = &[
    Field::new("Id", "Record ID", Kind::Id, 18).read_only(),
    Field::flag("IsDeleted", "Deleted").read_only(),
    Field::new("CreatedDate", "Created Date", Kind::DateTime, 0).read_only(),
    Field::reference("CreatedById", "Created By ID", "CreatedBy", USER).read_only(),
    Field::new("LastModifiedDate", "Last Modified Date", Kind::DateTime, 0).read_only(),
    Field::reference("LastModifiedById", "Last Modified By ID", "LastModifiedBy", USER).read_only(),
    Field::new("SystemModstamp", "System Modstamp", Kind::DateTime, 0).read_only(),
];

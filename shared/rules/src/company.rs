//! What is known of the tenant's Aircall company.

use jiff::Timestamp;

use crate::own_lines::OwnLines;

/// What is known of the tenant's Aircall company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// The phone numbers of its own lines.
    pub own_lines: OwnLines,
    /// When it was first connected: no call that ended before is logged. None if that is not known.
    pub connected_since: Option<Timestamp>,
}

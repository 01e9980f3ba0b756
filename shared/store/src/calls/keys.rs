//! Keys of the table's items, and the instants in the sort keys of its index `activity`.

use jiff::Timestamp;

use crate::dynamodb::item::{self, Attributes};
use crate::tenant_id::TenantId;

pub(super) fn key_of(tenant: &TenantId, key: &str) -> Attributes {
    item::key([("tenant", tenant.as_str()), ("key", key)])
}

pub(super) fn sort_key(item: &Attributes) -> Option<&String> {
    item.get("key").and_then(|key| key.as_s().ok())
}

/// The value of `occurred_at`: UNIX seconds as zero-padded text, which sorts chronologically, then `#` and the key.
pub(super) fn occurred_at(at: Timestamp, key: &str) -> String {
    format!("{:010}#{key}", at.as_second())
}

/// Reads the instant of an `occurred_at`.
pub(super) fn parse_occurred_at(occurred_at: &str) -> Option<Timestamp> {
    occurred_at.split('#').next()?.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok())
}

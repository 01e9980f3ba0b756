//! Cursors for the pagination of the activity log.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::dynamodb::item::{self, Attributes};
use crate::tenant_id::TenantId;

/// Longest key of an entry, in bytes; with the instant in front of it, it is within DynamoDB's limit for keys.
const MAX_KEY: usize = 1000;

/// Where a page of a tenant's activity log ends. Its text is opaque and goes into the URL of the next page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    tenant: TenantId,
    key: String,
    occurred_at: String,
}

/// The text is not a cursor for this tenant's activity log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this activity log")]
pub struct InvalidCursor;

impl Cursor {
    /// Parses a cursor for `tenant`'s activity log.
    ///
    /// # Errors
    /// If the text is not a cursor, or is one of another tenant.
    pub fn parse(tenant: &TenantId, text: &str) -> Result<Self, InvalidCursor> {
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let cursor: Self = serde_json::from_slice(&json).map_err(|_| InvalidCursor)?;
        // A forged cursor could hold a key that DynamoDB rejects.
        let is_time = |time: &str| {
            (1..=20).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        };
        let key = cursor.occurred_at.split_once('#').filter(|(time, _)| is_time(time)).map(|(_, key)| key);
        let is_consistent = key == Some(&cursor.key) && (1..=MAX_KEY).contains(&cursor.key.len());
        if is_consistent && cursor.tenant == *tenant { Ok(cursor) } else { Err(InvalidCursor) }
    }

    /// The position after an item of the index.
    pub(crate) fn after(tenant: &TenantId, item: &Attributes) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        Some(Self { tenant: tenant.clone(), key: text("key")?, occurred_at: text("occurred_at")? })
    }

    /// The entry's key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The index's sort key: when the call started, then the entry's key.
    pub(crate) fn occurred_at(&self) -> &str {
        &self.occurred_at
    }

    /// As DynamoDB's `ExclusiveStartKey`.
    pub(crate) fn exclusive_start_key(&self) -> Attributes {
        item::key([("tenant", self.tenant.as_str()), ("key", &self.key), ("occurred_at", &self.occurred_at)])
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).map_err(|_| fmt::Error)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> (TenantId, Cursor) {
        let tenant = TenantId::parse("one").unwrap();
        let occurred_at = "1774254600#call-7".to_owned();
        (tenant.clone(), Cursor { tenant, key: "call-7".to_owned(), occurred_at })
    }

    #[test]
    fn a_cursor_round_trips_through_its_text() {
        let (tenant, cursor) = cursor();
        assert_eq!(Cursor::parse(&tenant, &cursor.to_string()), Ok(cursor));
    }

    #[test]
    fn a_cursor_of_another_tenant_is_refused() {
        let other = TenantId::parse("other").unwrap();
        assert_eq!(Cursor::parse(&other, &cursor().1.to_string()), Err(InvalidCursor));
    }

    #[test]
    fn a_forged_cursor_is_refused() {
        let (tenant, cursor) = cursor();
        let long = "x".repeat(1001);
        for (key, occurred_at) in [("", "1774254600#"), ("call-7", "1774254600#call-8"), (&long, &format!("1#{long}"))]
        {
            let forged = Cursor { key: key.to_owned(), occurred_at: occurred_at.to_owned(), ..cursor.clone() };
            assert_eq!(Cursor::parse(&tenant, &forged.to_string()), Err(InvalidCursor));
        }
    }

    #[test]
    fn any_other_text_is_refused() {
        let (tenant, cursor) = cursor();
        for text in ["", "%", "e30", &cursor.to_string()[1..], &format!("{cursor}A")] {
            assert_eq!(Cursor::parse(&tenant, text), Err(InvalidCursor), "{text}");
        }
    }
}

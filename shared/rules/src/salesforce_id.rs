//! Salesforce's record ids.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A record id, normalised to its 18-character form, so that both forms of an id are equal.
///
/// The last three characters are a checksum of the letters' case in the first fifteen, so a corrupted id is detected
/// before it is sent. Source: <https://help.salesforce.com/s/articleView?id=000385585>.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SalesforceId([u8; 18]);

/// The text is not a Salesforce id: it is not 15 or 18 letters and digits, or the checksum does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Salesforce id")]
pub struct InvalidSalesforceId;

impl SalesforceId {
    /// Reads an id of 15 or 18 characters.
    ///
    /// # Errors
    ///
    /// [`InvalidSalesforceId`] if it is not one.
    pub fn parse(text: &str) -> Result<Self, InvalidSalesforceId> {
        let bytes = text.as_bytes();
        if !matches!(bytes.len(), 15 | 18) || !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return Err(InvalidSalesforceId);
        }
        let mut id = [0; 18];
        id[..15].copy_from_slice(&bytes[..15]);
        let checksum = checksum(&bytes[..15]);
        id[15..].copy_from_slice(&checksum);
        if bytes.len() == 18 && bytes[15..] != checksum {
            return Err(InvalidSalesforceId);
        }
        Ok(Self(id))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        // An id holds ASCII only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The three characters that say which object the record is of.
    pub fn prefix(&self) -> &str {
        &self.as_str()[..3]
    }
}

/// One base-32 digit per five characters: its bits say which of them are upper case.
fn checksum(fifteen: &[u8]) -> [u8; 3] {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut checksum = [0; 3];
    for (digit, five) in checksum.iter_mut().zip(fifteen.chunks(5)) {
        let upper = five.iter().enumerate().map(|(i, byte)| usize::from(byte.is_ascii_uppercase()) << i).sum::<usize>();
        *digit = DIGITS[upper];
    }
    checksum
}

impl fmt::Display for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for SalesforceId {
    type Err = InvalidSalesforceId;

    fn from_str(text: &str) -> Result<Self, InvalidSalesforceId> {
        Self::parse(text)
    }
}

impl TryFrom<String> for SalesforceId {
    type Error = InvalidSalesforceId;

    fn try_from(text: String) -> Result<Self, InvalidSalesforceId> {
        Self::parse(&text)
    }
}

impl From<SalesforceId> for String {
    fn from(id: SalesforceId) -> Self {
        id.as_str().to_owned()
    }
}

impl From<SalesforceId> for serde_json::Value {
    fn from(id: SalesforceId) -> Self {
        Self::String(id.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(SalesforceId::parse(text).ok().as_ref().map(SalesforceId::as_str), expect);
    }

    // Ids of public documentation and issue threads.
    #[test]
    fn an_id_of_18_characters_is_unchanged() {
        check("001Vr00000m4eGCIAY", Some("001Vr00000m4eGCIAY"));
        check("0015w000029KTYHAA4", Some("0015w000029KTYHAA4"));
    }

    #[test]
    fn an_id_of_15_characters_gains_its_checksum() {
        check("001Vr00000m4eGC", Some("001Vr00000m4eGCIAY"));
        check("001D000000IqhSL", Some("001D000000IqhSLIAZ"));
    }

    #[test]
    fn a_corrupted_case_fails_the_checksum() {
        check("001vr00000m4eGCIAY", None);
        check("001Vr00000m4eGCIAZ", None);
    }

    #[test]
    fn other_texts_are_not_ids() {
        check("", None);
        check("001Vr00000m4eGCI", None);
        check("001Vr00000m4e'C", None);
        check("001Vr00000m4é", None);
    }

    #[test]
    fn an_id_is_text_in_json() {
        let id: SalesforceId = serde_json::from_str(r#""001Vr00000m4eGC""#).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""001Vr00000m4eGCIAY""#);
        assert!(serde_json::from_str::<SalesforceId>(r#""x""#).is_err());
    }
}

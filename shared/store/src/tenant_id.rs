//! The ids of tenants.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Prefix of an Organization's id.
const ORG_PREFIX: &str = "00D";
/// Alphabet of the checksum, which encodes the capitals of five characters.
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// A tenant's id, which is also part of webhook URLs: 1 to 64 of `a`–`z`, `0`–`9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// The text is not a tenant's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tenant's id: 1 to 64 of a-z, 0-9 and -")]
pub struct InvalidTenantId;

impl TenantId {
    /// Parses an id.
    ///
    /// # Errors
    /// If it is empty, longer than 64, or holds another character.
    pub fn parse(text: &str) -> Result<Self, InvalidTenantId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTenantId)
        }
    }

    /// The tenant's id for an org's id of 15 or 18 characters: `sf-` and the 18-character form in lower case.
    ///
    /// The tenant of an org is therefore known without a lookup.
    ///
    /// # Errors
    /// If it is not the id of an Organization.
    pub fn from_org_id(org_id: &str) -> Result<Self, InvalidTenantId> {
        let org_id = to_18_characters(org_id).ok_or(InvalidTenantId)?;
        Ok(Self(format!("sf-{}", org_id.to_ascii_lowercase())))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(text: String) -> Result<Self, InvalidTenantId> {
        Self::parse(&text)
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

/// An org's id in its 18-character form, which ignores case; `None` if it is not the id of an Organization.
/// <https://help.salesforce.com/s/articleView?id=000385215&type=1>
fn to_18_characters(org_id: &str) -> Option<String> {
    if !org_id.starts_with(ORG_PREFIX) || !org_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match org_id.len() {
        18 => Some(org_id.to_owned()),
        15 => Some(org_id.chars().chain(org_id.as_bytes().chunks(5).map(checksum_character)).collect()),
        _ => None,
    }
}

/// Encodes which of five characters are capitals.
fn checksum_character(five: &[u8]) -> char {
    let capitals = five.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
    char::from(CHECKSUM[capitals.map(|(bit, _)| 1_usize << bit).sum::<usize>()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_letters_digits_and_dashes_make_an_id() {
        for text in ["a", "demo", "t-01", &"x".repeat(64)] {
            assert_eq!(TenantId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn other_texts_are_no_id() {
        for text in ["", "Demo", "a b", "a/b", "é", "..", &"x".repeat(65)] {
            assert_eq!(TenantId::parse(text), Err(InvalidTenantId), "{text}");
        }
    }

    #[test]
    fn both_forms_of_an_org_id_give_one_tenant() {
        for org_id in ["00Dxx0000001gPL", "00Dxx0000001gPLEAY"] {
            assert_eq!(TenantId::from_org_id(org_id).unwrap().as_str(), "sf-00dxx0000001gpleay");
        }
        // An id that differs only in case is another org's.
        assert_eq!(TenantId::from_org_id("00Dxx0000001gpl").unwrap().as_str(), "sf-00dxx0000001gpleaa");
        for other in ["", "00D", "005xx0000001gPL", "00Dxx0000001gP-", "00Dxx0000001gPLEA", "00Dxx0000001gPLé"] {
            assert_eq!(TenantId::from_org_id(other), Err(InvalidTenantId), "{other}");
        }
    }
}

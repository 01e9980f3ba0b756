//! Salesforce ids: the 15-character form is case-sensitive, the 18-character form is not.
//! <https://help.salesforce.com/s/articleView?id=000385215&type=1>

/// Prefix of an Organization's id.
const PREFIX: &str = "00D";
/// Alphabet of the checksum, which encodes the capitals of five characters.
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// An org's id in its 18-character form; `None` if it is not the id of an Organization.
pub(crate) fn to_18_characters(org_id: &str) -> Option<String> {
    if !org_id.starts_with(PREFIX) || !org_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
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

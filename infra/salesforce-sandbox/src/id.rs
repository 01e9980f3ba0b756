//! Record ids: a three-character key prefix, the org's own characters, a serial number, and the case checksum.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The 18-character id of record `serial` of the object with this key prefix.
///
/// `pod` makes the ids of two orgs differ, so that an id that leaks from one tenant to another is unknown there.
pub(crate) fn mint(prefix: &str, pod: &str, mut serial: u64) -> String {
    let mut digits = [b'0'; 8];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[usize::try_from(serial % 62).unwrap_or_default()];
        serial /= 62;
    }
    let digits: String = digits.iter().map(|&digit| char::from(digit)).collect();
    with_checksum(&format!("{prefix}{pod}{digits}"))
}

/// `text` as an 18-character id, or `None` if it is not a valid id.
///
/// As in Salesforce, 15 characters are case-sensitive and get a checksum; 18 characters must have the correct checksum.
pub(crate) fn normalise(text: &str) -> Option<String> {
    let fifteen = text.get(..15)?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let eighteen = with_checksum(fifteen);
    (text.len() == 15 || text == eighteen).then_some(eighteen)
}

/// Appends a checksum of three characters, each of which encodes which characters of a group of five are capitals.
fn with_checksum(fifteen: &str) -> String {
    let suffix = fifteen.as_bytes().chunks(5).map(|group| {
        let capitals = group.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
        char::from(CHECKSUM[capitals.map(|(bit, _)| 1_usize << bit).sum::<usize>()])
    });
    fifteen.chars().chain(suffix).collect()
}

#[cfg(test)]
mod tests {
    use super::{mint, normalise};

    #[test]
    fn the_checksum_is_that_of_salesforce() {
        assert_eq!(normalise("00Dxx0000001gPL").as_deref(), Some("00Dxx0000001gPLEAY"));
    }

    #[test]
    fn text_with_a_wrong_checksum_is_not_an_id() {
        assert_eq!(normalise("00Dxx0000001gPLEAZ"), None);
        assert_eq!(normalise("00Dxx0000001gPL'--"), None);
        assert_eq!(normalise("00D"), None);
    }

    #[test]
    fn a_minted_id_is_valid() {
        let id = mint("00T", "a1B2", 62);
        assert_eq!(&id[..15], "00Ta1B200000010");
        assert_eq!(normalise(&id), Some(id));
    }
}

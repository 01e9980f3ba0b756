//! Random identifiers and secrets.

use std::fmt::Write as _;

/// `length` random letters and digits.
///
/// # Panics
/// If the system has no randomness.
pub fn alphanumeric(length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // Bytes outside the alphabet are discarded, so that all characters are equally likely.
        let bytes: [u8; 64] = bytes();
        let accepted = bytes.iter().map(|byte| char::from(byte & 0x7f)).filter(char::is_ascii_alphanumeric);
        text.extend(accepted.take(length - text.len()));
    }
    text
}

/// `BYTES` random bytes, as hexadecimal digits.
///
/// # Panics
/// If the system has no randomness.
pub fn hex<const BYTES: usize>() -> String {
    bytes::<BYTES>().iter().fold(String::with_capacity(2 * BYTES), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A random UUID of version 4.
///
/// # Panics
/// If the system has no randomness.
pub fn uuid() -> String {
    let hex = hex::<16>();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

fn bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_have_their_length_and_alphabet() {
        let text = super::alphanumeric(200);
        assert!(text.len() == 200 && text.chars().all(|c| c.is_ascii_alphanumeric()), "{text}");
        let hex = super::hex::<16>();
        assert!(hex.len() == 32 && hex.chars().all(|c| c.is_ascii_hexdigit()), "{hex}");
        let uuid = super::uuid();
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
        assert_ne!(super::uuid(), uuid);
    }
}

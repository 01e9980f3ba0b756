//! Keyed digests that stand for phone numbers in ids and keys, which are logged and stored outside the document.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Hexadecimal digits of a digest. With them every key fits the 64 characters of its field in Salesforce.
const DIGITS: usize = 15;

/// A tenant's secret key for digests of phone numbers. Without it, nobody can find the number behind a digest by trying
/// all of them.
#[derive(Clone, PartialEq, Eq)]
pub struct DigestKey([u8; 32]);

impl DigestKey {
    /// A key of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of a phone number, or of whatever stands for one.
    pub(crate) fn digest(&self, phone: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(phone.as_bytes());
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).expect("four bits are one digit");
        let digits = mac.finalize().into_bytes().into_iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
        digits.take(DIGITS).collect()
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey(…)")
    }
}

//! Hashes of tokens whose text is held elsewhere.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// SHA-256 of a token; as text, 64 hexadecimal digits.
///
/// Aircall's webhook tokens and our own are long and random, so an unsalted hash is safe from guessing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of `token`.
    pub fn new(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Whether this is the hash of `token`, compared in constant time.
    pub fn matches(&self, token: &str) -> bool {
        self.0.ct_eq(&Self::new(token).0).into()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a SHA-256 in hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_only_its_own_token() {
        let hash = TokenHash::new("token-of-the-test");
        assert!(hash.matches("token-of-the-test"));
        for other in ["token-of-the-tesT", "token-of-the-test ", ""] {
            assert!(!hash.matches(other), "{other}");
        }
    }

    #[test]
    fn is_stored_as_hexadecimal_sha_256() {
        // From FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(TokenHash::new("abc").to_string(), abc);
        assert_eq!(TokenHash::parse(abc), Some(TokenHash::new("abc")));
        assert_eq!(TokenHash::parse(&abc[1..]), None);
        assert_eq!(TokenHash::parse(&abc.replace('b', "x")), None);
    }

    #[test]
    fn is_not_shown_in_logs() {
        assert_eq!(format!("{:?}", TokenHash::new("abc")), "TokenHash(..)");
    }
}

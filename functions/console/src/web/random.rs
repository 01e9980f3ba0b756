//! Unguessable random texts, for tokens and names.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 256 random bits in base64url: 43 characters.
///
/// # Panics
/// If the operating system provides no randomness.
pub(crate) fn text() -> String {
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("the operating system provides randomness");
    URL_SAFE_NO_PAD.encode(random)
}

/// Whether the text has the shape of such a random text.
pub(crate) fn may_be(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

//! Texts that nobody can guess.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 256 random bits in base64url: 43 characters.
///
/// # Panics
/// If the operating system gives no randomness.
pub(crate) fn text() -> String {
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("the operating system gives randomness");
    URL_SAFE_NO_PAD.encode(random)
}

/// Whether it may be such a text.
pub(crate) fn may_be(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

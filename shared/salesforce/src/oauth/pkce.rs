//! Proof Key for Code Exchange (PKCE): proves that a sign-in is completed by the client that started it. Source:
//! <https://datatracker.ietf.org/doc/html/rfc7636>.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// As RFC 7636 recommends: 43 characters of base64url.
const RANDOM_BYTES: usize = 32;

/// A verifier, which is kept until the code is exchanged, and its challenge, which is sent to the login page.
#[derive(Debug, Clone)]
pub struct Pkce {
    verifier: SecretString,
    challenge: String,
}

impl Pkce {
    /// A new pair, from the operating system's randomness.
    ///
    /// # Panics
    ///
    /// If the operating system gives no randomness.
    #[expect(clippy::new_without_default, reason = "each value is random")]
    pub fn new() -> Self {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).expect("the operating system gives randomness");
        Self::from_verifier(BASE64_URL_SAFE_NO_PAD.encode(random).into())
    }

    fn from_verifier(verifier: SecretString) -> Self {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret()));
        Self { verifier, challenge }
    }

    /// The secret, 43 characters long: keep it until [`super::exchange`].
    pub fn verifier(&self) -> &SecretString {
        &self.verifier
    }

    /// The base64url SHA-256 of the verifier.
    pub fn challenge(&self) -> &str {
        &self.challenge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        let pkce = Pkce::from_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(pkce.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn every_verifier_is_different_and_debug_does_not_show_it() {
        let (one, other) = (Pkce::new(), Pkce::new());
        let verifier = one.verifier().expose_secret();
        assert_ne!(verifier, other.verifier().expose_secret());
        assert!((43..=128).contains(&verifier.len()));
        assert!(verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), "{verifier}");
        assert!(!format!("{one:?}").contains(verifier));
    }
}

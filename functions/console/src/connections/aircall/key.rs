//! API keys, as typed by an admin.

use store::AircallCredential;

use crate::web::errors::InvalidField;

/// Longest part of a key, in characters. Aircall's have 32.
const MAX_LEN: usize = 200;

/// Reads an API ID and an API token into a credential.
pub(crate) fn read(api_id: &str, api_token: &str) -> Result<AircallCredential, InvalidField> {
    let (api_id, api_token) = (api_id.trim(), api_token.trim());
    // In HTTP basic authentication, a colon would end the ID.
    if !is_part(api_id) || api_id.contains(':') {
        return Err(invalid("api_id", "Enter the API ID as Aircall shows it."));
    }
    if !is_part(api_token) {
        return Err(invalid("api_token", "Enter the API token as Aircall shows it."));
    }
    Ok(AircallCredential::ApiKey { api_id: api_id.to_owned(), api_token: api_token.into() })
}

fn invalid(name: &'static str, message: &str) -> InvalidField {
    InvalidField { name, message: message.to_owned() }
}

fn is_part(text: &str) -> bool {
    (1..=MAX_LEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_two_parts_of_plain_characters() {
        assert!(read(" 0a1b ", "2c3d").is_ok());
        for (api_id, api_token, field) in [
            ("", "2c3d", "api_id"),
            ("a:b", "2c3d", "api_id"),
            ("a b", "2c3d", "api_id"),
            ("0a1b", "", "api_token"),
            ("0a1b", "é", "api_token"),
            ("0a1b", &"x".repeat(201), "api_token"),
        ] {
            assert_eq!(read(api_id, api_token).unwrap_err().name, field, "{api_id:?} {api_token:?}");
        }
    }
}

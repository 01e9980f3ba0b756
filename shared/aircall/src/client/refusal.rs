//! An answer that is no success: what it says, and what follows.

use jiff::Timestamp;
use reqwest::Response;
use serde::Deserialize;

use super::{Error, Reason, transport, wait};
use crate::lenient;

/// As much of Aircall's words as an admin reads.
const MAX_MESSAGE: usize = 300;

/// Where Aircall's words stand: `message` where credentials are wrong, `error` and `troubleshoot` elsewhere, and
/// OAuth's names at the token endpoint.
#[derive(Default, Deserialize)]
struct Words {
    #[serde(default, deserialize_with = "lenient::text")]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    error: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    troubleshoot: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    error_description: Option<String>,
}

pub(super) async fn from_response(response: Response) -> Error {
    let status = response.status().as_u16();
    let after = wait::after(response.headers(), Timestamp::now());
    let body = transport::read(response).await.unwrap_or_default();
    let words: Words = serde_json::from_slice(&body).unwrap_or_default();
    let is_wrong_app = matches!(words.error.as_deref(), Some("invalid_client" | "unauthorized_client"));
    match status {
        429 => Error::Retry { after, reason: Reason::RateLimited },
        408 | 425 | 500.. => Error::Retry { after, reason: Reason::Trouble(status) },
        401 | 403 => Error::Refused { message: words.into_message(status) },
        _ if is_wrong_app => Error::Refused { message: words.into_message(status) },
        _ => Error::Rejected { status, message: words.into_message(status) },
    }
}

impl Words {
    fn into_message(self, status: u16) -> String {
        let parts = [self.message, self.error, self.troubleshoot, self.error_description];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
        if text.is_empty() { format!("HTTP {status}") } else { text.chars().take(MAX_MESSAGE).collect() }
    }
}

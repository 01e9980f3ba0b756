//! Converts a response without a success status to an [`Error`].

use jiff::Timestamp;
use reqwest::Response;
use serde::Deserialize;

use super::{Error, Reason, retry_after, transport};
use crate::lenient;

/// Aircall's message is truncated to this many characters.
const MAX_MESSAGE: usize = 300;

/// Fields of an error body: `message` for wrong credentials, `error` and `troubleshoot` elsewhere, and OAuth's names at
/// the token endpoint.
#[derive(Default, Deserialize)]
struct ErrorBody {
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
    let after = retry_after::after(response.headers(), Timestamp::now());
    let bytes = transport::read(response).await.unwrap_or_default();
    let body: ErrorBody = serde_json::from_slice(&bytes).unwrap_or_default();
    let is_wrong_app = matches!(body.error.as_deref(), Some("invalid_client" | "unauthorized_client"));
    match status {
        429 => Error::Retry { after, reason: Reason::RateLimited },
        408 | 425 | 500.. => Error::Retry { after, reason: Reason::Trouble(status) },
        401 | 403 => Error::Refused { message: body.into_message(status) },
        _ if is_wrong_app => Error::Refused { message: body.into_message(status) },
        _ => Error::Rejected { status, message: body.into_message(status) },
    }
}

impl ErrorBody {
    fn into_message(self, status: u16) -> String {
        let parts = [self.message, self.error, self.troubleshoot, self.error_description];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
        if text.is_empty() { format!("HTTP {status}") } else { text.chars().take(MAX_MESSAGE).collect() }
    }
}

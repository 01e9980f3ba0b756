//! Transport errors, and reading a body up to a limit.

use std::error::Error as _;

use reqwest::Response;

/// Longest response body that is read, in bytes. A page of 50 calls with all their comments is a tenth of it.
const MAX_BODY: usize = 8 << 20;

/// Why there was no usable response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Transport {
    /// The client's timeout expired.
    #[error("no response in time")]
    TimedOut,
    /// The connection failed or was closed early. The text is that of the operating system or the TLS library.
    #[error("connection failed: {0}")]
    Connection(String),
    /// The body exceeds the limit.
    #[error("the response is longer than {MAX_BODY} bytes")]
    TooLong,
    /// A successful response whose body cannot be parsed.
    #[error("the response cannot be read")]
    Unreadable,
}

impl Transport {
    /// Converts reqwest's error, without its URL.
    pub(super) fn from_reqwest(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let error = error.without_url();
        let mut cause = error.source();
        let mut text = error.to_string();
        while let Some(inner) = cause {
            text = inner.to_string();
            cause = inner.source();
        }
        Self::Connection(text)
    }
}

/// Reads a body up to the limit.
pub(super) async fn read(mut response: Response) -> Result<Vec<u8>, Transport> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Transport::from_reqwest)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Transport::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

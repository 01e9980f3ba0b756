//! Transport errors, and bounded reading of response bodies.

use std::error::Error as _;

use reqwest::Response;

/// The longest response body that is read, in bytes. 200 Tasks with full descriptions take half of it.
const MAX_BODY: usize = 16 << 20;

/// Why there is no usable response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Transport {
    /// The client's timeout elapsed.
    #[error("no response in time")]
    TimedOut,
    /// The connection could not be made, or ended early. The text is the operating system's or the TLS library's.
    #[error("connection failed: {0}")]
    Connection(String),
    /// The body exceeds the maximum length.
    #[error("the response is longer than {MAX_BODY} bytes")]
    TooLong,
    /// A successful response whose body is not as documented.
    #[error("the response cannot be read")]
    Unreadable,
}

impl Transport {
    /// Drops the URL from reqwest's error, as its query may hold phone numbers.
    pub(crate) fn from_reqwest(error: reqwest::Error) -> Self {
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

/// Reads a body of up to [`MAX_BODY`] bytes.
pub(crate) async fn read(mut response: Response) -> Result<Vec<u8>, Transport> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Transport::from_reqwest)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Transport::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether the request was certainly not sent, so that it is safe to repeat.
pub(crate) fn never_sent(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_builder()
}

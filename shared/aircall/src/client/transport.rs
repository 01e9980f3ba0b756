//! What can go wrong between here and Aircall, and the bounded reading of a body.

use std::error::Error as _;

use reqwest::Response;

/// The longest answer that is read, in bytes. A page of 50 calls with all their comments is a tenth of it.
const MAX_BODY: usize = 8 << 20;

/// Why no usable answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Transport {
    /// The client's time-out struck.
    #[error("no answer in time")]
    TimedOut,
    /// The connection could not be made, or ended early. The text is the operating system's or the TLS library's.
    #[error("connection failed: {0}")]
    Connection(String),
    /// The body is longer than is read.
    #[error("the answer is longer than {MAX_BODY} bytes")]
    TooLong,
    /// A success whose body is not what the API documents.
    #[error("the answer cannot be read")]
    Unreadable,
}

impl Transport {
    /// Drops the address from reqwest's error.
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

/// Reads a body up to its bound.
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

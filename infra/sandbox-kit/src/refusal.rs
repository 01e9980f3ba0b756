//! Why a request body cannot be used.

/// A refused body. Each vendor words it, and chooses the status.
#[derive(Debug)]
pub enum Refusal {
    /// The body is larger than [`Sandbox::MAX_JSON_BODY`](crate::Sandbox::MAX_JSON_BODY).
    TooLarge,
    /// The body is not JSON, or not of the type that the endpoint reads.
    NotJson(serde_json::Error),
    /// The body is of the right type, but its content is invalid for this reason.
    Invalid(String),
}

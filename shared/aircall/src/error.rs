//! A body that cannot be read.

/// A body that does not hold what its event promises. Repeating it will not help.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct WebhookError {
    /// Which field, such as `data.started_at`.
    pub path: String,
    /// What is wrong with it. Never holds a value of the body.
    pub reason: &'static str,
}

impl WebhookError {
    pub(crate) fn new(path: impl Into<String>, reason: &'static str) -> Self {
        Self { path: path.into(), reason }
    }
}

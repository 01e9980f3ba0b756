//! The error for an unreadable webhook body.

/// A body that lacks what its event requires. A retry does not help.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct WebhookError {
    /// Path of the field, such as `data.started_at`.
    pub path: String,
    /// What is wrong with the field. Never contains a value of the body.
    pub reason: &'static str,
}

impl WebhookError {
    pub(crate) fn new(path: impl Into<String>, reason: &'static str) -> Self {
        Self { path: path.into(), reason }
    }
}

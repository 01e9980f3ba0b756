//! The error for an unreadable webhook body.

/// A body that lacks what its event requires. A retry does not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct WebhookError {
    /// Path of the field, such as `data.id`.
    pub path: String,
    /// What is wrong with the field. Never contains a value of the body.
    pub reason: &'static str,
    /// The key of the call's or message's entry, such as `call-7`, if its id can be read.
    pub key: Option<String>,
}

impl WebhookError {
    pub(crate) fn new(path: impl Into<String>, reason: &'static str) -> Self {
        Self { path: path.into(), reason, key: None }
    }

    pub(crate) fn with_key(self, key: String) -> Self {
        Self { key: Some(key), ..self }
    }
}

//! The fields of a submitted form.

use std::collections::HashMap;

/// The fields of a form or of a query: the values of each name in the order of the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(HashMap<String, Vec<String>>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`. Every input is valid.
    pub(crate) fn read(body: &[u8]) -> Self {
        let mut fields = Self::default();
        for (name, value) in url::form_urlencoded::parse(body).into_owned() {
            fields.0.entry(name).or_default().push(value);
        }
        fields
    }

    /// The trimmed value of a field; empty if the form has no such field.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The trimmed values of all fields with this name, in the order of the page.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(|value| value.trim())
    }

    /// Whether the form has this field: a box was ticked or a button pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

/// Parses a whole number of digits only, without a sign.
pub(crate) fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

//! What is wrong with a form: at the top of the page, and at each field.

use rules::settings::Problem;

/// What is wrong with a form, in the order of the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors(Vec<FieldError>);

/// What is wrong with one field.
#[derive(Clone, Debug)]
pub(crate) struct FieldError {
    /// The id of the field in the page, to jump to; none if no field shows it.
    pub(crate) field: Option<String>,
    /// A sentence.
    pub(crate) message: String,
}

impl Errors {
    /// Notes what is wrong with the field of this id.
    pub(crate) fn at(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: Some(field.into()), message: message.into() });
    }

    /// Notes problems of the settings document; `field` tells the field that shows a path, if there is one.
    pub(crate) fn of_document(&mut self, problems: Vec<Problem>, field: impl Fn(&str) -> Option<String>) {
        let errors = problems.into_iter().map(|Problem { path, message }| {
            let field = field(&path);
            let message = if field.is_some() { sentence(&message) } else { format!("{path}: {message}.") };
            FieldError { field, message }
        });
        self.0.extend(errors);
    }

    /// What is wrong with the field of this id.
    pub(crate) fn message_for(&self, field: &str) -> Option<&str> {
        let error = self.0.iter().find(|error| error.field.as_deref() == Some(field));
        error.map(|error| error.message.as_str())
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }
}

/// The rules' words as a sentence.
pub(crate) fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

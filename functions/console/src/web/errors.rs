//! Validation errors: of one parameter or field, and of a form, shown at the top of the page and at each field.

use rules::settings::Problem;

/// An invalid parameter or field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidField {
    /// The parameter's name.
    pub(crate) name: &'static str,
    /// What it must be, as a sentence.
    pub(crate) message: String,
}

/// The validation errors of a form, in the order of the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors(Vec<FieldError>);

/// The validation error of one field.
#[derive(Clone, Debug)]
pub(crate) struct FieldError {
    /// The id of the field in the page, to link to; `None` if no field shows it.
    pub(crate) field: Option<String>,
    /// The error, as a sentence.
    pub(crate) message: String,
}

impl Errors {
    /// Adds an error of the field with this id.
    pub(crate) fn at(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: Some(field.into()), message: message.into() });
    }

    /// Adds problems of the settings document. `field` maps a path to the id of the field that shows it, if any.
    pub(crate) fn add_problems(&mut self, problems: Vec<Problem>, field: impl Fn(&str) -> Option<String>) {
        let errors = problems.into_iter().map(|Problem { path, message }| {
            let field = field(&path);
            let message = if field.is_some() { sentence(&message) } else { format!("{path}: {message}.") };
            FieldError { field, message }
        });
        self.0.extend(errors);
    }

    /// The error of the field with this id.
    pub(crate) fn message_for(&self, field: &str) -> Option<&str> {
        let error = self.0.iter().find(|error| error.field.as_deref() == Some(field));
        error.map(|error| error.message.as_str())
    }

    /// Whether there are no errors.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All errors.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }
}

/// A problem's message as a sentence, with a capital letter and a period.
pub(crate) fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

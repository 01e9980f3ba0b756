//! A setting with a few options, as radio buttons.

/// The choices for a setting, as `settings/choices.html` shows them.
#[derive(Debug)]
pub(crate) struct Choices {
    /// The field's name. The id of each button is the name, a dash, and its value.
    pub(crate) name: &'static str,
    /// The options.
    pub(crate) all: Vec<Choice>,
    /// The error message for the chosen option.
    pub(crate) error: Option<String>,
}

/// One option.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The value that the form sends.
    pub(crate) value: &'static str,
    /// Its label.
    pub(crate) label: &'static str,
    /// A short explanation of its effect.
    pub(crate) note: &'static str,
    /// Whether it is selected.
    pub(crate) is_chosen: bool,
}

/// A value, its label and its note.
pub(crate) type Option3 = (&'static str, &'static str, &'static str);

impl Choices {
    /// The options of a field, with `chosen` selected.
    pub(crate) fn new(name: &'static str, options: &[Option3], chosen: &str, error: Option<&str>) -> Self {
        let choice = |&(value, label, note): &Option3| Choice { value, label, note, is_chosen: value == chosen };
        Self { name, all: options.iter().map(choice).collect(), error: error.map(ToOwned::to_owned) }
    }

    /// The id of the first button, which error messages link to.
    pub(crate) fn first_id(name: &str, options: &[Option3]) -> String {
        format!("{name}-{}", options[0].0)
    }
}

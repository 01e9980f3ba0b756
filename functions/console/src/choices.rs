//! A question with a few answers, as radio buttons.

/// The choices for a setting, as `partials/choices.html` shows them.
#[derive(Debug)]
pub(crate) struct Choices {
    /// The field's name. The id of each button is the name, a dash, and its value.
    pub(crate) name: &'static str,
    /// The choices.
    pub(crate) all: Vec<Choice>,
    /// What is wrong with what was chosen.
    pub(crate) error: Option<String>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Choice {
    /// What the form sends.
    pub(crate) value: &'static str,
    /// What it is called.
    pub(crate) label: &'static str,
    /// What follows from it, in few words.
    pub(crate) note: &'static str,
    /// Whether it is the chosen one.
    pub(crate) is_chosen: bool,
}

/// A value, its label and its note.
pub(crate) type Option3 = (&'static str, &'static str, &'static str);

impl Choices {
    /// The choices of a field, of which `chosen` is made.
    pub(crate) fn new(name: &'static str, options: &[Option3], chosen: &str, error: Option<&str>) -> Self {
        let choice = |&(value, label, note): &Option3| Choice { value, label, note, is_chosen: value == chosen };
        Self { name, all: options.iter().map(choice).collect(), error: error.map(ToOwned::to_owned) }
    }

    /// The id of the first button, where an error leads to.
    pub(crate) fn first_id(name: &str, options: &[Option3]) -> String {
        format!("{name}-{}", options[0].0)
    }
}

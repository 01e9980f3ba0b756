//! The searchable content of a record.
//!
//! How the real index treats phone formats is not documented. By default this org ignores formatting and matches whole
//! numbers: `+33 6 12 34 56 78` is found by `33612345678`, but not by fewer digits. With [`PhoneIndex::Tokens`] each run
//! of digits is a term: it is found by `12` and by `"6 12 34"`, but not by `33612345678`.

use serde_json::Value;

use super::{
    parse::Group,
    term::{Pattern, Term, phone_runs, words},
    terms::Expression,
};
use crate::{
    options::{Options, PhoneIndex},
    schema::{Kind, Object},
    tables::Record,
};

/// A record's searchable content.
#[derive(Debug)]
pub(super) struct Haystack {
    /// Digits of each phone field, if all of them are one term.
    numbers: Vec<String>,
    /// Runs of each phone field, if each of them is a term.
    runs: Vec<Vec<String>>,
    /// Lower-case words of each text field.
    texts: Vec<Vec<String>>,
}

impl Haystack {
    pub(super) fn new(options: &Options, object: &Object, record: &Record, group: Group) -> Self {
        let mut haystack = Self { numbers: Vec::new(), runs: Vec::new(), texts: Vec::new() };
        for field in object.fields(options) {
            let Value::String(text) = record.get(field.name) else { continue };
            let name = matches!(field.name, "Name" | "CaseNumber");
            match (group, field.kind) {
                (Group::Phone | Group::All, Kind::Phone) => match options.phone_index {
                    PhoneIndex::Digits => haystack.numbers.push(digits(text)),
                    PhoneIndex::Tokens => haystack.runs.push(phone_runs(text)),
                },
                (Group::Email, Kind::Email) => haystack.texts.push(words(text)),
                (Group::Name, _) if name => haystack.texts.push(words(text)),
                (Group::All, Kind::Text | Kind::Combobox | Kind::LongText | Kind::Email | Kind::Url) => {
                    haystack.texts.push(words(text));
                }
                _ => {}
            }
        }
        haystack
    }

    pub(super) fn contains(&self, expression: &Expression) -> bool {
        match expression {
            Expression::Term(term) => self.contains_term(term),
            Expression::All(parts) => parts.iter().all(|part| self.contains(part)),
            Expression::Any(parts) => parts.iter().any(|part| self.contains(part)),
            Expression::Not(part) => !self.contains(part),
        }
    }

    fn contains_term(&self, term: &Term) -> bool {
        term.number().is_some_and(|wanted| self.numbers.iter().any(|number| wanted.matches(number)))
            || self.runs.iter().any(|runs| contains_in_a_row(runs, term.runs()))
            || self.texts.iter().any(|words| contains_in_a_row(words, term.words()))
    }
}

/// Whether the wanted words follow each other somewhere in the text.
fn contains_in_a_row(text: &[String], wanted: &[Pattern]) -> bool {
    let matches = |words: &[String]| words.iter().zip(wanted).all(|(word, wanted)| wanted.matches(word));
    text.windows(wanted.len().max(1)).any(matches)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

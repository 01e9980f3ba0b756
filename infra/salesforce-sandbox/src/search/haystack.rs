//! The searchable content of a record.
//!
//! How the real index treats phone formats is not documented. This org ignores formatting and matches whole numbers:
//! `+33 6 12 34 56 78` is found by `33612345678`, but not by fewer digits.

use serde_json::Value;

use super::{
    parse::Group,
    term::{Term, words},
    terms::Expression,
};
use crate::{
    options::Options,
    schema::{Kind, Object},
    tables::Record,
};

/// A record's searchable content.
#[derive(Debug)]
pub(super) struct Haystack {
    /// Digits of each phone field.
    phones: Vec<String>,
    /// Lower-case words of each text field.
    texts: Vec<Vec<String>>,
}

impl Haystack {
    pub(super) fn new(options: &Options, object: &Object, record: &Record, group: Group) -> Self {
        let mut haystack = Self { phones: Vec::new(), texts: Vec::new() };
        for field in object.fields(options) {
            let Value::String(text) = record.get(field.name) else { continue };
            let name = matches!(field.name, "Name" | "CaseNumber");
            match (group, field.kind) {
                (Group::Phone | Group::All, Kind::Phone) => haystack.phones.push(digits(text)),
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
        let phone_matches = term.number().is_some_and(|number| self.phones.iter().any(|phone| number.matches(phone)));
        let wanted = term.words();
        let adjacent = |have: &[String]| have.iter().zip(wanted).all(|(word, wanted)| wanted.matches(word));
        phone_matches || self.texts.iter().any(|text| text.windows(wanted.len().max(1)).any(adjacent))
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

//! What of a record search looks at.
//!
//! How the real index treats phone formats is documented nowhere; this org ignores formatting and matches whole numbers,
//! so that `+33 6 12 34 56 78` is found by `33612345678` and by nothing shorter.

use serde_json::Value;

use super::{parse::Group, terms::Expression};
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
    pub(super) fn of(options: &Options, object: &Object, record: &Record, group: Group) -> Self {
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

    fn contains_term(&self, term: &str) -> bool {
        if !self.phones.is_empty() && !term.chars().any(char::is_alphabetic) {
            let number: String = term.chars().filter(|&c| c.is_ascii_digit() || is_wildcard(c)).collect();
            if self.phones.iter().any(|phone| glob(&number, phone)) {
                return true;
            }
        }
        if self.texts.is_empty() {
            return false;
        }
        let wanted = words(term);
        let adjacent = |have: &[String]| have.iter().zip(&wanted).all(|(word, wanted)| glob(wanted, word));
        self.texts.iter().any(|text| text.windows(wanted.len().max(1)).any(adjacent))
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Split at punctuation; wildcards of a term stay in their word.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && !is_wildcard(c));
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

fn is_wildcard(c: char) -> bool {
    matches!(c, '*' | '?')
}

/// `*` is any text, `?` one character.
fn glob(pattern: &str, text: &str) -> bool {
    if !pattern.contains(is_wildcard) {
        return pattern == text;
    }
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(&pattern[1..], &text[at..]))
        }
        Some(c) => text
            .chars()
            .next()
            .is_some_and(|first| (c == '?' || c == first) && glob(&pattern[c.len_utf8()..], &text[first.len_utf8()..])),
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn wildcards_stand_for_text() {
        assert!(glob("336*", "33612345678"));
        assert!(glob("j?ne", "jane"));
        assert!(!glob("612345678", "33612345678"));
        assert!(!glob("j?ne", "jne"));
    }
}

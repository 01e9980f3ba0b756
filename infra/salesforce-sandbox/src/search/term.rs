//! A term of a search string, prepared for comparison with many records.

use crate::wildcard::{self, Part};

/// A word or phrase.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Term {
    /// Its digits; `None` if it contains letters.
    number: Option<Pattern>,
    words: Vec<Pattern>,
    runs: Vec<Pattern>,
}

/// Text in which `*` matches any text and `?` one character.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    text: String,
    /// `None` without wildcards.
    parts: Option<Vec<Part>>,
}

impl Term {
    pub(super) fn new(text: &str) -> Self {
        let digits: String = text.chars().filter(|&c| c.is_ascii_digit() || is_wildcard(c)).collect();
        let number = !digits.is_empty() && !text.chars().any(char::is_alphabetic);
        let patterns = |texts: Vec<String>| texts.into_iter().map(Pattern::new).collect();
        Self {
            number: number.then(|| Pattern::new(digits)),
            words: patterns(words(text)),
            runs: patterns(runs(text, is_wildcard)),
        }
    }

    /// Its digits, to compare with those of a phone field.
    pub(super) fn number(&self) -> Option<&Pattern> {
        self.number.as_ref()
    }

    /// Its words, to compare with those of a text field.
    pub(super) fn words(&self) -> &[Pattern] {
        &self.words
    }

    /// Its runs, to compare with those of a phone field.
    pub(super) fn runs(&self) -> &[Pattern] {
        &self.runs
    }
}

impl Pattern {
    fn new(text: String) -> Self {
        let part = |c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            c => Part::Char(c),
        };
        let parts = text.contains(is_wildcard).then(|| text.chars().map(part).collect());
        Self { text, parts }
    }

    #[cfg(test)]
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        match &self.parts {
            Some(parts) => wildcard::matches(parts, &text.chars().collect::<Vec<_>>()),
            None => self.text == text,
        }
    }
}

/// Lower-case words, split at punctuation; wildcards stay in their word.
pub(super) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && !is_wildcard(c));
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

/// The runs of a phone field, in which `*` and `?` are punctuation.
pub(super) fn phone_runs(text: &str) -> Vec<String> {
    runs(text, |_| false)
}

/// What the characters of a run have in common.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    /// Digits of one script, whose code points are in one block of sixteen.
    Digit(u32),
    Letter,
    /// A wildcard at the start, which belongs to whatever follows it.
    Wildcard,
}

/// Lower-case runs of digits of one script, and of letters; a wildcard belongs to the run before it.
fn runs(text: &str, is_wildcard: impl Fn(char) -> bool) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.to_lowercase().chars() {
        let class = match c {
            c if is_wildcard(c) => last.or(Some(Class::Wildcard)),
            c if c.is_numeric() => Some(Class::Digit(u32::from(c) >> 4)),
            c if c.is_alphabetic() => Some(Class::Letter),
            _ => None,
        };
        match runs.last_mut().filter(|_| last == class || last == Some(Class::Wildcard)) {
            Some(run) if class.is_some() => run.push(c),
            _ if class.is_some() => runs.push(c.to_string()),
            _ => {}
        }
        last = class;
    }
    runs
}

fn is_wildcard(c: char) -> bool {
    matches!(c, '*' | '?')
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Pattern, Term, phone_runs};

    #[track_caller]
    fn check(pattern: &str, text: &str, expect: bool) {
        assert_eq!(Pattern::new(pattern.to_owned()).matches(text), expect);
    }

    #[test]
    fn wildcards_match_text_or_one_character() {
        check("336*", "33612345678", true);
        check("j?ne", "jane", true);
        check("612345678", "33612345678", false);
        check("j?ne", "jne", false);
    }

    #[test]
    fn many_wildcards_are_fast() {
        let (pattern, text) = (format!("{}b", "a*".repeat(20)), "a".repeat(80));
        let started = Instant::now();
        check(&pattern, &text, false);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn a_run_is_of_digits_of_one_script_or_of_letters() {
        let check = |text: &str, expect: &[&str]| assert_eq!(phone_runs(text), expect, "{text}");
        check("+33 6.12-34", &["33", "6", "12", "34"]);
        check("(415)555-0132 x12", &["415", "555", "0132", "x", "12"]);
        check("0612Ext5*6", &["0612", "ext", "5", "6"]);
        check("06١٢٣12", &["06", "١٢٣", "12"]);
        check("06１２", &["06", "１２"]);
        check("n/a", &["n", "a"]);
        check("+-", &[]);
    }

    #[test]
    fn wildcards_stay_in_their_run() {
        let check = |text: &str, expect: &[&str]| {
            let term = Term::new(text);
            let runs: Vec<&str> = term.runs().iter().map(Pattern::as_str).collect();
            assert_eq!(runs, expect, "{text}");
        };
        check("336*", &["336*"]);
        check("3?6*8", &["3?6*8"]);
        check("415 *55 ?", &["415", "*55", "?"]);
    }
}

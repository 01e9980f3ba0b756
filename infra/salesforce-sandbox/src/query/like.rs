//! `LIKE`: `%` matches any text, `_` one character, ignoring case.

use super::lexer::escaped;
use crate::wildcard::{self, Part};

/// A parsed pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<Part>);

impl Pattern {
    /// Parses the raw text of a literal.
    pub(crate) fn new(raw: &str) -> Self {
        let lower = raw.to_lowercase();
        let mut chars = lower.chars();
        let mut parts = Vec::new();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '%' => Part::Any,
                '_' => Part::One,
                '\\' => Part::Char(escaped(chars.next().unwrap_or_default())),
                c => Part::Char(c),
            });
        }
        Self(parts)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        wildcard::matches(&self.0, &text)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Pattern;

    #[track_caller]
    fn check(pattern: &str, text: &str, expect: bool) {
        assert_eq!(Pattern::new(pattern).matches(text), expect);
    }

    #[test]
    fn wildcards_match_and_escaped_ones_do_not() {
        check("%612%34%", "+33 6 12 34", false);
        check("%6%12%34%", "+33 6 12 34", true);
        check("j_ne", "JANE", true);
        check("j_ne", "jne", false);
        check(r"100\%", "100%", true);
        check(r"100\%", "100x", false);
        check("", "", true);
    }

    #[test]
    fn case_is_ignored() {
        check("É%Z", "élodie z", true);
        check("%ROE", "Jane Roe", true);
    }

    #[test]
    fn twenty_wildcards_over_a_long_text_are_fast() {
        let (pattern, text) = (format!("{}b", "%a".repeat(20)), "a".repeat(80));
        let started = Instant::now();
        for _ in 0..1_000 {
            check(&pattern, &text, false);
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        check(&"%a".repeat(20), &text, true);
    }
}

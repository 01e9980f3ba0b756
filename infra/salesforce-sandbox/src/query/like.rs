//! `LIKE`: `%` matches any text, `_` one character, ignoring case.

use super::lexer::escaped;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Any,
    One,
    Char(char),
}

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
        // For each pattern prefix, the text prefixes it can match: linear in pattern times text.
        let mut reachable = vec![false; text.len() + 1];
        reachable[0] = true;
        for part in &self.0 {
            let mut next = vec![false; text.len() + 1];
            for at in 0..=text.len() {
                next[at] = match part {
                    Part::Any => reachable[at] || (at > 0 && next[at - 1]),
                    Part::One => at > 0 && reachable[at - 1],
                    Part::Char(c) => at > 0 && reachable[at - 1] && text[at - 1] == *c,
                };
            }
            reachable = next;
        }
        reachable[text.len()]
    }
}

#[cfg(test)]
mod tests {
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
}

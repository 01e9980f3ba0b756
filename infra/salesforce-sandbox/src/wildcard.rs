//! Patterns with wildcards, which `LIKE` and searches spell differently.

/// A part of a pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// Any text, also none.
    Any,
    /// One character.
    One,
    Char(char),
}

/// Whether the pattern matches the whole text.
///
/// After a mismatch only the last `Any` takes one more character, so the steps are at most the lengths of pattern and
/// text multiplied, however many wildcards there are.
pub(crate) fn matches(pattern: &[Part], text: &[char]) -> bool {
    let (mut part, mut at) = (0, 0);
    // The part after the last `Any`, and where the text after that `Any` begins.
    let mut resume = None;
    while at < text.len() {
        match pattern.get(part) {
            Some(Part::Any) => {
                part += 1;
                resume = Some((part, at));
            }
            Some(wanted) if *wanted == Part::One || *wanted == Part::Char(text[at]) => {
                part += 1;
                at += 1;
            }
            _ => {
                let Some((after, from)) = resume else { return false };
                (part, at) = (after, from + 1);
                resume = Some((part, at));
            }
        }
    }
    pattern[part..].iter().all(|part| *part == Part::Any)
}

#[cfg(test)]
mod tests {
    use super::{Part, matches};

    #[track_caller]
    fn check(pattern: &str, text: &str, expect: bool) {
        let part = |c| match c {
            '%' => Part::Any,
            '_' => Part::One,
            c => Part::Char(c),
        };
        let pattern: Vec<Part> = pattern.chars().map(part).collect();
        assert_eq!(matches(&pattern, &text.chars().collect::<Vec<_>>()), expect);
    }

    #[test]
    fn any_matches_text_of_every_length() {
        for text in ["", "a", "ab"] {
            check("%", text, true);
            check("%%", text, true);
        }
        check("a%", "a", true);
        check("%a", "ba", true);
        check("%a", "ab", false);
        check("%ab%ab", "abab", true);
        check("%ab%ab", "aab", false);
        check("%aab", "aaab", true);
    }

    #[test]
    fn one_matches_exactly_one_character() {
        check("_", "é", true);
        check("_", "", false);
        check("_", "ab", false);
        check("%_", "", false);
        check("%_b_", "aabc", true);
    }

    #[test]
    fn an_empty_pattern_matches_only_empty_text() {
        check("", "", true);
        check("", "a", false);
    }
}

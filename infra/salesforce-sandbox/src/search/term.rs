//! A term of a search string, prepared for comparison with many records.

/// A word or phrase.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Term {
    /// Its digits; `None` if it contains letters.
    number: Option<Pattern>,
    words: Vec<Pattern>,
}

/// Text in which `*` matches any text and `?` one character.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    text: String,
    wild: bool,
}

impl Term {
    pub(super) fn new(text: &str) -> Self {
        let digits: String = text.chars().filter(|&c| c.is_ascii_digit() || is_wildcard(c)).collect();
        let number = !digits.is_empty() && !text.chars().any(char::is_alphabetic);
        let words = words(text).into_iter().map(Pattern::new).collect();
        Self { number: number.then(|| Pattern::new(digits)), words }
    }

    pub(super) fn number(&self) -> Option<&Pattern> {
        self.number.as_ref()
    }

    pub(super) fn words(&self) -> &[Pattern] {
        &self.words
    }
}

impl Pattern {
    fn new(text: String) -> Self {
        let wild = text.contains(is_wildcard);
        Self { text, wild }
    }

    #[cfg(test)]
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        if self.wild { glob(&self.text, text) } else { self.text == text }
    }
}

/// Lower-case words, split at punctuation; wildcards stay in their word.
pub(super) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && !is_wildcard(c));
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

fn is_wildcard(c: char) -> bool {
    matches!(c, '*' | '?')
}

fn glob(pattern: &str, text: &str) -> bool {
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
    use super::Pattern;

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
}

//! Text that fits Salesforce's fields.

use unicode_segmentation::GraphemeCursor;

/// The length of `text` as Salesforce counts it.
///
/// Salesforce runs on Java, whose strings count UTF-16 code units; an emoji is two.
pub(crate) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// `text`, truncated to `limit` with a trailing `…` if it is longer.
pub(crate) fn truncate(text: &str, limit: usize) -> String {
    if length(text) <= limit {
        return text.to_owned();
    }
    let mut truncated = prefix(text, limit.saturating_sub(1)).to_owned();
    truncated.push('…');
    truncated
}

/// The longest grapheme that truncation does not split, such as an emoji of many code points or a letter with accents.
const MAX_GRAPHEME_LEN: usize = 64;

/// The longest prefix of `text` that fits into `limit` without splitting a grapheme.
pub(crate) fn prefix(text: &str, limit: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.len_utf16();
        used > limit
    });
    let Some((end, _)) = end else { return text };
    let mut cursor = GraphemeCursor::new(end, text.len(), true);
    let is_whole = cursor.is_boundary(text, 0).unwrap_or(true);
    let before = if is_whole { None } else { cursor.prev_boundary(text, 0).ok().flatten() };
    // A longer grapheme is not readable text, so it may be split.
    let end = before.filter(|before| length(&text[*before..end]) <= MAX_GRAPHEME_LEN).unwrap_or(end);
    &text[..end]
}

/// `text` without the sequence `@{`.
///
/// Composite requests interpret `@{` anywhere in a body as a reference to another result, and have no escape for it.
/// It is replaced everywhere, so that a Task reads back exactly as it was written.
pub(crate) fn without_references(text: &str) -> String {
    text.replace("@{", "@ {")
}

/// `text` on one line: each run of white space and control characters becomes one space.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// `90` as `1 min 30 s`.
pub(crate) fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds} s"),
        (_, _) => format!("{hours} h {minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_counts_as_two_and_is_never_split() {
        assert_eq!(length("a😀"), 3);
        assert_eq!(prefix("a😀b", 2), "a");
        assert_eq!(truncate("a😀bc", 4), "a😀…");
        assert_eq!(truncate("a😀b", 4), "a😀b");
    }

    #[test]
    fn a_grapheme_is_not_split() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(prefix(&format!("a{family}b"), length(family)), "a");
        assert_eq!(prefix(&format!("a{family}b"), length(family) + 1), format!("a{family}"));
        assert_eq!(prefix("👍🏽👍🏽", 6), "👍🏽");
        assert_eq!(prefix("e\u{301}e\u{301}", 3), "e\u{301}");
        // An overlong grapheme is split at the limit.
        let overlong = format!("e{}", "\u{301}".repeat(500));
        assert_eq!(length(prefix(&overlong, 300)), 300);
    }

    #[test]
    fn durations_are_in_hours_minutes_and_seconds() {
        assert_eq!(duration(0), "0 s");
        assert_eq!(duration(90), "1 min 30 s");
        assert_eq!(duration(3600), "1 h 0 min 0 s");
    }

    #[test]
    fn one_line_has_no_line_breaks_or_control_characters() {
        assert_eq!(one_line(" a\r\n b\u{7}c "), "a b c");
    }
}

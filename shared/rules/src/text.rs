//! Salesforce's field lengths, kept.

/// The length of `text` as Salesforce counts it.
///
/// Salesforce runs on Java, whose strings count UTF-16 code units; an emoji is two.
pub(crate) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// `text`, or as much of it as fits into `limit` with `…` behind it.
pub(crate) fn fit(text: &str, limit: usize) -> String {
    if length(text) <= limit {
        return text.to_owned();
    }
    let mut fitted = prefix(text, limit.saturating_sub(1)).to_owned();
    fitted.push('…');
    fitted
}

/// The longest prefix of `text` that fits into `limit`.
pub(crate) fn prefix(text: &str, limit: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.len_utf16();
        used > limit
    });
    end.map_or(text, |(index, _)| &text[..index])
}

/// `text` such that Salesforce takes it for text.
///
/// Composite requests read `@{` anywhere in a body as a reference to another result, and know no way to write it
/// otherwise. Written the same way everywhere, a Task reads back as it was written.
pub(crate) fn plain(text: &str) -> String {
    text.replace("@{", "@ {")
}

/// `text` on one line: every run of white space and control characters becomes one space.
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
    fn an_emoji_counts_twice_and_is_never_split() {
        assert_eq!(length("a😀"), 3);
        assert_eq!(prefix("a😀b", 2), "a");
        assert_eq!(fit("a😀bc", 4), "a😀…");
        assert_eq!(fit("a😀b", 4), "a😀b");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(0), "0 s");
        assert_eq!(duration(90), "1 min 30 s");
        assert_eq!(duration(3600), "1 h 0 min 0 s");
    }

    #[test]
    fn one_line_holds_no_break() {
        assert_eq!(one_line(" a\r\n b\u{7}c "), "a b c");
    }
}

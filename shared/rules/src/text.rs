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

/// How many characters [`without_references`] adds.
pub(crate) fn references(text: &str) -> usize {
    text.matches("@{").count()
}

/// `text` on one line, without invisible characters: each run of white space and control characters becomes one space.
pub(crate) fn one_line(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let words = visible.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// `text` on one line, to be put into a text of ours: one that is written from right to left is isolated, so that it does not
/// turn around the numbers beside it. <https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates>
pub(crate) fn inline(text: &str) -> String {
    let line = one_line(text);
    if line.chars().any(is_right_to_left) { format!("\u{2068}{line}\u{2069}") } else { line }
}

/// The lines of a text that somebody else wrote, each quoted so that none can be taken for a line of ours.
pub(crate) fn quote(text: &str) -> impl Iterator<Item = String> {
    let text = text.trim_end().replace("\r\n", "\n");
    let lines: Vec<String> = text.split(is_line_break).map(quote_line).collect();
    lines.into_iter()
}

/// The most characters that the lines of [`quote`] have, each with a line break before it.
pub(crate) fn max_quoted_length(text: &str) -> usize {
    const LINE: usize = "\n> ".len();
    LINE + text.chars().map(|c| c.len_utf16() + if is_line_break(c) { LINE } else { 0 }).sum::<usize>()
}

fn quote_line(line: &str) -> String {
    let visible = line.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c });
    let line: String = visible.collect();
    format!("> {line}").trim_end().to_owned()
}

/// `url`, if it is one that a browser opens over TLS.
pub(crate) fn https(url: &str) -> Option<String> {
    let url = one_line(url);
    let is_https = url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    (is_https && url.len() > 8 && !url.contains(' ')).then_some(url)
}

/// The characters after which a line ends: <https://www.unicode.org/reports/tr14/#BK>.
fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that nobody sees, or that change the direction of others. Joiners and variation selectors stay, of which emoji and
/// Persian words are made.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character belongs to a script that is written from right to left, by its block:
/// <https://www.unicode.org/reports/tr9/#Bidirectional_Character_Types>.
fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}')
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
        assert_eq!(one_line(" a\r\n b\u{7}c\u{2028}d "), "a b c d");
        assert_eq!(one_line("Ada\u{202e}omeD\u{feff} 👩\u{200d}💻"), "AdaomeD 👩\u{200d}💻");
    }

    #[test]
    fn a_text_from_right_to_left_is_isolated() {
        assert_eq!(inline("Ada Demo"), "Ada Demo");
        assert_eq!(inline("\u{202e}דנה\n12"), "\u{2068}דנה 12\u{2069}");
    }

    #[test]
    fn every_line_of_a_quote_is_marked() {
        let text = "a\r\nb\rc\u{b}d\u{85}e\u{2028}f\u{2029}\n\u{200b}Tags: g\t";
        assert_eq!(quote(text).collect::<Vec<_>>(), ["> a", "> b", "> c", "> d", "> e", "> f", ">", "> Tags: g"]);
    }

    #[test]
    fn only_links_over_tls_are_links() {
        assert_eq!(https(" HTTPS://media.example.com/a "), Some("HTTPS://media.example.com/a".to_owned()));
        for url in ["http://media.example.com", "javascript:alert(1)", "https://", "https://a b", "ähttps://a", ""] {
            assert_eq!(https(url), None, "{url}");
        }
    }
}

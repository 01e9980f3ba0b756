//! Text as a keyboard would have given it: ASCII digits, plain separators, and nothing that nobody sees.

use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::vanity::may_be_vanity;

/// The most characters of a text that are read. A phone field of Salesforce has 40.
pub(super) const MAX_CHARS: usize = 80;

/// The first characters of a text in plain form, and whether there were more.
pub(super) fn plain(text: &str) -> (Vec<char>, bool) {
    let mut rest = text.chars().filter(|c| !is_invisible(*c));
    let mut kept: Vec<char> = Vec::with_capacity(text.len().min(MAX_CHARS));
    kept.extend(rest.by_ref().take(MAX_CHARS).map(plain_char));
    let mut next = rest.map(plain_char);
    let (first, second) = (next.next(), next.next());
    // A number that goes on behind the limit would be read as another one.
    let is_joint = |c: char| " .-()/".contains(c);
    let goes_on =
        first.is_some_and(|c| c.is_ascii_digit() || is_joint(c) && second.is_some_and(|c| c.is_ascii_digit()));
    while goes_on && kept.last().is_some_and(|c| c.is_ascii_digit() || is_joint(*c)) {
        kept.pop();
    }
    (kept, first.is_some())
}

/// A text in plain form, of any length: lower case, ASCII digits, nothing that nobody sees.
pub fn plain_text(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).map(plain_char).collect()
}

/// Marks for the direction of writing, around which phones copy numbers; joiners; variation selectors and the frame of a
/// keycap emoji.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{20e3}' | '\u{feff}')
        || c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// The digits of a text in their order, and whether others may be read from it. Cheap: what holds none of the digits that
/// are looked for need not be read.
pub(crate) fn digits_in(text: &str) -> (String, bool) {
    let (mut digits, mut letters, mut has_alternative) = (String::with_capacity(24), 0, false);
    // How many runs of digits stand behind a mark such as the one in `555-0132/0133`, and how long the first one is.
    let mut runs: Option<(usize, usize)> = None;
    let is_alternative = |runs: Option<(usize, usize)>| matches!(runs, Some((1, 3 | 4)));
    let mut last = ['\0'; 2];
    for c in text.chars().filter(|c| !is_invisible(*c)).take(MAX_CHARS).map(plain_char) {
        let is_mark = is_mark(c) || c == ' ' && (last[1] == ' ' || last == [' ', '-']);
        if c.is_ascii_digit() {
            digits.push(c);
            let is_new = !last[1].is_ascii_digit();
            runs = runs
                .map(|(count, len)| (count + usize::from(is_new), len + usize::from(count + usize::from(is_new) == 1)));
        } else if is_mark || c.is_alphabetic() || ENDS.contains(c) {
            has_alternative |= is_alternative(runs);
            letters += usize::from(c.is_ascii_alphabetic());
            runs = is_mark.then_some((0, 0));
        }
        // What stands before it may be the number of an item, which is left out.
        has_alternative |= c == ')' && matches!(runs, Some((2, 3 | 4)));
        last = [last[1], c];
    }
    let is_vanity = 0 < letters && may_be_vanity(&digits);
    (digits, is_vanity || has_alternative || is_alternative(runs))
}

/// Marks between two numbers, which are within none.
pub(super) const ENDS: &str = "\n;,|&#@*=<>+";

/// Whether a mark between digits may separate two numbers.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '/' | '\\' | '·' | '•')
}

fn plain_char(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => '\n',
        _ if c.is_ascii() => c.to_ascii_lowercase(),
        // Full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).map_or(c, |ascii| ascii.to_ascii_lowercase()),
        '‐'..='―' | '−' | '﹘' | '﹣' | 'ー' => '-',
        '⁄' | '∕' => '/',
        '․' | '。' => '.',
        '、' | '،' => ',',
        _ if c.is_whitespace() => ' ',
        _ if c.is_numeric() => {
            let digits = PHONE_NUMBER_UTIL.normalize_digits_only(c.encode_utf8(&mut [0; 4]));
            digits.chars().next().unwrap_or(c)
        }
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (plain, is_cut) = plain(text);
        assert_eq!((plain.iter().collect::<String>().as_str(), is_cut), (expected, false));
    }

    #[test]
    fn digits_of_any_script_become_ascii() {
        for text in [
            "٠٦١٢",
            "۰۶۱۲",
            "०६१२",
            "๐๖๑๒",
            "０６１２",
            "0\u{fe0f}\u{20e3}6\u{fe0f}\u{20e3}1\u{fe0f}\u{20e3}2\u{fe0f}\u{20e3}",
        ] {
            check(text, "0612");
        }
    }

    #[test]
    fn separators_become_plain_and_invisible_marks_vanish() {
        check("\u{202a}＋３３\u{a0}6–12\u{202c}", "+33 6-12");
        check("Ext\u{200b}.\t5", "ext.\n5");
    }

    #[test]
    fn a_number_that_goes_on_behind_the_limit_is_left_out() {
        let (text, is_cut) = plain(&format!("{} 06 12 34 56 78", "x".repeat(70)));
        assert_eq!((text.len(), is_cut), (70, true));
    }
}

//! Letters in place of digits: `1-800-FLOWERS`.

/// Toll-free prefixes behind which numbers are given as words, as digits are dialled, with how many digits follow.
/// Source: the number types of libphonenumber's metadata.
const TOLL_FREE: &[(&str, usize)] = &[
    // +1; "1" may stand before them.
    ("800", 7),
    ("833", 7),
    ("844", 7),
    ("855", 7),
    ("866", 7),
    ("877", 7),
    ("888", 7),
    // Australia.
    ("1300", 6),
    ("1800", 6),
    // United Kingdom, Ireland, New Zealand, Germany, Austria, Switzerland, Belgium, the Netherlands, South Africa.
    ("0800", 6),
    ("0808", 6),
    ("0508", 6),
];

/// The key that a letter is on.
pub(super) fn key(letter: char) -> Option<char> {
    let key = match letter.to_ascii_lowercase() {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        _ => return None,
    };
    Some(key)
}

/// The letters of a key.
fn letters(digit: char) -> impl Iterator<Item = char> {
    ('a'..='z').filter(move |letter| key(*letter) == Some(digit))
}

/// What texts hold in this order that spell a national number out, if it is a toll-free one: its prefix, and the digit or a
/// letter in place of the first and of the last digit that letters may stand for.
pub(super) fn spelt_out(significant: &str) -> Vec<String> {
    let spelt = TOLL_FREE.iter().find_map(|(prefix, count)| {
        let prefix = prefix.trim_start_matches('0');
        let word: Vec<char> = significant.strip_prefix(prefix)?.chars().collect();
        Some((prefix, *word.first()?, *word.get(count - 1)?))
    });
    let Some((prefix, first, last)) = spelt else { return Vec::new() };
    let firsts = || letters(first).chain([first]);
    let both = firsts().flat_map(|first| letters(last).chain([last]).map(move |last| (first, last)));
    let is_spelt = |(first, last): &(char, char)| first.is_alphabetic() || last.is_alphabetic();
    both.filter(is_spelt).map(|(first, last)| format!("{prefix}{first}{last}")).collect()
}

/// Whether letters beside these digits may be digits.
pub(super) fn may_be_vanity(digits: &str) -> bool {
    TOLL_FREE.iter().any(|(prefix, _)| digits.contains(prefix))
}

/// Replaces the letters behind a toll-free prefix by digits, if together they make a whole number. Letters anywhere else
/// are words.
pub(super) fn spell_out(text: &mut Vec<char>, not_vanity: &[&str]) {
    let Some(start) = text.iter().position(char::is_ascii_digit) else { return };
    let Some(word_at) = text[start..].iter().position(char::is_ascii_alphabetic).map(|at| start + at) else { return };
    let word: String = text[word_at..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    let is_joint = |c: &char| c.is_ascii_digit() || " -.()+".contains(*c);
    if not_vanity.contains(&word.as_str()) || !text[start..word_at].iter().all(is_joint) {
        return;
    }
    let digits: String = text[start..word_at].iter().filter(|c| c.is_ascii_digit()).collect();
    let needed = TOLL_FREE.iter().filter_map(|(prefix, rest)| {
        let national = if *rest == 7 { digits.strip_prefix('1').unwrap_or(&digits) } else { &digits };
        let after = national.strip_prefix(prefix)?;
        rest.checked_sub(after.len()).filter(|needed| 0 < *needed)
    });
    // `1800` is +1 800 or Australia's 1800: the longer one, if there are letters enough.
    let mut needed: Vec<usize> = needed.collect();
    needed.sort_unstable_by(|a, b| b.cmp(a));
    let is_part = |c: &&char| c.is_ascii_alphanumeric() || " -.".contains(**c);
    let tail: Vec<char> = text[word_at..].iter().take_while(is_part).copied().collect();
    let keys: String = tail.iter().filter_map(|c| if c.is_ascii_digit() { Some(*c) } else { key(*c) }).collect();
    if let Some(needed) = needed.into_iter().find(|needed| *needed <= keys.len()) {
        let mut spelt: Vec<char> = text[start..word_at].to_vec();
        spelt.extend(keys.chars().take(needed));
        spelt.push('\n');
        spelt.extend(text[word_at + tail.len()..].iter());
        text.splice(start.., spelt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut spelt: Vec<char> = text.to_lowercase().chars().collect();
        spell_out(&mut spelt, &["ext", "x"]);
        assert_eq!(spelt.iter().collect::<String>().trim_end(), expected);
    }

    #[test]
    fn words_behind_a_toll_free_prefix_are_digits() {
        check("1-800-FLOWERS", "1-800-3569377");
        check("+1 (888) GO-ACME 7", "+1 (888) 4622637");
        check("1-800-CONTACTS", "1-800-2668228");
        check("1-800-555-CALL", "1-800-555-2255");
        check("1300 FLIGHT", "1300 354448");
    }

    #[test]
    fn a_toll_free_number_is_searched_by_two_of_its_letters() {
        let spelt = spelt_out("8003569377");
        assert!(spelt.contains(&"800fs".to_owned()) && spelt.contains(&"8003s".to_owned()), "{spelt:?}");
        assert!(!spelt.contains(&"80037".to_owned()) && spelt.len() == 4 * 5 - 1, "{spelt:?}");
        assert!(spelt_out("4155550132").is_empty());
    }

    #[test]
    fn other_words_stay_words() {
        for text in ["+33 6 12 34 call", "800 555 0132 ext 5", "1-800 smith", "jane roe", "212 flowers"] {
            check(text, text);
        }
    }
}

//! Letters in place of digits: `1-800-FLOWERS`.

use super::extension::is_extension_word;

/// A toll-free prefix behind which numbers are given as words.
struct TollFree {
    /// The calling code.
    code: &'static str,
    /// What is dialled before the prefix within the country, besides the prefix itself.
    trunk: &'static str,
    prefix: &'static str,
    /// How many digits follow.
    lens: &'static [usize],
}

const fn toll_free(code: &'static str, trunk: &'static str, prefix: &'static str, lens: &'static [usize]) -> TollFree {
    TollFree { code, trunk, prefix, lens }
}

/// Source: the number types of libphonenumber's metadata.
const TOLL_FREE: &[TollFree] = &[
    toll_free("1", "1", "800", &[7]),
    toll_free("1", "1", "833", &[7]),
    toll_free("1", "1", "844", &[7]),
    toll_free("1", "1", "855", &[7]),
    toll_free("1", "1", "866", &[7]),
    toll_free("1", "1", "877", &[7]),
    toll_free("1", "1", "888", &[7]),
    // Australia, Ireland.
    toll_free("61", "", "1300", &[6]),
    toll_free("61", "", "1800", &[6]),
    toll_free("353", "", "1800", &[6]),
    // United Kingdom, New Zealand, Germany, Austria, Switzerland, Belgium, the Netherlands, South Africa.
    toll_free("44", "0", "800", &[6, 7]),
    toll_free("44", "0", "808", &[7]),
    toll_free("64", "0", "800", &[6, 7]),
    toll_free("64", "0", "508", &[6]),
    toll_free("49", "0", "800", &[7]),
    toll_free("43", "0", "800", &[6, 7]),
    toll_free("41", "0", "800", &[6]),
    toll_free("32", "0", "800", &[5]),
    toll_free("31", "0", "800", &[4, 7]),
    toll_free("27", "0", "800", &[6]),
];

impl TollFree {
    /// What follows the prefix in these digits.
    fn after<'a>(&self, digits: &'a str) -> Option<&'a str> {
        let international = digits.strip_prefix(self.code).and_then(|rest| rest.strip_prefix(self.prefix));
        let dialled = || digits.strip_prefix(self.trunk)?.strip_prefix(self.prefix);
        let without_trunk = || digits.strip_prefix(self.prefix).filter(|_| self.code == self.trunk);
        international.or_else(dialled).or_else(without_trunk)
    }
}

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
pub(super) fn spelt_out(code: &str, significant: &str) -> Vec<String> {
    let spelt = TOLL_FREE.iter().filter(|toll_free| toll_free.code == code).find_map(|TollFree { prefix, .. }| {
        let word = significant.strip_prefix(prefix)?;
        Some((prefix, word.chars().next()?, word.chars().next_back()?))
    });
    let Some((prefix, first, last)) = spelt else { return Vec::new() };
    let firsts = || letters(first).chain([first]);
    let both = firsts().flat_map(|first| letters(last).chain([last]).map(move |last| (first, last)));
    let is_spelt = |(first, last): &(char, char)| first.is_alphabetic() || last.is_alphabetic();
    both.filter(is_spelt).map(|(first, last)| format!("{prefix}{first}{last}")).collect()
}

/// Whether letters beside these digits may be digits.
pub(super) fn may_be_vanity(digits: &str) -> bool {
    TOLL_FREE.iter().any(|toll_free| digits.contains(toll_free.prefix))
}

/// Replaces the letters behind a toll-free prefix by digits, if together they make a whole number. Letters anywhere else
/// are words.
pub(super) fn spell_out(text: &mut Vec<char>) {
    let Some(start) = text.iter().position(char::is_ascii_digit) else { return };
    let Some(word_at) = text[start..].iter().position(char::is_ascii_alphabetic).map(|at| start + at) else { return };
    let word: String = text[word_at..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    let is_joint = |c: &char| c.is_ascii_digit() || " -.()+".contains(*c);
    if is_extension_word(&word) || !text[start..word_at].iter().all(is_joint) {
        return;
    }
    let digits: String = text[start..word_at].iter().filter(|c| c.is_ascii_digit()).collect();
    let is_part = |c: &&char| c.is_ascii_alphanumeric() || " -.".contains(**c);
    let tail: Vec<char> = text[word_at..].iter().take_while(is_part).copied().collect();
    let keys: String = tail.iter().filter_map(|c| if c.is_ascii_digit() { Some(*c) } else { key(*c) }).collect();
    // `1800` is +1 800 or Australia's, and some countries have numbers of several lengths: the word's own length, else the
    // longest for which there are letters enough.
    let lens = TOLL_FREE.iter().filter_map(|toll_free| Some((toll_free.after(&digits)?.len(), toll_free.lens)));
    let needed = lens.flat_map(|(len, lens)| lens.iter().filter_map(move |whole| whole.checked_sub(len)));
    let needed = needed.filter(|needed| 0 < *needed && *needed <= keys.len());
    let needed = needed.max_by_key(|needed| (*needed == word.len(), *needed));
    if let Some(needed) = needed {
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
        spell_out(&mut spelt);
        assert_eq!(spelt.iter().collect::<String>().trim_end(), expected);
    }

    #[test]
    fn words_behind_a_toll_free_prefix_are_digits() {
        check("1-800-FLOWERS", "1-800-3569377");
        check("+1 (888) GO-ACME 7", "+1 (888) 4622637");
        check("1-800-CONTACTS", "1-800-2668228");
        check("1-800-555-CALL", "1-800-555-2255");
        check("1300 FLIGHT", "1300 354448");
        check("+61 1300 FLIGHT", "+61 1300 354448");
        check("0800 FLOWERS", "0800 3569377");
        check("0800 REPAIR now", "0800 737247");
    }

    #[test]
    fn a_toll_free_number_is_searched_by_two_of_its_letters() {
        let spelt = spelt_out("1", "8003569377");
        assert!(spelt.contains(&"800fs".to_owned()) && spelt.contains(&"8003s".to_owned()), "{spelt:?}");
        assert!(!spelt.contains(&"80037".to_owned()) && spelt.len() == 4 * 5 - 1, "{spelt:?}");
        assert!(spelt_out("1", "4155550132").is_empty());
    }

    #[test]
    fn other_words_stay_words() {
        for text in ["+33 6 12 34 call", "800 555 0132 ext 5", "1-800 smith", "jane roe", "212 flowers"] {
            check(text, text);
        }
    }
}

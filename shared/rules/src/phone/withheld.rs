//! What stands in place of a number that nobody may know.

use super::digits_of;
use super::vanity::key;

/// What stands for a number that was withheld. Aircall documents `anonymous`; carriers send the others, some of them spelt
/// on the keypad of a phone, as if they were numbers: `+266696687` is ANONYMOUS.
const WITHHELD: [&str; 7] = ["anonymous", "restricted", "unavailable", "unknown", "private", "blocked", "withheld"];
/// Words that stand around them, as in "Private number" and "Unknown caller".
const AROUND_WITHHELD: [&str; 6] = ["number", "caller", "call", "id", "name", "no"];

/// Whether the text says that the number was withheld, in words or spelt on a keypad, with or without a leading 1.
pub fn is_withheld(text: &str) -> bool {
    let lower = text.to_lowercase();
    // RFC 3323: `sip:anonymous@anonymous.invalid`.
    let lower = lower.trim_start_matches("sips:").trim_start_matches("sip:");
    let lower = lower.split_once('@').map_or(lower, |(user, _)| user);
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let says_so = words.iter().any(|word| WITHHELD.contains(word)) || words == ["no", "caller", "id"];
    let is_worded = says_so && words.iter().all(|word| WITHHELD.contains(word) || AROUND_WITHHELD.contains(word));
    let digits = digits_of(text);
    let is_spelt = |word: &str| {
        let keys: String = word.chars().filter_map(key).collect();
        digits == keys || digits.strip_prefix('1') == Some(&keys)
    };
    is_worded || !text.chars().any(char::is_alphabetic) && WITHHELD.into_iter().any(is_spelt)
}

/// Whether the digits are one repeated digit: exchanges that have no number to send fill the field so.
pub fn is_repeated(digits: &str) -> bool {
    digits.bytes().all(|digit| Some(&digit) == digits.as_bytes().first())
}

/// The same, perhaps behind a 1.
pub fn is_filler(digits: &str) -> bool {
    is_repeated(digits) || digits.strip_prefix('1').is_some_and(is_repeated)
}

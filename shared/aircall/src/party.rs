//! The other party, as Aircall gives it: `raw_digits` of a call, the number of a message, a participant of a group.
//!
//! It is an international number with separators, mostly with a plus; or a word or code for a number that was withheld.

use rules::phone::{digits_of, is_extension_word, is_filler, is_invisible, is_withheld, plain_text};
use rules::{E164, Party};

/// Text that is not a phone number is truncated to this for display.
const MAX_UNUSABLE: usize = 40;
/// Digits that are an international number without a plus: fewer may be a number within a country.
const WITHOUT_PLUS: std::ops::RangeInclusive<usize> = 10..=15;

/// Reads the other party. Nothing at all means that the number was withheld.
pub fn party(text: Option<&str>) -> Party {
    let text: String = text.unwrap_or_default().chars().filter(|c| !is_invisible(*c) && !c.is_control()).collect();
    let (text, plain) = (text.trim(), plain_text(text.trim()));
    if plain.is_empty() || is_withheld(&plain) {
        return Party::Anonymous;
    }
    match phone(&plain) {
        Some(phone) => Party::Phone(phone),
        None => Party::Unusable(text.chars().take(MAX_UNUSABLE).collect()),
    }
}

/// The international number in front of an extension or of pauses.
fn phone(text: &str) -> Option<E164> {
    let text = text.strip_prefix("tel:").unwrap_or(text);
    if text.contains('@') {
        return None;
    }
    let main = text.split([',', ';', '#']).next().unwrap_or_default();
    let main = match main.split_once(char::is_alphabetic) {
        Some((number, _)) => {
            let word: String = main[number.len()..].chars().take_while(|c| c.is_alphabetic()).collect();
            is_extension_word(&word).then_some(number)?
        }
        None => main,
    };
    let digits = digits_of(main);
    let international = match (main.starts_with('+'), digits.strip_prefix("00")) {
        (false, Some(rest)) => rest.to_owned(),
        (false, None) if !WITHOUT_PLUS.contains(&digits.len()) => return None,
        _ => digits,
    };
    if is_filler(&international) {
        return None;
    }
    E164::parse(&format!("+{international}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(party(Some(text)), Party::Phone(E164::parse(expected).unwrap()), "{text:?}");
    }

    #[track_caller]
    fn check_unusable(text: &str) {
        assert!(matches!(party(Some(text)), Party::Unusable(_)), "{text:?}: {:?}", party(Some(text)));
    }

    #[test]
    fn a_number_is_read_in_each_form_that_aircall_gives() {
        for text in [
            "+33 6 12 34 56 78",
            "33612345678",
            "0033 6 12 34 56 78",
            "\u{202a}+33612345678\u{202c}",
            "+33612345678,,,204",
            "+33612345678;ext=7",
            "+33 6 12 34 56 78 ext. 7",
            "+33612345678 x204",
            "+33612345678#9",
            "+33612345678p1w2",
            "tel:+33612345678",
            "TEL:+33612345678",
            "+٣٣٦١٢٣٤٥٦٧٨",
            "+33 6 12 34 56 78 Durchwahl 12",
            "+33612345678 доб. 12",
        ] {
            check(text, "+33612345678");
        }
        check("12025550147", "+12025550147");
        check("+2901234", "+2901234");
    }

    #[test]
    fn a_withheld_number_is_anonymous_in_each_spelling() {
        assert_eq!(party(None), Party::Anonymous);
        for text in [
            "",
            " ",
            "anonymous",
            "Anonymous",
            "Restricted",
            "Private number",
            "UNKNOWN CALLER",
            "Caller ID unavailable",
            "number withheld",
            "No Caller ID",
            "sip:anonymous@anonymous.invalid",
            "+266696687",
            "+1266696687",
            "+7378742833",
            "+17378742833",
            "+86282452253",
            "+8656696",
            "+7748283",
            "+2562533",
            "+94844353",
        ] {
            assert_eq!(party(Some(text)), Party::Anonymous, "{text:?}");
        }
    }

    #[test]
    fn neighbours_of_a_withheld_spelling_are_numbers() {
        for text in ["+266696688", "+17378742834", "+8656697"] {
            check(text, text);
        }
    }

    #[test]
    fn what_is_nobodys_number_is_unusable() {
        for text in [
            "32665",
            "+32665",
            "ACME Bank",
            "Unknown Heroes",
            "agent@example.com",
            "sip:+33612345678@example.com",
            "0612345678",
            "612345678",
            "+9999999999",
            "0000000000",
            "+15555555555",
            "+1234567890123456",
        ] {
            check_unusable(text);
        }
    }

    #[test]
    fn an_unusable_text_is_truncated() {
        assert_eq!(party(Some(&"ä".repeat(100))), Party::Unusable("ä".repeat(40)));
    }
}

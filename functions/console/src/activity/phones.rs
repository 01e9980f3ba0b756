//! Phone numbers, as people type them into a search field and as the pages show them.

use rules::phone::digits_of;
use rules::{E164, Interaction, Party};

/// Most digits of a national dialling prefix: 0, 1, 8, 06.
const MAX_PREFIX: usize = 2;

/// The phone numbers that the text may mean, the likeliest first: in international form, as dialled within the countries
/// of the lines, and as international digits without their plus sign.
pub(crate) fn candidates<'a>(text: &str, lines: impl Iterator<Item = &'a str>) -> Vec<E164> {
    let text = text.trim();
    if text.starts_with('+') {
        return E164::parse(text).into_iter().collect();
    }
    let digits = digits_of(text);
    let mut found = Vec::new();
    let mut add = |number: Option<E164>| found.extend(number.filter(|number| !found.contains(number)));
    add(digits.strip_prefix("00").and_then(|digits| E164::parse(&format!("+{digits}")).ok()));
    for prefix in country_codes(lines) {
        for skipped in 0..=MAX_PREFIX {
            let Some(rest) = digits.get(skipped..) else { continue };
            add(E164::parse(&format!("+{prefix}{rest}")).ok().filter(|number| number.is_written(&digits)));
        }
    }
    add(E164::parse(&format!("+{digits}")).ok());
    found
}

/// The country codes of the lines, without duplicates.
fn country_codes<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for code in lines.filter_map(|digits| country_code(&E164::parse(digits).ok()?)) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// The country code of a number: the digits that are left out, or replaced by a prefix, within its country.
fn country_code(number: &E164) -> Option<String> {
    let forms = number.digit_forms();
    let is_left_out = |length: &usize| {
        let rest = &number.digits()[*length..];
        forms
            .iter()
            .any(|form| form.len() < rest.len() + MAX_PREFIX + 1 && form != number.digits() && form.ends_with(rest))
    };
    (1..=3).find(is_left_out).map(|length| number.digits()[..length].to_owned())
}

/// The other party's phone number in international format, or why there is none.
pub(crate) fn shown(interaction: &Interaction) -> String {
    match interaction.party() {
        Party::Phone(phone) => phone.international(),
        Party::Unusable(text) => text.clone(),
        Party::Anonymous => "Number withheld".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, line: &str, expected: &str) {
        let found = candidates(text, std::iter::once(line));
        assert_eq!(found.first().map(E164::as_str), Some(expected), "{found:?}");
    }

    #[test]
    fn international_forms_are_recognized() {
        for text in ["+43 664 123 4567", "+43-664/1234567", "0043 664 1234567", "436641234567"] {
            check(text, "+43 1 234 5678", "+436641234567");
        }
    }

    #[test]
    fn national_forms_are_read_in_the_country_of_a_line() {
        check("0664 1234567", "+43 1 234 5678", "+436641234567");
        check("(415) 555-0132", "+1 415-555-0100", "+14155550132");
        check("1-415-555-0132", "+1 415-555-0100", "+14155550132");
        check("06 1234 5678", "+39 02 1234 5678", "+390612345678");
        check("06 12 34 56 78", "+33 1 23 45 67 89", "+33612345678");
        check("06 20 123 4567", "+36 1 234 5678", "+36201234567");
        check("8 (912) 345-67-89", "+7 495 123-45-67", "+79123456789");
    }

    #[test]
    fn the_country_code_of_a_line_is_found() {
        for (line, code) in [
            ("+43 1 234 5678", "43"),
            ("+1 415-555-0100", "1"),
            ("+33 1 23 45 67 89", "33"),
            ("+353 1 234 5678", "353"),
        ] {
            assert_eq!(country_code(&E164::parse(line).unwrap()).as_deref(), Some(code));
        }
        assert_eq!(country_code(&E164::parse("+999123456789").unwrap()), None);
    }

    #[test]
    fn lines_of_several_countries_give_several_candidates() {
        let found = candidates("06 12 34 56 78", ["+33 1 23 45 67 89", "+31 20 123 4567"].into_iter());
        let found: Vec<&str> = found.iter().map(E164::as_str).collect();
        assert_eq!(found, ["+33612345678", "+31612345678"]);
    }

    #[test]
    fn invalid_numbers_have_no_candidates() {
        for text in ["", "+", "12", "+12 34", "00"] {
            assert_eq!(candidates(text, std::iter::once("+43 1 234 5678")), [], "{text}");
        }
    }
}

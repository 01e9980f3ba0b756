//! Phone numbers as people type them into a search field.

use rules::E164;
use rules::phone::digits_of;

/// The numbers that `text` may mean, the likeliest first: as it is written abroad, as it is dialled in the countries of
/// these lines, and as digits that lack their plus.
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
        // What is dialled before a number within its country is up to two digits long: 0, 1, 8, 06.
        for skipped in 0..=2 {
            let Some(rest) = digits.get(skipped..) else { continue };
            add(E164::parse(&format!("+{prefix}{rest}")).ok().filter(|number| number.is_written(&digits)));
        }
    }
    add(E164::parse(&format!("+{digits}")).ok());
    found
}

/// What the lines' numbers begin with, as far as it may be a country code; one that is none fits no number.
fn country_codes<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for line in lines.filter_map(|digits| E164::parse(digits).ok()) {
        for code in (1..=3).filter_map(|length| line.digits().get(..length)) {
            if codes.iter().all(|known| known != code) {
                codes.push(code.to_owned());
            }
        }
    }
    codes
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
    fn abroad() {
        for text in ["+43 664 123 4567", "+43-664/1234567", "0043 664 1234567", "436641234567"] {
            check(text, "+43 1 234 5678", "+436641234567");
        }
    }

    #[test]
    fn within_the_country_of_a_line() {
        check("0664 1234567", "+43 1 234 5678", "+436641234567");
        check("(415) 555-0132", "+1 415-555-0100", "+14155550132");
        check("1-415-555-0132", "+1 415-555-0100", "+14155550132");
        check("06 1234 5678", "+39 02 1234 5678", "+390612345678");
        check("06 12 34 56 78", "+33 1 23 45 67 89", "+33612345678");
    }

    #[test]
    fn lines_of_several_countries_leave_several_to_choose_from() {
        let found = candidates("06 12 34 56 78", ["+33 1 23 45 67 89", "+31 20 123 4567"].into_iter());
        let found: Vec<&str> = found.iter().map(E164::as_str).collect();
        assert_eq!(found, ["+33612345678", "+31612345678"]);
    }

    #[test]
    fn what_is_no_number() {
        for text in ["", "+", "12", "+12 34", "00"] {
            assert_eq!(candidates(text, std::iter::once("+43 1 234 5678")), [], "{text}");
        }
    }
}

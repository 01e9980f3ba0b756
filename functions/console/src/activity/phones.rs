//! Phone numbers, as people type them into a search field and as the pages show them.

use rules::phone::{Country, Meaning, Places, read};
use rules::{E164, Interaction, Party};

/// The phone numbers that the text may mean, the likeliest first: in international form, as dialled within the countries
/// of the lines, and as international digits without their plus sign.
pub(crate) fn candidates<'a>(text: &str, lines: impl Iterator<Item = &'a str>) -> Vec<E164> {
    meanings(text, lines).into_iter().map(|meaning| meaning.number).collect()
}

/// The same, with whether each is valid.
pub(crate) fn meanings<'a>(text: &str, lines: impl Iterator<Item = &'a str>) -> Vec<Meaning> {
    let countries = countries(lines);
    let places = Places { lines: &countries, ..Places::default() };
    read(text, &countries).meanings(&places)
}

/// The countries of lines, without duplicates.
pub(crate) fn countries<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Country> {
    let mut countries: Vec<Country> = Vec::new();
    for country in lines.filter_map(|digits| Country::of(&E164::parse(digits).ok()?)) {
        if !countries.contains(&country) {
            countries.push(country);
        }
    }
    countries
}

/// The other party's phone number in international format, or why there is none.
pub(crate) fn shown(interaction: &Interaction) -> String {
    match interaction.party() {
        Party::Phone(phone) => phone.international(),
        Party::Unusable(text) => text.clone(),
        Party::Anonymous if matches!(interaction, Interaction::Unreadable(_)) => String::new(),
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

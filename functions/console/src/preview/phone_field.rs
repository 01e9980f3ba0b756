//! What the text of a phone field means: its numbers, and how sure each is.

pub(super) mod api;

use rules::phone::{Country, Places, digits_of, is_filler, is_withheld, read};
use rules::{E164, LineId};
use serde::Serialize;
use store::TenantId;
use utoipa::ToSchema;

use crate::activity::{self, phones};
use crate::connections::lines;
use crate::console::Console;

/// The longest text, in characters.
pub(crate) const MAX_LEN: usize = 1_000;
/// What is wrong with a longer one.
pub(crate) const TOO_LONG: &str = "It must have at most 1,000 characters.";

/// The numbers of a phone field, and what in it is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PhoneField {
    /// Each number once: those that are sure, then guesses, each in the order of writing.
    pub(crate) numbers: Vec<PhoneFieldNumber>,
    /// What belongs to no number, and why, as sentences.
    #[schema(example = json!(["12 is an extension."]))]
    pub(crate) ignored: Vec<String>,
}

/// A phone number that a field means, or can mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PhoneFieldNumber {
    /// The number in international form.
    #[schema(value_type = String, pattern = "^\\+[1-9][0-9]{6,14}$", example = "+33639980001")]
    pub(crate) e164: E164,
    /// Whether its country is known; else it is a guess.
    pub(crate) sure: bool,
    /// Why it is taken for this number, as a sentence.
    #[schema(example = "It is written with its country code.")]
    pub(crate) because: String,
}

/// The countries whose numbers are written without a country code.
#[derive(Clone, Debug, Default)]
struct Hints {
    /// The line's country.
    line: Option<Country>,
    /// The org's country.
    org: Option<Country>,
    /// Those of the tenant's lines: numbers of these are guesses.
    guesses: Vec<Country>,
}

/// Reads a phone field for a call on this line. A line that is not known has no country.
pub(crate) async fn for_line(
    console: &Console,
    tenant: &TenantId,
    text: &str,
    line: Option<LineId>,
) -> Result<PhoneField, store::Error> {
    // Boxed because the future of the Aircall request is large.
    let lines = Box::pin(lines::lines(console, tenant));
    let (lines, tenant) = tokio::join!(lines, activity::tenant(console, tenant));
    let (lines, tenant) = (lines?, tenant?);
    let line = line.and_then(|id| lines.get(&id)?.digits.as_deref());
    let hints = Hints {
        line: phones::countries(line.into_iter()).pop(),
        org: tenant.facts.country.and_then(|known| known.value),
        guesses: phones::countries(lines.values().filter_map(|line| line.digits.as_deref())),
    };
    Ok(read_field(text, &hints))
}

fn read_field(text: &str, hints: &Hints) -> PhoneField {
    if is_withheld(text) {
        return PhoneField { numbers: Vec::new(), ignored: vec![withheld(text.trim())] };
    }
    let countries: Vec<Country> =
        hints.line.into_iter().chain(hints.org).chain(hints.guesses.iter().copied()).collect();
    let places = Places { address: None, lines: hints.line.as_slice(), org: hints.org };
    let reading = read(text, &countries);
    let mut field = PhoneField { numbers: Vec::new(), ignored: reading.ignored };
    for number in reading.numbers {
        let written = number.written();
        let meanings = number.meanings(&places);
        let is_repeated = |number: &str| is_filler(&digits_of(number));
        let refusal = if meanings.is_empty() {
            // The reading says so.
            None
        } else if is_withheld(written) {
            Some(withheld(written))
        } else if is_repeated(written) || meanings.iter().any(|meaning| is_repeated(meaning.number.as_str())) {
            Some(format!("{written} is one repeated digit, which stands for no number."))
        } else if meanings.iter().any(|meaning| meaning.is_valid) {
            for meaning in meanings.into_iter().filter(|meaning| meaning.is_valid) {
                let (sure, because) = (meaning.recognition.is_sure(), meaning.recognition.because());
                field.add(PhoneFieldNumber { e164: meaning.number, sure, because });
            }
            None
        } else {
            number.refusal()
        };
        field.ignored.extend(refusal);
    }
    // The sort is stable: the order of writing stays.
    field.numbers.sort_by_key(|number| !number.sure);
    field
}

fn withheld(text: &str) -> String {
    format!("{text} stands for a number that is withheld.")
}

impl PhoneField {
    /// Adds a number, or makes one that was a guess sure.
    fn add(&mut self, number: PhoneFieldNumber) {
        match self.numbers.iter_mut().find(|known| known.e164 == number.e164) {
            Some(known) if number.sure && !known.sure => *known = number,
            Some(_) => {}
            None => self.numbers.push(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "It is written with its country code.";

    fn country(code: &str) -> Country {
        Country::of_address(code).unwrap()
    }

    /// A line of France, an org of the US, and another line of Austria.
    fn hints() -> Hints {
        let guesses = vec![country("FR"), country("AT")];
        Hints { line: Some(country("FR")), org: Some(country("US")), guesses }
    }

    #[track_caller]
    fn check(text: &str, numbers: &[(&str, bool, &str)], ignored: &[&str]) {
        let field = read_field(text, &hints());
        let found: Vec<_> =
            field.numbers.iter().map(|number| (number.e164.as_str(), number.sure, &*number.because)).collect();
        assert_eq!(found, numbers, "{text}");
        assert_eq!(field.ignored, ignored, "{text}");
    }

    #[test]
    fn numbers_of_the_line_and_of_the_org_are_sure() {
        let line = "It is written without a country code, and is a number of the line's country, +33.";
        check("06 12 34 56 78", &[("+33612345678", true, line)], &[]);
        let org = "It is written without a country code, and is a number of the Salesforce org's country, +1.";
        check("(415) 555-0132 x12", &[("+14155550132", true, org)], &["12 is an extension."]);
    }

    #[test]
    fn a_number_of_another_lines_country_is_a_guess() {
        let guess = "It is written without a country code: that it is a number of +43 is a guess.";
        check("0664 1234567", &[("+436641234567", false, guess)], &[]);
    }

    #[test]
    fn sure_numbers_come_first_and_each_number_once() {
        let guess = "It is written without a country code: that it is a number of +43 is a guess.";
        let [vienna, london] = [("+436641234567", false, guess), ("+442079460958", true, CODE)];
        check("0664 1234567 / +44 20 7946 0958 / +44 (0)20 7946 0958", &[london, vienna], &[]);
        check("0664 1234567; +43 664 1234567", &[("+436641234567", true, CODE)], &[]);
    }

    #[test]
    fn what_is_no_number_is_ignored_and_said_once() {
        check("n/a", &[], &[]);
        check("12", &[], &["12 is too short for a phone number."]);
        check("+33 12 34 56", &[], &["+33123456 is not a phone number of any country in question."]);
        check("+999 12345678", &[], &["+99912345678 is not a phone number of any country in question."]);
        check("00123", &[], &["00123 is not a phone number of any country in question."]);
    }

    #[test]
    fn withheld_numbers_and_repeated_digits_are_ignored() {
        check("Private number", &[], &["Private number stands for a number that is withheld."]);
        check("+266696687", &[], &["+266696687 stands for a number that is withheld."]);
        check("555 555 5555", &[], &["5555555555 is one repeated digit, which stands for no number."]);
        let line = "It is written without a country code, and is a number of the line's country, +33.";
        check(
            "06 12 34 56 78 / 555 555 5555",
            &[("+33612345678", true, line)],
            &["5555555555 is one repeated digit, which stands for no number."],
        );
    }

    #[test]
    fn without_a_hint_only_a_country_code_is_read() {
        let field = read_field("06 12 34 56 78, +33 6 39 98 00 01", &Hints::default());
        let numbers: Vec<&str> = field.numbers.iter().map(|number| number.e164.as_str()).collect();
        assert_eq!((numbers, field.ignored.len()), (vec!["+33639980001"], 1));
    }
}

// What holds for every text in a phone field. The fuzz target and the tests of `rules` both check it.

use rules::matching::{Callers, Candidate, Matches, Record};
use rules::phone::{Country, Meaning, Places, Script, read};
use rules::{E164, Trace};

/// Calling codes with different rules: trunk prefixes of one and of two digits, none, and other spellings.
const CODES: [&str; 8] = ["+33", "+1", "+54", "+39", "+36", "+55", "+7", "+81"];

/// Checks the properties.
///
/// # Panics
/// If one does not hold.
pub(crate) fn check(text: &str) {
    let countries = CODES.map(|code| Country::of(&E164::parse(&format!("{code}123456789")).unwrap()).unwrap());
    let meanings = meanings(text, &countries);
    for meaning in &meanings {
        let number = &meaning.number;
        assert_eq!(E164::parse(number.as_str()).as_ref(), Ok(number));
        assert_eq!(number.canonical(), number.canonical().canonical(), "{number} of {text:?}");
        if meaning.is_valid {
            assert!(number.is_written(number.as_str()), "{number} of {text:?}");
            assert!(number.is_written(&number.international()), "{number} of {text:?}");
            // Where a number ends may depend on the countries in question.
            if Country::of(number).is_some_and(|country| countries.contains(&country)) {
                assert!(is_matched(number, text, countries[0]), "{number} of {text:?}");
            }
        }
    }
    // Marks that nobody sees, and the script, change nothing.
    if text.chars().count() < 30 {
        let marked: String = text.chars().flat_map(|c| ['\u{200b}', c]).collect();
        assert_eq!(self::meanings(&marked, &countries), meanings, "{text:?} with marks");
        let is_digit = |c: &char| c.is_ascii_digit();
        let written = |c: char| if is_digit(&c) { Script::ALL[1].write(&c.to_string()) } else { c.to_string() };
        let arabic: String = text.chars().map(written).collect();
        assert_eq!(self::meanings(&arabic, &countries), meanings, "{text:?} in Arabic digits");
    }
}

fn meanings(text: &str, countries: &[Country]) -> Vec<Meaning> {
    let places = Places { lines: &countries[..1], ..Places::default() };
    read(text, countries).numbers.iter().flat_map(|number| number.meanings(&places)).collect()
}

/// Whether a record with this text in a phone field is one of the number's, with a line of this country.
fn is_matched(number: &E164, text: &str, line: Country) -> bool {
    let mut callers = Callers::new(None);
    callers.add(number, Some(line));
    let candidate = candidate(text);
    Matches::new(&callers, [&candidate]).choose(number, &mut Trace::new()).is_some()
}

/// A record with this text in a phone field.
pub(crate) fn candidate(text: &str) -> Candidate {
    let phones = vec![text.to_owned()];
    Candidate { record: Record::default(), phones, country: None, last_modified: None, is_converted: false }
}

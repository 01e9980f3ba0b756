//! Phone numbers: a validated type, what people write for one, and where to search for it.
//!
//! | module | does |
//! |---|---|
//! | `reading` | reads the numbers of a field, and says how sure each is |
//! | `plain`, `vanity` | write a field in ASCII digits, whatever its script, and with digits for letters |
//! | `pieces`, `divide`, `extension` | cut a field into numbers, and what is written as one number into several |
//! | `numbering` | what the numbering plans of countries say about digits |
//! | `same` | one person's spellings: the table of numbering plans that changed |
//! | `spelling` | the texts under which a number is searched |
//! | `script` | scripts with digits of their own |
//! | `withheld` | words and codes that stand for no number |

mod country;
mod divide;
mod extension;
mod numbering;
mod pieces;
pub(crate) mod plain;
mod reading;
mod same;
mod script;
mod spelling;
mod vanity;
mod withheld;

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::{Deserialize, Serialize};

pub use self::country::Country;
pub use self::extension::is_extension_word;
pub use self::plain::{is_invisible, plain_text};
pub use self::reading::{Meaning, Places, Reading, Recognition, WrittenNumber, read};
pub use self::script::Script;
pub use self::spelling::SearchTerm;
pub use self::withheld::{is_filler, is_repeated, is_withheld};

/// A phone number in international form: `+`, then 7 to 15 digits, the first not 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

/// The text is not an international phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an international phone number of 7 to 15 digits")]
pub struct NotE164;

/// The number of final digits that all spellings of a phone number share: national numbers have at least as many.
pub(crate) const SUFFIX_LEN: usize = 4;

impl E164 {
    /// Parses an international number with any separators between its digits: `+44 20 7946 0958`.
    ///
    /// # Errors
    /// If it does not begin with `+`, holds a letter, or has fewer than 7 or more than 15 digits.
    pub fn parse(text: &str) -> Result<Self, NotE164> {
        let digits = text.trim().strip_prefix('+').ok_or(NotE164)?;
        if digits.chars().any(char::is_alphabetic) {
            return Err(NotE164);
        }
        let digits = digits_of(digits);
        if !(7..=15).contains(&digits.len()) || digits.starts_with('0') {
            return Err(NotE164);
        }
        Ok(Self(format!("+{digits}")))
    }

    /// `+33612345678`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `33612345678`.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    /// The international format: `+33 6 12 34 56 78`.
    pub fn international(&self) -> String {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok();
        let formatted = number.map(|number| number.format_as(PhoneNumberFormat::International).into_owned());
        // libphonenumber may strip digits that only look like a trunk prefix from an unassigned number.
        formatted.filter(|formatted| digits_of(formatted) == self.digits()).unwrap_or_else(|| self.0.clone())
    }

    /// The last digits, which each spelling of the number has in common.
    pub(crate) fn suffix(&self) -> &str {
        &self.0[self.0.len() - SUFFIX_LEN..]
    }

    /// Whether `stored`, as somebody typed it into Salesforce, can be this number, be it by a guess of its country.
    pub fn is_written(&self, stored: &str) -> bool {
        let (digits, may_be_vanity) = plain::digits_in(stored);
        if !may_be_vanity && !digits.contains(self.suffix()) {
            return false;
        }
        let canonical = self.canonical();
        // Other spellings may have another country code.
        let countries: Vec<Country> = self.spellings().iter().filter_map(Country::of).collect();
        read(stored, &countries)
            .meanings(&Places::default())
            .into_iter()
            .map(|meaning| meaning.number.renumbered())
            // An unassigned number may begin with several zeros, of which reading takes one for a trunk prefix.
            .any(|number| number == canonical || number.canonical() == canonical)
    }

    /// The same without a trunk prefix after the country code: `+44 020 …` is `+44 20 …`.
    fn without_trunk_prefix(&self) -> Self {
        numbering::possible(self.digits()).unwrap_or_else(|| self.clone())
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for E164 {
    type Error = NotE164;

    fn try_from(text: String) -> Result<Self, NotE164> {
        Self::parse(&text)
    }
}

impl From<E164> for String {
    fn from(phone: E164) -> Self {
        phone.0
    }
}

/// The ASCII digits of `text`.
pub fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(phone: &str, stored: &str) {
        let phone = E164::parse(phone).unwrap();
        assert!(phone.is_written(stored), "{:?}", read(stored, &[]));
    }

    #[track_caller]
    fn check_not(phone: &str, stored: &str) {
        assert!(!E164::parse(phone).unwrap().is_written(stored));
    }

    #[test]
    fn a_french_mobile_is_recognised_in_every_common_form() {
        for stored in ["+33612345678", "+33 6 12 34 56 78", "06 12 34 56 78", "06.12.34.56.78", "0033612345678"] {
            check("+33612345678", stored);
        }
        check("+33612345678", "+33 (0)6 12 34 56 78");
    }

    #[test]
    fn an_american_number_is_recognised_in_every_common_form() {
        for stored in ["(415) 555-0132", "415.555.0132", "4155550132", "1-415-555-0132", "+1 415 555 0132"] {
            check("+14155550132", stored);
        }
    }

    #[test]
    fn numbers_without_a_trunk_prefix_are_recognised() {
        check("+34612345678", "612 34 56 78");
        check("+390612345678", "06 1234 5678");
    }

    #[test]
    fn an_unassigned_number_with_several_zeros_is_recognised() {
        check("+200000000000", "+200000000000");
    }

    #[test]
    fn numbers_are_recognised_in_a_field_with_more_than_one() {
        for stored in
            ["office 01 23 45 67 89 / mob 06 12 34 56 78", "06 12 34 56 78 ext. 7", "٠٦ ١٢ ٣٤ ٥٦ ٧٨", "612345678"]
        {
            check("+33612345678", stored);
        }
        check("+18003569377", "1-800-FLOWERS");
    }

    #[test]
    fn other_numbers_do_not_match() {
        check_not("+33612345678", "+33612345679");
        check_not("+33612345678", "12345678");
        check_not("+33612345678", "+0612345678");
        check_not("+33612345678", "");
    }

    #[test]
    fn text_that_is_not_an_international_number_is_rejected() {
        for text in ["anonymous", "", "+", "+12", "112", "+1234567890123456", "+0123456789", "+33 6 12 34 CALL"] {
            assert_eq!(E164::parse(text), Err(NotE164), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_written_form_is_recognised(digits in "[1-9][0-9]{6,14}") {
            let phone = E164::parse(&format!("+{digits}")).unwrap();
            let forms = phone.written_forms();
            prop_assert!(forms.len() <= 9, "{:?}", forms);
            for form in forms {
                prop_assert!(phone.is_written(&form), "{}: {:?}", form, read(&form, &[]));
            }
        }

        #[test]
        fn parsing_never_panics_and_its_result_round_trips(text in ".*") {
            if let Ok(phone) = E164::parse(&text) {
                prop_assert_eq!(E164::parse(phone.as_str()), Ok(phone));
            }
        }
    }
}

//! Phone numbers: one checked type, and the ways people write the same number.

use std::collections::BTreeSet;
use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};
use serde::{Deserialize, Serialize};

/// A phone number in international form: `+`, then 7 to 15 digits, the first not 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

/// A text that is no international phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an international phone number of 7 to 15 digits")]
pub struct NotE164;

/// How many digits all forms of a number end with: no country's numbers are shorter.
const ENDING: usize = 4;

impl E164 {
    /// Reads an international number, whatever stands between its digits: `+44 20 7946 0958`.
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

    /// As people write it abroad: `+33 6 12 34 56 78`.
    pub fn international(&self) -> String {
        self.numbering_plan().map_or_else(|| self.0.clone(), |number| number.international)
    }

    /// The digit strings under which a record may hold this number: international, with `00` before it,
    /// as dialled within its country, and with the trunk prefix written behind the country code (`+33 (0)6 …`).
    pub fn digit_forms(&self) -> BTreeSet<String> {
        let digits = self.digits();
        let mut forms = BTreeSet::from([digits.to_owned(), format!("00{digits}")]);
        if let Some(plan) = self.numbering_plan() {
            forms.extend(plan.with_trunk_prefix());
            forms.insert(digits_of(&plan.national));
        }
        forms
    }

    /// The texts under which people and systems store this number, for a search by equality: as E.164, as
    /// libphonenumber writes it abroad and at home, with the separators that are typed instead, and as digits.
    ///
    /// Nine at most: a question about many numbers repeats each of them for every phone field, and Salesforce bounds
    /// its length. Rarer ways are left to the search by digits.
    pub fn written_forms(&self) -> BTreeSet<String> {
        let digits = self.digits();
        let mut forms = BTreeSet::from([self.0.clone(), digits.to_owned(), format!("00{digits}")]);
        if let Some(Plan { international, national, .. }) = self.numbering_plan() {
            let respaced = [("-", &national), (".", &national), (" ", &international)];
            forms.extend(respaced.map(|(separator, written)| with_separator(written, separator)));
            forms.insert(digits_of(&national));
            forms.extend([international, national]);
        }
        forms
    }

    /// Whether `stored`, as somebody typed it into Salesforce, is this number.
    pub fn is_written(&self, stored: &str) -> bool {
        let digits = digits_of(stored);
        // However it is written, it ends as it ends: most numbers are told apart without asking for the forms.
        if !digits.ends_with(&self.0[self.0.len() - ENDING..]) {
            return false;
        }
        if stored.trim_start().starts_with('+') {
            // Behind a plus there is only the international form, with or without the trunk prefix in it.
            return digits == self.digits()
                || digits.len() > self.digits().len()
                    && self.digit_forms().contains(&digits)
                    && !digits.starts_with('0');
        }
        self.digit_forms().contains(&digits)
    }

    /// What libphonenumber knows of it; nothing for a country code that is not assigned.
    fn numbering_plan(&self) -> Option<Plan> {
        // The tables are read on the first call only; a function that never gets here does not pay for them.
        let number: PhoneNumber = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        let significant = number.get_national_significant_number();
        // A number that its country does not assign may lose digits that only look like a trunk prefix.
        let whole = format!("{}{significant}", number.country_code) == self.digits();
        whole.then(|| Plan {
            international: number.format_as(PhoneNumberFormat::International).to_string(),
            national: number.format_as(PhoneNumberFormat::National).to_string(),
            significant,
            country_code: number.country_code,
        })
    }
}

/// How a number is written, as its country's numbering plan has it.
struct Plan {
    international: String,
    national: String,
    significant: String,
    country_code: i32,
}

impl Plan {
    /// The digits of `+33 (0)6 …`: the trunk prefix, which is only dialled within the country, written all the same.
    fn with_trunk_prefix(&self) -> Option<String> {
        let national = digits_of(&self.national);
        let has_prefix = national != self.significant && national.ends_with(&self.significant);
        has_prefix.then(|| format!("{}{national}", self.country_code))
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
    fn from(number: E164) -> Self {
        number.0
    }
}

/// The ASCII digits of `text`.
pub fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// `(415) 555-0132` with `.` is `415.555.0132`; a leading `+` stays.
fn with_separator(written: &str, separator: &str) -> String {
    let plus = if written.starts_with('+') { "+" } else { "" };
    let groups: Vec<&str> = written.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    format!("{plus}{}", groups.join(separator))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(number: &str, stored: &str) {
        let number = E164::parse(number).unwrap();
        assert!(number.is_written(stored), "{:?}", number.digit_forms());
    }

    #[track_caller]
    fn check_not(number: &str, stored: &str) {
        assert!(!E164::parse(number).unwrap().is_written(stored));
    }

    #[test]
    fn a_french_mobile_however_it_is_written() {
        for stored in ["+33612345678", "+33 6 12 34 56 78", "06 12 34 56 78", "06.12.34.56.78", "0033612345678"] {
            check("+33612345678", stored);
        }
        check("+33612345678", "+33 (0)6 12 34 56 78");
    }

    #[test]
    fn an_american_number_however_it_is_written() {
        for stored in ["(415) 555-0132", "415.555.0132", "4155550132", "1-415-555-0132", "+1 415 555 0132"] {
            check("+14155550132", stored);
        }
    }

    #[test]
    fn numbers_without_a_trunk_prefix() {
        check("+34612345678", "612 34 56 78");
        check("+390612345678", "06 1234 5678");
    }

    #[test]
    fn another_number_is_another_number() {
        check_not("+33612345678", "+33612345679");
        check_not("+33612345678", "612345678");
        check_not("+33612345678", "+0612345678");
        check_not("+33612345678", "");
    }

    #[test]
    fn what_is_not_a_number() {
        for text in ["anonymous", "", "+", "+12", "112", "+1234567890123456", "+0123456789", "+33 6 12 34 CALL"] {
            assert_eq!(E164::parse(text), Err(NotE164), "{text}");
        }
    }

    #[track_caller]
    fn check_written(number: &str, expect: &[&str]) {
        let forms = E164::parse(number).unwrap().written_forms();
        assert_eq!(forms, expect.iter().map(|form| (*form).to_owned()).collect());
    }

    #[test]
    fn an_american_number_is_stored_in_nine_ways() {
        check_written(
            "+14155550132",
            &[
                "+14155550132",
                "14155550132",
                "0014155550132",
                "4155550132",
                "+1 415-555-0132",
                "+1 415 555 0132",
                "(415) 555-0132",
                "415-555-0132",
                "415.555.0132",
            ],
        );
    }

    #[test]
    fn a_french_number_is_stored_in_eight_ways() {
        check_written(
            "+33612345678",
            &[
                "+33612345678",
                "33612345678",
                "0033612345678",
                "0612345678",
                "+33 6 12 34 56 78",
                "06 12 34 56 78",
                "06-12-34-56-78",
                "06.12.34.56.78",
            ],
        );
    }

    #[test]
    fn a_number_of_no_country_has_no_national_form() {
        check_written("+999123456789", &["+999123456789", "999123456789", "00999123456789"]);
    }

    proptest! {
        #[test]
        fn every_written_form_is_recognised(digits in "[1-9][0-9]{6,14}") {
            let number = E164::parse(&format!("+{digits}")).unwrap();
            let forms = number.written_forms();
            prop_assert!(forms.len() <= 9, "{:?}", forms);
            prop_assert!(forms.iter().all(|form| number.is_written(form)));
        }

        #[test]
        fn every_form_ends_as_the_number_does(digits in "[1-9][0-9]{6,14}") {
            let number = E164::parse(&format!("+{digits}")).unwrap();
            let ending = &digits[digits.len() - ENDING..];
            prop_assert!(number.digit_forms().iter().all(|form| form.ends_with(ending)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            if let Ok(number) = E164::parse(&text) {
                prop_assert_eq!(E164::parse(number.as_str()), Ok(number));
            }
        }
    }
}

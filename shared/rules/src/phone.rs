//! Phone numbers: a validated type, and the ways of writing the same number.

use std::collections::BTreeSet;
use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};
use serde::{Deserialize, Serialize};

/// A phone number in international form: `+`, then 7 to 15 digits, the first not 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

/// The text is not an international phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an international phone number of 7 to 15 digits")]
pub struct NotE164;

/// The number of final digits that all forms of a phone number share: national numbers have at least as many.
const SUFFIX_LEN: usize = 4;

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
        self.numbering_plan().map_or_else(|| self.0.clone(), |plan| plan.international)
    }

    /// The digit strings under which a record may hold this number: international, with `00` before it,
    /// as dialled within its country, and with the trunk prefix after the country code (`+33 (0)6 …`).
    pub fn digit_forms(&self) -> BTreeSet<String> {
        let digits = self.digits();
        let mut forms = BTreeSet::from([digits.to_owned(), format!("00{digits}")]);
        if let Some(plan) = self.numbering_plan() {
            forms.extend(plan.with_trunk_prefix());
            forms.insert(digits_of(&plan.national));
        }
        forms
    }

    /// The texts under which people and systems store this number, for a search by equality: as E.164, in
    /// libphonenumber's international and national formats, with other common separators, and as digits.
    ///
    /// At most nine: a query for many numbers repeats each form for every phone field, and Salesforce limits the length
    /// of a query. The search by digits finds rarer forms.
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
        // All forms share the last digits, so most other numbers are ruled out without computing the forms.
        if !digits.ends_with(&self.0[self.0.len() - SUFFIX_LEN..]) {
            return false;
        }
        if stored.trim_start().starts_with('+') {
            // After a plus, only the international form is valid, with or without the trunk prefix in it.
            return digits == self.digits()
                || digits.len() > self.digits().len()
                    && self.digit_forms().contains(&digits)
                    && !digits.starts_with('0');
        }
        self.digit_forms().contains(&digits)
    }

    /// Its formats according to libphonenumber; none for a country code that is not assigned.
    fn numbering_plan(&self) -> Option<Plan> {
        // libphonenumber loads its tables on the first call, so a process that never gets here does not pay for them.
        let number: PhoneNumber = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        let significant = number.get_national_significant_number();
        // libphonenumber may strip digits that only look like a trunk prefix from an unassigned number.
        let whole = format!("{}{significant}", number.country_code) == self.digits();
        whole.then(|| Plan {
            international: number.format_as(PhoneNumberFormat::International).to_string(),
            national: number.format_as(PhoneNumberFormat::National).to_string(),
            significant,
            country_code: number.country_code,
        })
    }
}

/// The formats of a number in its country's numbering plan.
struct Plan {
    international: String,
    national: String,
    significant: String,
    country_code: i32,
}

impl Plan {
    /// The digits of `+33 (0)6 …`, where the trunk prefix is written although it is only dialled within the country.
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
    fn from(phone: E164) -> Self {
        phone.0
    }
}

/// The ASCII digits of `text`.
pub fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// `(415) 555-0132` with `.` becomes `415.555.0132`; a leading `+` is kept.
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
    fn check(phone: &str, stored: &str) {
        let phone = E164::parse(phone).unwrap();
        assert!(phone.is_written(stored), "{:?}", phone.digit_forms());
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
    fn other_numbers_do_not_match() {
        check_not("+33612345678", "+33612345679");
        check_not("+33612345678", "612345678");
        check_not("+33612345678", "+0612345678");
        check_not("+33612345678", "");
    }

    #[test]
    fn text_that_is_not_an_international_number_is_rejected() {
        for text in ["anonymous", "", "+", "+12", "112", "+1234567890123456", "+0123456789", "+33 6 12 34 CALL"] {
            assert_eq!(E164::parse(text), Err(NotE164), "{text}");
        }
    }

    #[track_caller]
    fn check_written(phone: &str, expected: &[&str]) {
        let forms = E164::parse(phone).unwrap().written_forms();
        assert_eq!(forms, expected.iter().map(|form| (*form).to_owned()).collect());
    }

    #[test]
    fn an_american_number_has_nine_written_forms() {
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
    fn a_french_number_has_eight_written_forms() {
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
    fn a_number_with_an_unassigned_country_code_has_no_national_form() {
        check_written("+999123456789", &["+999123456789", "999123456789", "00999123456789"]);
    }

    proptest! {
        #[test]
        fn every_written_form_is_recognised(digits in "[1-9][0-9]{6,14}") {
            let phone = E164::parse(&format!("+{digits}")).unwrap();
            let forms = phone.written_forms();
            prop_assert!(forms.len() <= 9, "{:?}", forms);
            prop_assert!(forms.iter().all(|form| phone.is_written(form)));
        }

        #[test]
        fn all_forms_share_the_last_digits(digits in "[1-9][0-9]{6,14}") {
            let phone = E164::parse(&format!("+{digits}")).unwrap();
            let suffix = &digits[digits.len() - SUFFIX_LEN..];
            prop_assert!(phone.digit_forms().iter().all(|form| form.ends_with(suffix)));
        }

        #[test]
        fn parsing_never_panics_and_its_result_round_trips(text in ".*") {
            if let Ok(phone) = E164::parse(&text) {
                prop_assert_eq!(E164::parse(phone.as_str()), Ok(phone));
            }
        }
    }
}

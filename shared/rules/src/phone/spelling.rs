//! The texts under which people and systems store a number, for searching.

use std::collections::BTreeSet;

use rlibphonenumber::{PhoneNumberFormat, get_national_significant_number_owned};

use super::country::Country;
use super::numbering::{is_valid, parsed};
use super::pieces::MIN_DIGITS as MIN_READ;
use super::reading::read;
use super::same::others;
use super::vanity::spelt_out;
use super::{E164, digits_of};

/// The fewest digits of a phrase, or of a pattern: with fewer, too many other numbers hold them.
const MIN_DIGITS: usize = 6;

/// A term of a search in phone fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SearchTerm {
    /// A run of digits that begins with these: the number, perhaps with an extension.
    Prefix(String),
    /// Runs of digits, one after the other.
    Phrase(Vec<String>),
}

impl E164 {
    /// The international numbers that are the same person's, the one that is valid now first.
    pub fn spellings(&self) -> Vec<Self> {
        let canonical = self.canonical();
        let others =
            others(canonical.digits()).into_iter().filter_map(|digits| Self::parse(&format!("+{digits}")).ok());
        let mut spellings: Vec<Self> = std::iter::once(canonical).chain(others).collect();
        if !spellings.contains(self) {
            spellings.push(self.clone());
        }
        spellings
    }

    /// Search terms for this number, the likeliest spellings first. Under the index of an org that takes all digits of a
    /// field for one word, prefixes find it; under one that takes each run of digits for a word, phrases do too.
    pub fn search_terms(&self) -> Vec<SearchTerm> {
        let forms: Vec<Forms> = self.spellings().iter().map(Forms::new).collect();
        let mut terms: Vec<SearchTerm> = Vec::new();
        let mut add = |term: SearchTerm| {
            if !terms.contains(&term) {
                terms.push(term);
            }
        };
        for form in &forms {
            add(SearchTerm::Prefix(form.digits.clone()));
            add(SearchTerm::Prefix(form.national.clone()));
            form.tails().into_iter().for_each(&mut add);
        }
        for Forms { digits, code, significant, national, .. } in &forms {
            add(SearchTerm::Prefix(format!("00{digits}")));
            add(SearchTerm::Prefix(format!("{code}{national}")));
            add(SearchTerm::Prefix(significant.clone()));
        }
        for form in &forms {
            let Forms { digits, code, national, significant, .. } = form;
            form.groupings().into_iter().for_each(&mut add);
            add(SearchTerm::Prefix(format!("011{digits}")));
            add(SearchTerm::Prefix(format!("00{code}{national}")));
            add(SearchTerm::Prefix(format!("0{significant}")));
        }
        terms.retain(|term| match term {
            SearchTerm::Prefix(digits) => MIN_DIGITS <= digits.len() || *digits == forms[0].significant,
            SearchTerm::Phrase(groups) => 1 < groups.len(),
        });
        terms
    }

    /// The digits of the number written as a whole: international, with `00` before them, as dialled within the country,
    /// and with the trunk prefix after the country code.
    pub fn whole_forms(&self) -> BTreeSet<String> {
        let Forms { digits, code, national, .. } = Forms::new(self);
        BTreeSet::from([format!("00{digits}"), format!("{code}{national}"), national, digits])
    }

    /// Digits that each spelling of this number holds in this order, whatever stands between them. None for a number that
    /// is too short: too many others hold its digits.
    pub fn cores(&self) -> BTreeSet<String> {
        let forms: Vec<Forms> = self.spellings().iter().map(Forms::new).collect();
        let shortest = forms.iter().map(|form| &form.significant).min_by_key(|digits| digits.len());
        let is_shared =
            |core: &&String| MIN_DIGITS < core.len() && forms.iter().all(|form| is_within(core, &form.significant));
        if let Some(core) = shortest.filter(is_shared) {
            return BTreeSet::from([core.clone()]);
        }
        let significant = forms.into_iter().map(|form| form.significant);
        significant.filter(|digits| MIN_DIGITS < digits.len()).collect()
    }

    /// Digits and letters that texts hold in this order which spell this number out, as `1-800-FLOWERS`. Other texts may
    /// hold them too.
    pub fn spelt_out(&self) -> Vec<String> {
        let forms = Forms::new(self);
        spelt_out(&forms.code, &forms.significant)
    }

    /// The texts under which people and systems store this number, for a search by equality: as E.164, in
    /// libphonenumber's international and national formats, with other common separators, and as digits.
    ///
    /// At most nine: a query for many numbers repeats each form for every phone field, and Salesforce limits the length
    /// of a query. The search by terms finds rarer forms.
    pub fn written_forms(&self) -> BTreeSet<String> {
        let spellings = self.spellings();
        let mut forms = BTreeSet::new();
        for spelling in spellings.iter().take(2) {
            let Forms { digits, code, international, national_format, national, .. } = Forms::new(spelling);
            forms.insert(spelling.as_str().to_owned());
            forms.extend([digits.clone(), international.clone()]);
            // Without a plus, a number of no country may be read as another.
            if code.is_empty() {
                forms.remove(&digits);
            } else if spellings.len() == 1 {
                forms.insert(format!("00{digits}"));
            }
            if !code.is_empty() && spellings.len() == 1 && MIN_READ <= national.len() {
                let respaced = [("-", &national_format), (".", &national_format), (" ", &international)];
                forms.extend(respaced.map(|(separator, written)| with_separator(written, separator)));
            }
            // Fewer digits are not read as a phone number.
            if MIN_READ <= national.len() && !code.is_empty() {
                forms.insert(national);
                forms.extend((spelling == &spellings[0]).then_some(national_format));
            }
        }
        forms
    }
}

/// A number in the formats of its country.
struct Forms {
    /// With the calling code: `33612345678`.
    digits: String,
    /// `33`; empty if its country has no numbers like it.
    code: String,
    /// `612345678`.
    significant: String,
    /// As dialled within the country: `0612345678`.
    national: String,
    /// `+33 6 12 34 56 78`.
    international: String,
    /// `06 12 34 56 78`.
    national_format: String,
}

impl Forms {
    fn new(phone: &E164) -> Self {
        let digits = phone.digits().to_owned();
        let parsed = Country::of(phone).and_then(|country| {
            let number = parsed(&digits)?;
            let significant = get_national_significant_number_owned(&number);
            let national = digits_of(&number.format_as(PhoneNumberFormat::National));
            // libphonenumber may strip digits that only look like a trunk prefix from an unassigned number.
            let is_read_back = || {
                let numbers = read(&national, &[country]).numbers;
                numbers.iter().any(|number| number.numbers().any(|read| read == phone))
            };
            let is_whole = format!("{}{significant}", number.country_code) == digits;
            (is_whole && (is_valid(&number) || is_read_back())).then_some((number, significant))
        });
        match parsed {
            Some((number, significant)) => {
                let format = |format| number.format_as(format).into_owned();
                let national_format = format(PhoneNumberFormat::National);
                Self {
                    code: number.country_code.to_string(),
                    national: digits_of(&national_format),
                    international: format(PhoneNumberFormat::International),
                    national_format,
                    significant,
                    digits,
                }
            }
            None => Self {
                code: String::new(),
                significant: digits.clone(),
                national: digits.clone(),
                international: phone.as_str().to_owned(),
                national_format: String::new(),
                digits,
            },
        }
    }

    /// The groups of the international format without the calling code, and those of the national format.
    fn groups(&self) -> (Vec<String>, Vec<String>) {
        let groups = |text: &str| -> Vec<String> {
            text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).map(str::to_owned).collect()
        };
        let international = groups(&self.international).into_iter().skip(usize::from(!self.code.is_empty())).collect();
        (international, groups(&self.national_format))
    }

    /// The groups at the end that both formats share, if they have digits enough; else those of each format.
    fn tails(&self) -> Vec<SearchTerm> {
        let (international, national) = self.groups();
        let shared = international.iter().rev().zip(national.iter().rev()).take_while(|(a, b)| a == b).count();
        let tail = &international[international.len() - shared..];
        if MIN_DIGITS <= tail.iter().map(String::len).sum() {
            return vec![phrase(tail)];
        }
        [international, national].iter().filter(|groups| !groups.is_empty()).map(|groups| phrase(groups)).collect()
    }

    /// Other groupings that people use: pairs from the end, threes and fours, the area code apart from the rest.
    fn groupings(&self) -> Vec<SearchTerm> {
        let mut terms = Vec::new();
        let (international, _) = self.groups();
        let area = international.first().map_or(0, String::len);
        for number in [&self.significant, &self.national] {
            for sizes in [&[2, 2, 2, 2][..], &[4, 4], &[4, 3], &[3, 3, 3], &[4, 3, 3], &[3, 3]] {
                let mut groups = Vec::new();
                let mut end = number.len();
                for size in sizes {
                    let Some(start) = end.checked_sub(*size).filter(|start| 0 < *start) else { break };
                    groups.insert(0, number[start..end].to_owned());
                    end = start;
                }
                terms.push(phrase(&groups));
                groups.insert(0, number[..end].to_owned());
                terms.push(phrase(&groups));
            }
            let area = area + number.len() - self.significant.len();
            if 0 < area && area < number.len() {
                let (area, rest) = number.split_at(area);
                terms.push(phrase(&[area.to_owned(), rest.to_owned()]));
                terms.push(SearchTerm::Prefix(rest.to_owned()));
            }
        }
        terms
    }
}

fn phrase(groups: &[String]) -> SearchTerm {
    match groups {
        [one] => SearchTerm::Prefix(one.clone()),
        _ => SearchTerm::Phrase(groups.to_vec()),
    }
}

/// Whether `digits` holds the digits of `core` in their order.
fn is_within(core: &str, digits: &str) -> bool {
    let mut rest = digits.bytes();
    core.bytes().all(|digit| rest.any(|other| other == digit))
}

/// `(415) 555-0132` with `.` becomes `415.555.0132`; a leading `+` is kept.
fn with_separator(written: &str, separator: &str) -> String {
    let plus = if written.starts_with('+') { "+" } else { "" };
    let groups: Vec<&str> = written.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    format!("{plus}{}", groups.join(separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> E164 {
        E164::parse(text).unwrap()
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
    fn a_number_with_an_unassigned_country_code_is_written_with_a_plus() {
        check_written("+999123456789", &["+999123456789"]);
    }

    #[test]
    fn a_number_of_several_spellings_is_written_in_two_of_them() {
        let forms = phone("+5215512345678").written_forms();
        assert!(forms.contains("+525512345678") && forms.contains("+5215512345678"), "{forms:?}");
        assert!(forms.len() <= 9, "{forms:?}");
    }

    #[track_caller]
    fn check_terms(number: &str, first: &[&str]) {
        let terms = phone(number).search_terms();
        let shown = |term: &SearchTerm| match term {
            SearchTerm::Prefix(digits) => format!("{digits}*"),
            SearchTerm::Phrase(groups) => groups.join(" "),
        };
        let shown: Vec<String> = terms.iter().take(first.len()).map(shown).collect();
        assert_eq!(shown, first, "{terms:?}");
        assert!(terms.len() < 80);
    }

    #[test]
    fn the_likeliest_spellings_are_searched_first() {
        check_terms("+33612345678", &["33612345678*", "0612345678*", "12 34 56 78", "0033612345678*"]);
        check_terms("+14155550132", &["14155550132*", "4155550132*", "415 555 0132", "0014155550132*"]);
        check_terms("+525512345678", &["525512345678*", "5512345678*", "55 1234 5678", "5215512345678*"]);
        check_terms("+4915230000000", &["4915230000000*", "015230000000*", "0000000*", "004915230000000*"]);
    }

    #[test]
    fn all_spellings_hold_the_core() {
        for (number, cores) in [
            ("+33612345678", &["612345678"][..]),
            ("+541123456789", &["1123456789"]),
            ("+5511987654321", &["1187654321"]),
            ("+2290197123456", &["97123456"]),
            ("+84327654321", &["1627654321", "327654321"]),
            ("+999123456789", &["999123456789"]),
        ] {
            assert_eq!(phone(number).cores(), cores.iter().map(|core| (*core).to_owned()).collect(), "{number}");
        }
    }
}

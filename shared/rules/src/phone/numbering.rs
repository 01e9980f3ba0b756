//! What the numbering plans of countries say about digits.

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, get_national_significant_number_owned};

use super::E164;
use super::country::Country;

/// Prefixes that people write before a number within their country, which libphonenumber does not strip.
const OTHER_TRUNK_PREFIXES: &[(u16, &[&str])] = &[
    // Until 2019: 044 and 045 before mobiles, 01 before others.
    (52, &["044", "045", "01"]),
    // Until 2009: 8, and 0 after a pause.
    (380, &["80", "8"]),
    (370, &["8"]),
    (371, &["8"]),
    (372, &["8"]),
];

/// The prefixes that people write before numbers of the country, and libphonenumber does not strip.
pub(super) fn other_trunk_prefixes(country: Country) -> &'static [&'static str] {
    let own = OTHER_TRUNK_PREFIXES.iter().find(|(code, _)| *code == country.calling_code());
    own.map_or(&["0"], |(_, prefixes)| prefixes)
}

/// The number with these digits as they are dialled within the country.
pub(super) fn within(digits: &str, country: Country) -> Option<PhoneNumber> {
    let number = PHONE_NUMBER_UTIL.parse(digits, Some(country.region()?)).ok()?;
    let is_its_own = number.country_code == i32::from(country.calling_code());
    (is_its_own && has_whole_length(&number)).then_some(number)
}

/// The number with these digits after the plus, without a trunk prefix that libphonenumber does not strip.
pub(super) fn without_other_trunk_prefix(digits: &str) -> Option<E164> {
    let after_code = |(code, prefixes): &(u16, &[&str])| {
        let rest = digits.strip_prefix(&code.to_string())?;
        prefixes.iter().find_map(|prefix| valid(&format!("{code}{}", rest.strip_prefix(prefix)?)))
    };
    OTHER_TRUNK_PREFIXES.iter().find_map(after_code)
}

/// The number with these digits after the plus.
pub(super) fn international(digits: &str) -> Option<E164> {
    E164::parse(&format!("+{digits}")).ok()
}

/// The same, if its country has numbers of this length; without a trunk prefix.
pub(super) fn possible(digits: &str) -> Option<E164> {
    e164(&parsed(digits)?)
}

/// The same, if its country has numbers like it.
pub(super) fn valid(digits: &str) -> Option<E164> {
    e164(&parsed(digits).filter(is_valid)?)
}

/// The number with these digits after the plus, by its country's rules; none if that has no numbers of this length.
pub(super) fn parsed(digits: &str) -> Option<PhoneNumber> {
    let parse = |digits: &str| PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok();
    let number = parse(digits)?;
    // Of several zeros in front, libphonenumber strips one: then it is no number of the country.
    let has_zeros = || {
        let significant = get_national_significant_number_owned(&number);
        significant.starts_with('0')
            && parse(&format!("{}{significant}", number.country_code)).as_ref() != Some(&number)
    };
    (has_whole_length(&number) && !has_zeros()).then_some(number)
}

/// Whether the number's country has numbers of this length, area code included.
fn has_whole_length(number: &PhoneNumber) -> bool {
    matches!(number.is_possible_with_reason(), Ok(NumberLengthType::IsPossible))
}

/// Ranges that regulators keep for fiction, which libphonenumber takes for invalid: those of France and of the United
/// Kingdom. Sources: ARCEP decision 2018-0881, Ofcom's numbers for use in TV and radio drama.
const FICTION: &[&str] = &[
    "3319900",
    "3326191",
    "3335301",
    "3346571",
    "3353649",
    "3363998",
    "447700900",
    "441632960",
    "443069990",
    "448081570",
];

/// Whether the number's country has numbers like it.
pub(super) fn is_valid(number: &PhoneNumber) -> bool {
    if number.country_code == 1 {
        // libphonenumber asks each of 25 countries, and new area codes are assigned every year.
        let significant = get_national_significant_number_owned(number);
        let begins_group =
            |at: usize| significant.as_bytes().get(at).is_some_and(|digit| (b'2'..=b'9').contains(digit));
        return begins_group(0) && begins_group(3);
    }
    number.is_valid() || e164(number).is_some_and(|e164| FICTION.iter().any(|range| e164.digits().starts_with(range)))
}

pub(super) fn e164(number: &PhoneNumber) -> Option<E164> {
    international(&format!("{}{}", number.country_code, get_national_significant_number_owned(number)))
}

//! What a number in a field can mean, and how sure it is.

use std::fmt;

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, get_national_significant_number_owned};

use super::country::Country;
use super::numbering::{
    e164, international, is_valid, other_trunk_prefixes, parsed, possible, valid, within, without_other_trunk_prefix,
};
use super::pieces::{Piece, pieces};
use super::{E164, digits_of};

/// Prefixes for calls abroad besides `00`: of North America, Australia, Russia, Japan. Each is also the beginning of
/// numbers within some country, so it counts only for what is no number of the countries in question.
const INTERNATIONAL_PREFIXES: &[&str] = &["011", "0011", "810", "010"];

/// What the numbers of a field can mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The numbers, in the order in which they are written.
    pub numbers: Vec<WrittenNumber>,
    /// What does not belong to any number, with the reason, as sentences.
    pub ignored: Vec<String>,
}

/// What one number of a field can mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenNumber {
    /// The digits, with the plus before them if there is one.
    written: String,
    /// Whether it was also read as the numbers before it, which are likelier.
    is_divided: bool,
    /// With the country code that it has, or seems to have.
    international: Option<(E164, Code)>,
    /// As a number of each country.
    national: Vec<National>,
}

/// How a number shows its country code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    /// A plus, or a prefix for calls abroad; whether the country has numbers of this length.
    Marked { is_possible: bool },
    /// It begins with one, and is a valid number then.
    Unmarked,
    /// It begins with what may be one.
    Unlikely,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct National {
    country: Country,
    number: E164,
    /// Whether it is written as numbers are within the country: with the trunk prefix, where there is one.
    is_dialled: bool,
    /// Whether the country has numbers like it.
    is_valid: bool,
}

/// Where a record and a line are, which says the country of a number that does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places<'a> {
    /// The country of the record's address.
    pub address: Option<Country>,
    /// The countries of the company's lines that the call or message came to, or went out from.
    pub lines: &'a [Country],
    /// The org's own country.
    pub org: Option<Country>,
}

/// How a number's country was recognised, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recognition {
    /// It has a country code.
    CountryCode,
    /// It is a number of the country of the record's address.
    Address(Country),
    /// It is a number of the line's country.
    Line(Country),
    /// It is a number of the org's country.
    Org(Country),
    /// It is a number of some country, which nothing confirms.
    Guess(Country),
}

/// A phone number that a field can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The number.
    pub number: E164,
    /// How its country was recognised.
    pub recognition: Recognition,
    /// Whether its country has numbers like it.
    pub is_valid: bool,
}

impl Recognition {
    /// Whether the country is known.
    pub fn is_sure(self) -> bool {
        !matches!(self, Self::Guess(_))
    }

    /// Why a number in a phone field is taken for the one that it is, as a sentence.
    pub fn because(self) -> String {
        let within = |place: &str, country: Country| {
            format!("It is written without a country code, and is a number of {place}, {country}.")
        };
        match self {
            Self::CountryCode => "It is written with its country code.".to_owned(),
            Self::Address(country) => within("the country of the record's address", country),
            Self::Line(country) => within("the line's country", country),
            Self::Org(country) => within("the Salesforce org's country", country),
            Self::Guess(country) => {
                format!("It is written without a country code: that it is a number of {country} is a guess.")
            }
        }
    }
}

/// How it is written, for the end of a sentence.
impl fmt::Display for Recognition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CountryCode => f.write_str("with its country code"),
            Self::Address(country) => write!(f, "as a number of the country of its address, {country}"),
            Self::Line(country) => write!(f, "as a number of the line's country, {country}"),
            Self::Org(country) => write!(f, "as a number of the Salesforce org's country, {country}"),
            Self::Guess(country) => write!(f, "without a country code: that it is a number of {country} is a guess"),
        }
    }
}

impl Reading {
    /// What its numbers can mean in these places, each number once.
    pub fn meanings(&self, places: &Places) -> Vec<Meaning> {
        distinct(self.numbers.iter().flat_map(|number| number.meanings(places)))
    }
}

/// Reads the numbers of a field. Those without a country code are read as numbers of each of `countries`.
pub fn read(text: &str, countries: &[Country]) -> Reading {
    let found = pieces(text);
    let mut ignored = found.ignored;
    let mut numbers: Vec<WrittenNumber> = Vec::new();
    for piece in found.numbers {
        let mut written = WrittenNumber::read(&piece, countries);
        if !piece.parts.is_empty() && !written.is_valid() {
            numbers.extend(piece.parts.iter().map(|part| WrittenNumber::read(part, countries)));
            written.is_divided = true;
        }
        numbers.push(written);
    }
    ignored.extend(numbers.iter().filter(|number| number.means_nothing()).filter_map(WrittenNumber::refusal));
    if found.is_cut {
        ignored.push("The rest is not read: a field is read up to 80 characters and 8 numbers.".to_owned());
    }
    Reading { numbers, ignored }
}

impl WrittenNumber {
    fn read(piece: &Piece, countries: &[Country]) -> Self {
        let digits = piece.digits();
        let written = format!("{}{digits}", if piece.has_plus { "+" } else { "" });
        let read = |international, national| Self { written, is_divided: false, international, national };
        let without_parentheses = piece.without_trunk_prefix();
        if piece.has_plus {
            let [digits, without_parentheses] =
                [&digits, &without_parentheses].map(|digits| digits.trim_start_matches('0'));
            let plausible = possible(digits).or_else(|| possible(without_parentheses));
            let plausible = plausible.or_else(|| without_other_trunk_prefix(digits));
            let number = plausible.map(|number| (number, Code::Marked { is_possible: true }));
            return read(number.or_else(|| international(digits).map(marked)), Vec::new());
        }
        let after_zeros = |digits: &str| possible(digits.strip_prefix("00")?);
        if let Some(number) = after_zeros(&digits).or_else(|| after_zeros(&without_parentheses)) {
            return read(Some((number, Code::Marked { is_possible: true })), Vec::new());
        }
        let national: Vec<National> =
            countries.iter().filter_map(|country| National::read(&digits, *country)).collect();
        // Numbers within some countries begin with what is a prefix for calls abroad in others.
        if !national.iter().any(|national| national.is_valid)
            && let Some(number) = INTERNATIONAL_PREFIXES.iter().find_map(|prefix| valid(digits.strip_prefix(prefix)?))
        {
            return read(Some((number, Code::Marked { is_possible: true })), Vec::new());
        }
        if let Some(number) = digits.strip_prefix("00").and_then(international) {
            return read(Some(marked(number)), Vec::new());
        }
        let unmarked =
            parsed(&digits).filter(|number| is_valid(number) && piece.may_begin_with(&number.country_code.to_string()));
        let code = match unmarked.and_then(|number| e164(&number)) {
            Some(number) => Some((number, Code::Unmarked)),
            None => international(&digits).map(|number| (number, Code::Unlikely)),
        };
        read(code, national)
    }

    /// Its digits, with the plus before them if there is one.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// That it is no number that counts, as a sentence. None if it was read as several numbers instead.
    pub fn refusal(&self) -> Option<String> {
        let sentence = || format!("{} is not a phone number of any country in question.", self.written);
        (!self.is_divided).then(sentence)
    }

    fn means_nothing(&self) -> bool {
        self.international.is_none() && self.national.is_empty()
    }

    /// All numbers that it can mean anywhere.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &E164> {
        self.international.iter().map(|(number, _)| number).chain(self.national.iter().map(|national| &national.number))
    }

    /// Whether it is a number that some country has.
    fn is_valid(&self) -> bool {
        let is_marked = matches!(self.international, Some((_, Code::Marked { is_possible: true } | Code::Unmarked)));
        is_marked || self.national.iter().any(|national| national.is_valid)
    }

    /// What it can mean in these places, the surest first.
    pub fn meanings(&self, places: &Places) -> Vec<Meaning> {
        if let Some((number, Code::Marked { is_possible })) = &self.international {
            return vec![meaning(number, Recognition::CountryCode, *is_possible)];
        }
        let near = self.near(places);
        let in_use: Vec<&National> = near.iter().copied().filter(|national| national.is_valid).collect();
        let has_code = match &self.international {
            Some((number, Code::Unmarked)) => Some(number),
            Some(_) | None => None,
        };
        // A near country's number, written as there, is nothing else, unless its first digits are another's code.
        if in_use.iter().any(|national| national.is_dialled) {
            let is_near = |number: &&E164| Country::of(number).is_some_and(|country| places.has(country));
            let code = has_code.filter(is_near).map(|number| meaning(number, Recognition::CountryCode, true));
            let national = in_use.iter().map(|national| national.meaning(places.recognize(national.country)));
            return distinct(code.into_iter().chain(national));
        }
        let has_code = has_code.map(|number| meaning(number, Recognition::CountryCode, true));
        let is_sure = |national: &National| has_code.is_none() && (national.is_dialled || national.is_valid);
        let near = near.into_iter().map(|national| {
            let country = national.country;
            national.meaning(if is_sure(national) { places.recognize(country) } else { Recognition::Guess(country) })
        });
        // A record with an address is in no other country.
        let is_possible = |country: Country| places.address.is_none_or(|address| address == country);
        let elsewhere = self.national.iter().filter(|national| is_possible(national.country));
        let elsewhere = elsewhere.map(|national| national.meaning(Recognition::Guess(national.country)));
        let unlikely = match &self.international {
            Some((number, Code::Unlikely)) => Some((number.clone(), Country::of(number))),
            Some(_) | None => None,
        };
        let unlikely = unlikely.filter(|(_, country)| country.is_none_or(is_possible)).map(|(number, country)| {
            meaning(&number, country.map_or(Recognition::CountryCode, Recognition::Guess), false)
        });
        distinct(has_code.iter().cloned().chain(near).chain(elsewhere).chain(unlikely))
    }

    /// As a number of the country of the record's address, if it is one; else as one of the lines and the org.
    fn near(&self, places: &Places) -> Vec<&National> {
        let at_address: Vec<&National> = self.national.iter().filter(|n| Some(n.country) == places.address).collect();
        if at_address.iter().any(|national| national.is_dialled || national.is_valid) {
            return at_address;
        }
        self.national.iter().filter(|n| places.lines.contains(&n.country) || places.org == Some(n.country)).collect()
    }
}

impl National {
    fn read(digits: &str, country: Country) -> Option<Self> {
        let as_dialled = within(digits, country).and_then(|number| {
            let significant = get_national_significant_number_owned(&number);
            let has_country_code = format!("{country}{significant}").trim_start_matches('+') == digits;
            let is_dialled =
                significant != digits || digits_of(&number.format_as(PhoneNumberFormat::National)) == digits;
            (!has_country_code).then(|| Self::new(country, &number, is_dialled)).flatten()
        });
        if let Some(national) = as_dialled.as_ref().filter(|national| national.is_valid) {
            return Some(national.clone());
        }
        let rest = other_trunk_prefixes(country).iter().filter_map(|prefix| digits.strip_prefix(prefix));
        let other = rest
            .filter_map(|rest| Self::new(country, &within(rest, country)?, true))
            .find(|national| national.is_valid);
        other.or(as_dialled)
    }

    fn new(country: Country, number: &PhoneNumber, is_dialled: bool) -> Option<Self> {
        let e164 = e164(number)?;
        // A number of a former plan is one of the country's too.
        let is_renumbered = || {
            let current = e164.clone().renumbered();
            current != e164 && valid(current.digits()).is_some()
        };
        Some(Self { country, is_dialled, is_valid: is_valid(number) || is_renumbered(), number: e164 })
    }

    fn meaning(&self, recognition: Recognition) -> Meaning {
        meaning(&self.number, recognition, self.is_valid)
    }
}

fn meaning(number: &E164, recognition: Recognition, is_valid: bool) -> Meaning {
    Meaning { number: number.clone(), recognition, is_valid }
}

/// Each number once, as it was recognised first.
fn distinct(all: impl Iterator<Item = Meaning>) -> Vec<Meaning> {
    let mut meanings: Vec<Meaning> = Vec::new();
    for meaning in all {
        if !meanings.iter().any(|known| known.number == meaning.number) {
            meanings.push(meaning);
        }
    }
    meanings
}

impl Places<'_> {
    fn has(&self, country: Country) -> bool {
        !matches!(self.recognize(country), Recognition::Guess(_))
    }

    fn recognize(&self, country: Country) -> Recognition {
        if self.address == Some(country) {
            Recognition::Address(country)
        } else if self.lines.contains(&country) {
            Recognition::Line(country)
        } else if self.org == Some(country) {
            Recognition::Org(country)
        } else {
            Recognition::Guess(country)
        }
    }
}

/// A number whose country code is marked, and whose country has no numbers of its length: it may have had.
fn marked(number: E164) -> (E164, Code) {
    let is_possible = possible(number.clone().renumbered().digits()).is_some();
    (number, Code::Marked { is_possible })
}

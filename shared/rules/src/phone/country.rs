//! Countries, by their calling codes.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use serde::{Deserialize, Serialize};

use super::E164;

/// The numbering plan of a calling code: a country, or the countries that share it, such as +1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Country(u16);

/// One line a region: its ISO 3166 code, its three-letter code, and its names in English, French, German, Spanish,
/// Italian, Portuguese, Dutch and its own languages, in lower case, with and without accents. From CLDR 46.
const NAMES: &str = include_str!("country_names.txt");

/// ISO codes by name, and by themselves in lower case.
static REGIONS: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    let lines = NAMES.lines().filter_map(|line| line.split_once(':'));
    lines
        .flat_map(|(iso, names)| {
            names.split(';').map(str::to_owned).chain([iso.to_lowercase()]).map(move |name| (name, iso))
        })
        .collect()
});

impl Country {
    /// The country of a phone number; none if its calling code is not assigned.
    pub fn of(phone: &E164) -> Option<Self> {
        // Calling codes are prefix-free and have one to three digits.
        (1..=3).find_map(|len| Self::assigned(phone.digits().get(..len)?.parse().ok()?))
    }

    /// The country of an address: an ISO 3166 code or a name, as Salesforce holds it.
    pub fn of_address(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let region: Region = REGIONS.get(text.as_str())?.parse().ok()?;
        Self::of_region(region)
    }

    /// The country of a Salesforce locale, such as `fr_FR` or `en_US_EURO`.
    pub fn of_locale(locale: &str) -> Option<Self> {
        let region = locale.split(['_', '-']).skip(1).find(|part| part.len() == 2)?;
        Self::of_region(region.to_uppercase().parse().ok()?)
    }

    fn of_region(region: Region) -> Option<Self> {
        let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
        u16::try_from(code).ok().map(Self)
    }

    fn assigned(code: u16) -> Option<Self> {
        Self(code).region().map(|_| Self(code))
    }

    /// The calling code: 33.
    pub fn calling_code(self) -> u16 {
        self.0
    }

    /// The region whose rules the numbers of the calling code follow. Worldwide services have none.
    pub(super) fn region(self) -> Option<Region> {
        let region = PHONE_NUMBER_UTIL.get_region_for_country_code(i32::from(self.0));
        region.filter(|region| *region != Region::World)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, code: Option<u16>) {
        assert_eq!(Country::of_address(address).map(Country::calling_code), code, "{address}");
    }

    #[test]
    fn a_country_is_known_by_code_and_by_name() {
        for france in ["FR", "fr", "FRA", "France", " france "] {
            check(france, Some(33));
        }
        check("Deutschland", Some(49));
        check("United States", Some(1));
        check("United Kingdom", Some(44));
        check("Canada", Some(1));
        check("Argentina", Some(54));
        check("Atlantis", None);
        check("", None);
    }

    #[test]
    fn a_country_is_known_by_locale_and_by_number() {
        assert_eq!(Country::of_locale("fr_FR"), Some(Country(33)));
        assert_eq!(Country::of_locale("zh_Hans_CN"), Some(Country(86)));
        assert_eq!(Country::of_locale("eo"), None);
        for (phone, code) in [("+33612345678", Some(33)), ("+14155550132", Some(1)), ("+999123456789", None)] {
            assert_eq!(Country::of(&E164::parse(phone).unwrap()), code.map(Country));
        }
    }
}

//! The scripts that people write phone numbers in.

use super::E164;
use super::country::Country;

/// A script with decimal digits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    zero: char,
    /// The calling codes of the countries that use it.
    countries: &'static [u16],
}

impl Script {
    /// Scripts besides ASCII: full-width, Arabic-Indic, Persian, Devanagari, Bengali, Thai.
    pub const ALL: &[Self] = &[
        Self { zero: '０', countries: &[81, 82, 86, 852, 886] },
        Self { zero: '٠', countries: &[20, 249, 961, 962, 963, 964, 965, 966, 967, 968, 970, 971, 973, 974] },
        Self { zero: '۰', countries: &[92, 93, 98] },
        Self { zero: '०', countries: &[91, 977] },
        Self { zero: '০', countries: &[880] },
        Self { zero: '๐', countries: &[66] },
    ];

    /// The script, besides ASCII, that is used in the country of a number: at most one.
    pub fn of(phone: &E164) -> &'static [Self] {
        let code = Country::of(phone).map(Country::calling_code);
        let at = Self::ALL.iter().position(|script| code.is_some_and(|code| script.countries.contains(&code)));
        at.map_or(&[], |at| &Self::ALL[at..=at])
    }

    /// ASCII digits in this script.
    pub fn write(self, digits: &str) -> String {
        let value = |digit: char| digit.to_digit(10).unwrap_or_default();
        digits.chars().filter_map(|digit| char::from_u32(u32::from(self.zero) + value(digit))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::plain::plain;

    #[test]
    fn what_is_written_in_a_script_is_read_back() {
        for script in Script::ALL {
            let written = script.write("0123456789");
            assert_eq!(plain(&written).0.iter().collect::<String>(), "0123456789");
        }
    }

    #[test]
    fn a_country_has_its_script() {
        let of = |phone: &str| Script::of(&E164::parse(phone).unwrap()).first().map(|script| script.zero);
        assert_eq!(of("+966501234567"), Some('٠'));
        assert_eq!(of("+819012345678"), Some('０'));
        assert_eq!(of("+33612345678"), None);
    }
}

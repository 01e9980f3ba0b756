//! The phone numbers of the company's own lines.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::phone::E164;

/// The phone numbers of the company's own lines: a call or message whose other party is among them is internal.
///
/// Each is kept in its [canonical](E164::canonical) form. Collecting more than [`OwnLines::MAX`] keeps the first ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<E164>")]
pub struct OwnLines(BTreeSet<E164>);

impl OwnLines {
    /// The most lines that are kept: they are stored in the item of their tenant.
    pub const MAX: usize = 1_000;

    /// Whether this is the number of one of the lines, in whatever spelling.
    pub fn contains(&self, phone: &E164) -> bool {
        !self.is_empty() && self.0.contains(&phone.canonical())
    }

    /// Whether both have a number in common.
    pub fn has_any_of(&self, other: &OwnLines) -> bool {
        !self.0.is_disjoint(&other.0)
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none, or none are known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<E164> for OwnLines {
    fn from_iter<I: IntoIterator<Item = E164>>(phones: I) -> Self {
        let mut lines = BTreeSet::new();
        for phone in phones {
            if lines.len() == Self::MAX {
                break;
            }
            lines.insert(phone.canonical());
        }
        Self(lines)
    }
}

impl From<Vec<E164>> for OwnLines {
    fn from(phones: Vec<E164>) -> Self {
        phones.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn phone(text: &str) -> E164 {
        E164::parse(text).unwrap()
    }

    #[test]
    fn a_line_is_known_in_each_spelling_of_its_number() {
        // Mexico's mobiles had a 1 after the country code, and WhatsApp still writes it.
        let lines: OwnLines = ["+52 1 55 1234 5678", "+44 20 7946 0100"].map(phone).into_iter().collect();
        for text in ["+525512345678", "+5215512345678", "+442079460100", "+44 020 7946 0100"] {
            assert!(lines.contains(&phone(text)), "{text}");
        }
        assert!(!lines.contains(&phone("+442079460101")));
        assert!(!OwnLines::default().contains(&phone("+442079460100")));
    }

    #[test]
    fn spellings_of_one_number_are_one_line() {
        let lines: OwnLines = ["+5215512345678", "+525512345678"].map(phone).into_iter().collect();
        assert_eq!(lines.len(), 1);
    }

    #[test]
    fn no_more_lines_are_kept_than_fit() {
        let lines: OwnLines = (0..2 * OwnLines::MAX).map(|n| phone(&format!("+1415555{n:04}"))).collect();
        assert_eq!(lines.len(), OwnLines::MAX);
        assert!(lines.contains(&phone("+14155550000")) && !lines.contains(&phone("+14155551000")));
    }

    #[test]
    fn lines_are_stored_as_a_list_of_texts() {
        let lines: OwnLines = ["+442079460100", "+14155550100"].map(phone).into_iter().collect();
        let stored = json!(lines);
        assert_eq!(stored, json!(["+14155550100", "+442079460100"]));
        assert_eq!(serde_json::from_value::<OwnLines>(stored).unwrap(), lines);
    }
}

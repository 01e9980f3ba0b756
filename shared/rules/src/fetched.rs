//! A call that Aircall was asked for, because no event of its end had arrived.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use serde::{Deserialize, Serialize};

/// Why Aircall was asked for calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FetchCause {
    /// An admin asked for the calls of a period.
    Requested,
    /// The webhook was repaired, activated again or replaced.
    Repaired,
    /// A regular comparison with Aircall's list found calls that are missing.
    #[default]
    #[serde(other)]
    Compared,
}

/// When and why Aircall was asked for a call. The least of several is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fetched {
    /// When.
    #[serde(default, with = "required")]
    pub at: Timestamp,
    /// Why.
    #[serde(default)]
    pub cause: FetchCause,
}

impl FetchCause {
    /// Its name where it is stored or sent.
    pub fn key(self) -> &'static str {
        match self {
            FetchCause::Requested => "requested",
            FetchCause::Repaired => "repaired",
            FetchCause::Compared => "compared",
        }
    }

    /// The cause with this name.
    pub fn from_key(key: &str) -> Option<Self> {
        [FetchCause::Requested, FetchCause::Repaired, FetchCause::Compared].into_iter().find(|cause| cause.key() == key)
    }
}

impl Fetched {
    /// Where the call came from and why it is late, as a sentence.
    pub fn sentence(&self) -> String {
        let at = self.at.strftime("%Y-%m-%d at %H:%M UTC");
        match self.cause {
            FetchCause::Requested => format!(
                "Aircall's event did not arrive; the call was fetched on {at} because an admin imported the calls of its day."
            ),
            FetchCause::Repaired => {
                format!("Aircall's event did not arrive; the call was fetched on {at} after the webhook was repaired.")
            }
            FetchCause::Compared => format!(
                "Aircall's event did not arrive; the call was fetched on {at} when Aircall's list of calls was compared."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_known_by_its_key() {
        for cause in [FetchCause::Requested, FetchCause::Repaired, FetchCause::Compared] {
            assert_eq!(FetchCause::from_key(cause.key()), Some(cause));
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.key());
        }
        assert_eq!(FetchCause::from_key("of-the-future"), None);
        assert_eq!(serde_json::from_str::<FetchCause>("\"of-the-future\"").unwrap(), FetchCause::Compared);
    }
}

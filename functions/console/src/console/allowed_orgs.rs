//! The allow list of orgs whose admins may sign in.

use std::collections::BTreeSet;
use std::str::FromStr;

use salesforce::SalesforceId;

/// The orgs whose admins may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrgs {
    /// Every org.
    All,
    /// Only these orgs, by ID.
    Only(BTreeSet<SalesforceId>),
}

/// The text is neither `*` nor a comma-separated list of org IDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOrgs;

impl AllowedOrgs {
    pub(crate) fn allow(&self, org: &SalesforceId) -> bool {
        match self {
            AllowedOrgs::All => true,
            AllowedOrgs::Only(orgs) => orgs.contains(org),
        }
    }
}

impl FromStr for AllowedOrgs {
    type Err = NotOrgs;

    /// Reads `*`, or comma-separated IDs of 15 or 18 characters.
    fn from_str(text: &str) -> Result<Self, NotOrgs> {
        if text.trim() == "*" {
            return Ok(AllowedOrgs::All);
        }
        let org = |id: &str| SalesforceId::parse(id.trim()).ok().filter(|org| org.as_str().starts_with("00D"));
        text.split(',').map(org).collect::<Option<_>>().map(AllowedOrgs::Only).ok_or(NotOrgs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org(id: &str) -> SalesforceId {
        SalesforceId::parse(id).unwrap()
    }

    #[test]
    fn every_org_or_listed_orgs_by_their_15_or_18_character_id() {
        let (one, other) = (org("00Dxx0000001gPL"), org("00Dxx0000001gpl"));
        assert!("*".parse::<AllowedOrgs>().unwrap().allow(&one));
        for text in ["00Dxx0000001gPL", "00Dxx0000001gPLEAY", "00D000000000001, 00Dxx0000001gPL"] {
            let allowed: AllowedOrgs = text.parse().unwrap();
            assert!(allowed.allow(&one) && !allowed.allow(&other), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "00Dxx0000001gPL,", "all", "005xx0000001gPL", "00Dxx0000001gPL;00D000000000001", "*,*"] {
            assert_eq!(text.parse::<AllowedOrgs>(), Err(NotOrgs), "{text:?}");
        }
    }
}

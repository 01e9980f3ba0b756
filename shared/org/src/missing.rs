//! What an org lacks or hides: typed, while the store keeps it as text with the time at which it was noticed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use salesforce::call_log::MESSAGE_TYPE;
use salesforce::{ErrorCode, KeyField, Refusal, SObject};
use store::OrgFacts;

/// Something that an org lacks, or that the connecting user may not use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// A field that cannot be written: `Task.Type`.
    Field(SObject, String),
    /// A value that a picklist lacks: `Task.Type=SMS`.
    Value {
        /// The object of the field.
        sobject: SObject,
        /// The picklist field.
        field: String,
        /// The value.
        value: String,
    },
    /// A field that a search for callers must leave out: `Caller.Lead.MobilePhone`, or `Caller.MobilePhone` where
    /// Salesforce did not name the object.
    Searched(Option<SObject>, String),
    /// A field that queries cannot filter by, as it is encrypted: `Filter.Contact.Phone`.
    Filter(SObject, String),
    /// The query that confirms what the search found, of an object of which it took too long or was refused:
    /// `Query.Contact`.
    Query(SObject),
    /// Scans of an object for numbers that the search does not find, which took too long: `Scan.Contact`.
    Scan(SObject),
    /// New records of an object that belong to others, which the connecting user would not see: `Owner.Contact`.
    Owner(SObject),
    /// An object: `Lead`.
    Object(SObject),
}

/// The text names nothing that an org can lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a field, a value or an object")]
pub struct InvalidMissing;

/// The pseudo-object of the fields that searches leave out.
const CALLER: &str = "Caller";
/// The pseudo-object of the fields that queries cannot filter by.
const FILTER: &str = "Filter";
/// The pseudo-object of the objects that are not queried by phone number.
const QUERY: &str = "Query";
/// The pseudo-object of the objects that are not scanned.
const SCAN: &str = "Scan";
/// The pseudo-object of the objects whose new records belong to the connecting user.
const OWNER: &str = "Owner";

impl Missing {
    /// The field that holds the key of a Task.
    pub fn key_field(field: KeyField) -> Self {
        Self::Field(SObject::Task, field.name().to_owned())
    }

    /// What the org lacks by the refusal of `field` of a record: the field, or the value that was `sent`, where others
    /// of the picklist may be taken.
    pub fn refused(sobject: SObject, field: &str, refusal: &Refusal, sent: Option<&str>) -> Self {
        let is_value = *refusal.code() == ErrorCode::InvalidOrNullForRestrictedPicklist
            && (field == "Status" || field == "Type" && sent == Some(MESSAGE_TYPE));
        match sent.filter(|_| is_value) {
            Some(value) => Self::Value { sobject, field: field.to_owned(), value: value.to_owned() },
            None => Self::Field(sobject, field.to_owned()),
        }
    }

    /// Whether the org is known to lack it.
    pub fn is_in(&self, facts: &OrgFacts) -> bool {
        let noticed = if self.is_object() { &facts.missing_objects } else { &facts.missing_fields };
        noticed.contains_key(&self.to_string())
    }

    /// Adds it to the facts, as noticed `now`. Returns whether it is new.
    pub fn add_to(&self, facts: &mut OrgFacts, now: Timestamp) -> bool {
        self.noticed_in(facts).insert(self.to_string(), now).is_none()
    }

    /// Removes it from the facts. Returns whether it was there.
    pub fn remove_from(&self, facts: &mut OrgFacts) -> bool {
        self.noticed_in(facts).remove(&self.to_string()).is_some()
    }

    /// The facts of its kind: objects are kept apart from all others.
    fn noticed_in<'f>(&self, facts: &'f mut OrgFacts) -> &'f mut BTreeMap<String, Timestamp> {
        if self.is_object() { &mut facts.missing_objects } else { &mut facts.missing_fields }
    }

    fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// All that the org is known to lack, with the time at which it was noticed. What another version noted and this
    /// one does not understand is left out.
    pub fn all(facts: &OrgFacts) -> impl Iterator<Item = (Self, Timestamp)> + '_ {
        let all = facts.missing_fields.iter().chain(&facts.missing_objects);
        all.filter_map(|(name, since)| Some((name.parse().ok()?, *since)))
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(sobject, field) => write!(f, "{sobject}.{field}"),
            Self::Value { sobject, field, value } => write!(f, "{sobject}.{field}={value}"),
            Self::Searched(Some(sobject), field) => write!(f, "{CALLER}.{sobject}.{field}"),
            Self::Searched(None, field) => write!(f, "{CALLER}.{field}"),
            Self::Filter(sobject, field) => write!(f, "{FILTER}.{sobject}.{field}"),
            Self::Query(sobject) => write!(f, "{QUERY}.{sobject}"),
            Self::Scan(sobject) => write!(f, "{SCAN}.{sobject}"),
            Self::Owner(sobject) => write!(f, "{OWNER}.{sobject}"),
            Self::Object(sobject) => write!(f, "{sobject}"),
        }
    }
}

impl FromStr for Missing {
    type Err = InvalidMissing;

    fn from_str(text: &str) -> Result<Self, InvalidMissing> {
        let sobject = |name: &str| SObject::from_name(name).ok_or(InvalidMissing);
        let Some((object, rest)) = text.split_once('.') else { return sobject(text).map(Self::Object) };
        match object {
            CALLER => match rest.split_once('.') {
                Some((object, field)) => Ok(Self::Searched(Some(sobject(object)?), field.to_owned())),
                None => Ok(Self::Searched(None, rest.to_owned())),
            },
            QUERY => sobject(rest).map(Self::Query),
            SCAN => sobject(rest).map(Self::Scan),
            OWNER => sobject(rest).map(Self::Owner),
            FILTER => {
                let (object, field) = rest.split_once('.').ok_or(InvalidMissing)?;
                Ok(Self::Filter(sobject(object)?, field.to_owned()))
            }
            object => {
                let sobject = sobject(object)?;
                Ok(match rest.split_once('=') {
                    Some((field, value)) => Self::Value { sobject, field: field.to_owned(), value: value.to_owned() },
                    None => Self::Field(sobject, rest.to_owned()),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, missing: Missing) {
        assert_eq!(text.parse(), Ok(missing.clone()));
        assert_eq!(missing.to_string(), text);
    }

    #[test]
    fn each_kind_has_one_name() {
        check("Lead", Missing::Object(SObject::Lead));
        check("Task.Type", Missing::Field(SObject::Task, "Type".to_owned()));
        let (field, value) = ("Type".to_owned(), "SMS".to_owned());
        check("Task.Type=SMS", Missing::Value { sobject: SObject::Task, field, value });
        check("Caller.MobilePhone", Missing::Searched(None, "MobilePhone".to_owned()));
        check("Filter.Contact.Phone", Missing::Filter(SObject::Contact, "Phone".to_owned()));
        check("Scan.Account", Missing::Scan(SObject::Account));
        check("Owner.Case", Missing::Owner(SObject::Case));
        check("Query.Lead", Missing::Query(SObject::Lead));
        check("Caller.Lead.MobilePhone", Missing::Searched(Some(SObject::Lead), "MobilePhone".to_owned()));
    }

    #[test]
    fn other_names_are_refused() {
        for text in ["", "Campaign", "Campaign.Name", "Caller.Campaign.Phone", "Query.Campaign", "Filter.Contact"] {
            assert_eq!(text.parse::<Missing>(), Err(InvalidMissing), "{text}");
        }
    }

    #[test]
    fn facts_are_found_under_their_names() {
        let (mut facts, now) = (OrgFacts::default(), Timestamp::UNIX_EPOCH);
        let missing = [Missing::Object(SObject::Lead), Missing::key_field(KeyField::AircallKey)];
        assert!(missing.iter().all(|missing| missing.add_to(&mut facts, now)));
        assert!(missing.iter().all(|missing| !missing.add_to(&mut facts, now) && missing.is_in(&facts)));
        facts.missing_fields.insert("Campaign.Name".to_owned(), now);
        assert_eq!(Missing::all(&facts).count(), 2);
        assert!(missing[0].remove_from(&mut facts) && !missing[0].is_in(&facts));
    }
}

//! Known facts about a tenant's org.

use std::collections::BTreeMap;

use jiff::fmt::serde::timestamp::second::{optional, required};
use jiff::{SignedDuration, Timestamp};
use rules::OrgLists;
use rules::phone::Country;
use rules::unknown::AccountType;
use serde::{Deserialize, Serialize};

use crate::dynamodb::unix_seconds;

/// Known facts about an org, each with its age, so that it can be checked again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgFacts {
    /// Whether it has person accounts.
    pub person_accounts: Option<Known<bool>>,
    /// Its country, if it says one.
    #[serde(default)]
    pub country: Option<Known<Option<Country>>>,
    /// Its own lists of values, and when the statuses in them were read. They are kept until newer ones are read.
    #[serde(default)]
    pub lists: Option<Known<OrgLists>>,
    /// When the picklists in them were read.
    #[serde(default, with = "optional")]
    pub picklists_at: Option<Timestamp>,
    /// The record type of Accounts that are created. Not known where Salesforce has not refused its default.
    #[serde(default)]
    pub account_type: Option<Known<AccountType>>,
    /// How many records its automation takes in one request, where it did not take more.
    #[serde(default)]
    pub write_size: Option<Known<WriteSize>>,
    /// Fields, such as `Task.Aircall_Key__c`, that are missing or not writable, and when that was noticed.
    #[serde(default, with = "unix_seconds::map")]
    pub missing_fields: BTreeMap<String, Timestamp>,
    /// Objects, such as `Lead`, that the connecting user has no access to, and when that was noticed.
    #[serde(default, with = "unix_seconds::map")]
    pub missing_objects: BTreeMap<String, Timestamp>,
}

impl OrgFacts {
    /// How long a field, an object or a feature is assumed missing: it may have been added since.
    pub const TTL: SignedDuration = SignedDuration::from_hours(24);

    /// How long the statuses are taken for the org's own: with others, a Task would show under the wrong heading.
    const STATUSES_TTL: SignedDuration = SignedDuration::from_mins(15);

    /// Whether the statuses are to be read again.
    pub fn needs_statuses(&self, now: Timestamp) -> bool {
        self.lists.as_ref().is_none_or(|known| now >= known.at + Self::STATUSES_TTL)
    }

    /// Whether the picklists are to be read again. A description of an object is up to a megabyte long.
    pub fn needs_picklists(&self, now: Timestamp) -> bool {
        self.picklists_at.is_none_or(|at| now >= at + Self::TTL)
    }

    /// Takes over lists that were read `now`. A part that could not be read is kept as it was known.
    pub fn learn_lists(&mut self, read: OrgLists, now: Timestamp) {
        let mut lists = self.lists.as_ref().map(|known| known.value.clone()).unwrap_or_default();
        if !read.statuses.is_empty() {
            lists.statuses = read.statuses;
        }
        if !read.picklists.is_empty() {
            lists.picklists.extend(read.picklists);
            self.picklists_at = Some(now);
        }
        let is_known = self.lists.as_ref().is_some_and(|known| known.value == lists) && !self.needs_statuses(now);
        if !is_known {
            self.lists = Some(Known { value: lists, at: now });
        }
    }

    /// Whether the org is known to have person accounts.
    pub fn has_person_accounts(&self) -> bool {
        self.person_accounts.is_some_and(|known| known.value)
    }

    /// The facts that have not expired as of `now`. A feature that was present is assumed to stay.
    #[must_use]
    pub fn as_of(mut self, now: Timestamp) -> Self {
        let is_current = |at: Timestamp| now < at + Self::TTL;
        self.person_accounts = self.person_accounts.filter(|known| known.value || is_current(known.at));
        self.country = self.country.filter(|known| is_current(known.at));
        self.account_type = self.account_type.filter(|known| is_current(known.at));
        self.write_size = self.write_size.filter(|known| is_current(known.at));
        self.missing_fields.retain(|_, at| is_current(*at));
        self.missing_objects.retain(|_, at| is_current(*at));
        self
    }
}

/// How many records are written in one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteSize {
    /// The most records.
    pub records: u32,
    /// How many requests of so many records went well.
    pub successes: u32,
}

/// A value and when it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// When it was observed.
    #[serde(with = "required")]
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn lists_are_read_again_and_kept_until_then() {
        let mut facts = OrgFacts::default();
        assert!(facts.needs_statuses(at(0)) && facts.needs_picklists(at(0)));
        let status = |name: &str| rules::OrgStatus { name: name.to_owned(), is_closed: true, is_default: false };
        let picklists = BTreeMap::from([("Task.Type".to_owned(), ["Call".to_owned()].into())]);
        facts.learn_lists(OrgLists { statuses: vec![status("Done")], picklists: picklists.clone() }, at(0));
        facts = facts.as_of(at(1_000_000));
        assert!(facts.needs_statuses(at(900)) && !facts.needs_statuses(at(899)) && !facts.needs_picklists(at(900)));
        facts.learn_lists(OrgLists { statuses: vec![status("Closed")], picklists: BTreeMap::new() }, at(900));
        assert_eq!(facts.lists.clone().unwrap().value, OrgLists { statuses: vec![status("Closed")], picklists });
        facts.learn_lists(OrgLists::default(), at(86_400));
        assert_eq!(facts.lists.as_ref().unwrap().value.statuses, [status("Closed")]);
        assert!(facts.needs_picklists(at(86_400)));
    }

    #[test]
    fn absence_expires_after_a_day_and_presence_never() {
        let seen = |value| OrgFacts {
            country: None,
            lists: None,
            picklists_at: None,
            write_size: None,
            account_type: Some(Known { value: AccountType::Unavailable, at: at(1) }),
            person_accounts: Some(Known { value, at: at(0) }),
            missing_fields: BTreeMap::from([("Task.Type".to_owned(), at(0)), ("Contact.Email".to_owned(), at(1))]),
            missing_objects: BTreeMap::from([("Lead".to_owned(), at(0)), ("Case".to_owned(), at(1))]),
        };
        assert_eq!(seen(false).as_of(at(86_399)), seen(false));
        let left = OrgFacts {
            country: None,
            lists: None,
            picklists_at: None,
            write_size: None,
            account_type: Some(Known { value: AccountType::Unavailable, at: at(1) }),
            person_accounts: None,
            missing_fields: BTreeMap::from([("Contact.Email".to_owned(), at(1))]),
            missing_objects: BTreeMap::from([("Case".to_owned(), at(1))]),
        };
        assert_eq!(seen(false).as_of(at(86_400)), left);
        let has = OrgFacts { person_accounts: seen(true).person_accounts, ..OrgFacts::default() };
        assert_eq!(seen(true).as_of(at(1_000_000)), has);
    }
}

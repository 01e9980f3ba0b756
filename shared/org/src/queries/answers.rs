//! What Salesforce answered to the questions of a look-up, or why it did not.

use std::collections::{BTreeMap, BTreeSet};

use rules::matching::{Callers, Matches};
use rules::phone::Country;
use rules::relate::{Related, RelatedKind};
use rules::{E164, OrgLists};
use salesforce::call_log::{self, Found};
use salesforce::{ErrorCode, KeyField, Kind, Record, SObject, SalesforceId};

use super::{Queries, Target};

/// What Salesforce answered.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each query may be denied alone")]
pub(crate) struct Answers {
    /// `None` if users were not queried, or Salesforce denied access.
    pub(crate) users: Option<Vec<Record>>,
    /// Whether the org does not let users be found by their e-mail addresses, as these are encrypted.
    pub(crate) emails_denied: bool,
    pub(crate) related: BTreeMap<SalesforceId, Vec<Related>>,
    /// The Accounts that are Person Accounts, with the id of their hidden Contact; `None` if the org has no such
    /// fields.
    pub(crate) persons: Option<BTreeMap<SalesforceId, Option<SalesforceId>>>,
    /// Whether Person Accounts were queried.
    pub(crate) asked_about_persons: bool,
    pub(crate) country: OrgCountry,
    pub(crate) found: Vec<Found>,
    /// The objects whose records with the phone numbers could not be queried.
    pub(crate) unconfirmed: BTreeMap<SObject, Unconfirmed>,
    /// The objects that were scanned in vain: it took too long, or was refused.
    pub(crate) unscanned: BTreeMap<SObject, Unconfirmed>,
    /// The Accounts of companies, the most recently updated first.
    pub(crate) companies: Vec<Record>,
    /// Whether Accounts could not be queried by their names.
    pub(crate) companies_denied: bool,
    /// The org's lists of values.
    pub(crate) lists: Option<OrgLists>,
    /// Whether Salesforce denied access to Cases or Opportunities.
    pub(crate) relation_denied: bool,
    /// Whether Salesforce denied looking up Tasks by their key.
    pub(crate) keys_denied: bool,
    /// Task ids by key.
    pub(crate) tasks: BTreeMap<String, SalesforceId>,
}

/// Why the records of an object could not be queried by phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unconfirmed {
    /// Salesforce refused a field.
    Field,
    /// It was refused for another reason.
    Refused,
    /// It took too long.
    TimedOut,
}

/// The org's country.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum OrgCountry {
    /// It was not queried.
    #[default]
    NotAsked,
    /// What Salesforce answered: some orgs say none.
    Answered(Option<Country>),
}

impl Answers {
    /// Notes the refusal of a query that the work can be done without. Returns whether that is so.
    pub(super) fn does_without(&mut self, target: Target, error: &salesforce::Error) -> bool {
        let is_missing =
            target == Target::Keys && is_unknown_field(error) || target != Target::Keys && is_denied(error);
        if is_missing {
            let why = if is_unknown_field(error) { Unconfirmed::Field } else { Unconfirmed::Refused };
            self.lacks(target, why);
        }
        is_missing
    }

    /// Whether such a query took too long.
    pub(super) fn took_too_long(&self, target: Target) -> bool {
        let timed_out = |map: &BTreeMap<SObject, Unconfirmed>| map.values().any(|why| *why == Unconfirmed::TimedOut);
        match target {
            Target::Scan(_) => timed_out(&self.unscanned),
            Target::Phones(_) => timed_out(&self.unconfirmed),
            _ => false,
        }
    }

    /// Notes that a query was not answered.
    pub(super) fn lacks(&mut self, target: Target, why: Unconfirmed) {
        match target {
            Target::Related(_) => self.relation_denied = true,
            Target::Organization if why == Unconfirmed::TimedOut => {}
            Target::Organization => self.country = OrgCountry::Answered(None),
            Target::Keys => self.keys_denied = true,
            Target::Users => self.emails_denied |= why == Unconfirmed::Field,
            Target::Companies => self.companies_denied = true,
            Target::Phones(sobject) => drop(self.unconfirmed.insert(sobject, why)),
            Target::Scan(sobject) => drop(self.unscanned.insert(sobject, why)),
            // Only an org with person accounts has the fields that identify them, and not every user may see Accounts.
            Target::Persons | Target::Statuses | Target::Describe(_) => {}
        }
    }

    /// What of `questions` nothing was found for; `None` if that is all of them, or nothing.
    pub(super) fn unanswered(&self, questions: &Queries) -> Option<Queries> {
        let contacts = |(kind, contacts): &(RelatedKind, BTreeSet<SalesforceId>)| {
            let unknown = contacts.iter().filter(|contact| !self.related.contains_key(contact));
            (*kind, unknown.copied().collect::<BTreeSet<_>>())
        };
        let callers: Callers = questions.phones.iter().chain(&questions.scanned).collect();
        let matches = Matches::new(&callers, self.found.iter().map(|found| &found.candidate));
        let not_found = |phone: &&E164| matches.count(phone) == 0;
        let rest = Queries {
            related: questions.related.as_ref().filter(|_| !self.relation_denied).map(contacts),
            phones: questions.phones.iter().filter(not_found).cloned().collect(),
            scanned: questions.scanned.iter().filter(not_found).cloned().collect(),
            keys: questions.keys.iter().filter(|key| !self.tasks.contains_key(*key)).cloned().collect(),
            since: questions.since,
            now: questions.now,
            ..Queries::default()
        };
        let count = |queries: &Queries| {
            let contacts = queries.related.as_ref().map_or(0, |(_, contacts)| contacts.len());
            contacts + queries.phones.len() + queries.scanned.len() + queries.keys.len()
        };
        (0 < count(&rest) && count(&rest) < count(questions)).then_some(rest)
    }

    /// Adds the answers to what had remained unanswered.
    pub(crate) fn merge(&mut self, mut rest: Self) {
        self.related.append(&mut rest.related);
        self.found.append(&mut rest.found);
        self.tasks.append(&mut rest.tasks);
        self.unconfirmed.append(&mut rest.unconfirmed);
        self.unscanned.append(&mut rest.unscanned);
        self.relation_denied |= rest.relation_denied;
        self.keys_denied |= rest.keys_denied;
    }

    pub(super) fn take(&mut self, target: Target, records: Vec<Record>) {
        match target {
            Target::Users => self.users.get_or_insert_default().extend(records),
            Target::Companies => self.companies.extend(records),
            Target::Statuses | Target::Describe(_) => {}
            Target::Related(kind) => {
                let read = match kind {
                    RelatedKind::Case => call_log::open_case,
                    RelatedKind::Opportunity => call_log::open_opportunity,
                };
                for (contact, related) in records.iter().filter_map(read) {
                    self.related.entry(contact).or_default().push(related);
                }
            }
            Target::Persons => {
                let persons = records.iter().filter(|record| record.bool("IsPersonAccount") == Some(true));
                let persons = persons.filter_map(|record| Some((record.id()?, record.reference("PersonContactId"))));
                self.persons.get_or_insert_default().extend(persons);
            }
            Target::Organization => {
                let country = |record: &Record| {
                    let address = record.str("Country").and_then(Country::of_address);
                    // The locale of an org where nobody chose one says nothing.
                    let locale = record.str("DefaultLocaleSidKey").filter(|locale| *locale != "en_US");
                    address.or_else(|| Country::of_locale(locale?))
                };
                self.country = OrgCountry::Answered(records.first().and_then(country));
            }
            Target::Phones(_) | Target::Scan(_) => self.found.extend(records.iter().filter_map(call_log::found)),
            Target::Keys => {
                let key = |record: &Record| Some((record.str(KeyField::CallObject.name())?.to_owned(), record.id()?));
                // Newest first: of several Tasks, the oldest, which was logged, is inserted last and kept.
                self.tasks.extend(records.iter().filter_map(key));
            }
        }
    }
}

fn is_denied(error: &salesforce::Error) -> bool {
    error.refusal().is_some() && matches!(error.kind(), Kind::Fail | Kind::Degrade)
}

fn is_unknown_field(error: &salesforce::Error) -> bool {
    error.refusal().is_some_and(|refusal| *refusal.code() == ErrorCode::InvalidField)
}

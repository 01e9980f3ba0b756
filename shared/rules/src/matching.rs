//! Which record has a phone number.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::phone::{Country, E164, Places, Recognition, SUFFIX_LEN, WrittenNumber, plain, read};
use crate::salesforce_id::SalesforceId;
use crate::stored;
use crate::trace::{Topic, Trace};

/// The kinds of record a call is logged on, in order of priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Salesforce's names")]
pub enum RecordKind {
    #[default]
    Contact,
    Lead,
    Account,
    PersonAccount,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordKind::Contact => "Contact",
            RecordKind::Lead => "Lead",
            RecordKind::Account => "Account",
            RecordKind::PersonAccount => "Person Account",
        })
    }
}

/// A record that may be the other party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its kind, ids and name.
    pub record: Record,
    /// All its phone numbers that are compared, as stored: Phone, Mobile, Home, Other and Asst. Phone.
    pub phones: Vec<String>,
    /// The country of its address, if Salesforce holds one that is known.
    pub country: Option<Country>,
    /// `LastModifiedDate`.
    pub last_modified: Option<Timestamp>,
    /// Whether it is a Lead that was converted, which takes no activities.
    pub is_converted: bool,
}

/// The record a call is logged on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its kind.
    #[serde(default)]
    pub kind: RecordKind,
    /// Its id, once it exists; for a Person Account, that of the Account.
    #[serde(with = "stored::optional_id", default)]
    pub id: Option<SalesforceId>,
    /// The id of a Person Account's hidden Contact, which a Task's `WhoId` takes.
    pub person_contact_id: Option<SalesforceId>,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

impl Record {
    /// The id for the Task's `WhoId`: a person. None for a plain Account.
    pub fn who(&self) -> Option<SalesforceId> {
        match self.kind {
            RecordKind::Contact | RecordKind::Lead => self.id,
            RecordKind::PersonAccount => self.person_contact_id,
            RecordKind::Account => None,
        }
    }

    /// The id for the Task's `WhatId` unless a Case or Opportunity takes its place: a plain Account,
    /// or a Person Account whose hidden Contact is not known.
    pub fn what(&self) -> Option<SalesforceId> {
        match self.kind {
            RecordKind::Account => self.id,
            RecordKind::PersonAccount if self.person_contact_id.is_none() => self.id,
            RecordKind::Contact | RecordKind::Lead | RecordKind::PersonAccount => None,
        }
    }
}

/// Who calls, and where: the phone numbers that are looked for.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    by_phone: BTreeMap<E164, Caller>,
    /// The org's country.
    org: Option<Country>,
}

#[derive(Clone, Debug, Default)]
struct Caller {
    /// The countries of the lines that it called or was called from.
    lines: Vec<Country>,
    /// Its own country, and those of its other spellings.
    own: Vec<Country>,
}

impl Callers {
    /// No callers yet, in an org of this country.
    pub fn new(org: Option<Country>) -> Self {
        Self { by_phone: BTreeMap::new(), org }
    }

    /// The phone numbers, in the spelling that is valid now.
    pub fn phones(&self) -> impl Iterator<Item = &E164> {
        self.by_phone.keys()
    }

    /// Adds a caller, and the country of its line.
    pub fn add(&mut self, phone: &E164, line: Option<Country>) {
        let canonical = phone.canonical();
        let own = || canonical.spellings().iter().filter_map(Country::of).collect();
        let caller = self.by_phone.entry(canonical.clone()).or_insert_with(|| Caller { lines: Vec::new(), own: own() });
        if let Some(line) = line.filter(|line| !caller.lines.contains(line)) {
            caller.lines.push(line);
        }
    }
}

/// Callers of whom nothing but their phone numbers is known.
impl<'a> FromIterator<&'a E164> for Callers {
    fn from_iter<T: IntoIterator<Item = &'a E164>>(phones: T) -> Self {
        let mut callers = Self::default();
        for phone in phones {
            callers.add(phone, None);
        }
        callers
    }
}

/// Which records have which of the callers' phone numbers.
///
/// A search may return too much (a fax number, a part of a number), so each candidate's own phones are read. Each is read
/// once for all callers.
#[derive(Debug, Default)]
pub struct Matches<'a> {
    found: HashMap<E164, Vec<Match<'a>>>,
}

#[derive(Clone, Copy, Debug)]
struct Match<'a> {
    candidate: &'a Candidate,
    recognition: Recognition,
}

impl<'a> Matches<'a> {
    /// Reads the phones of the candidates. Converted Leads do not count.
    pub fn new(callers: &Callers, candidates: impl IntoIterator<Item = &'a Candidate>) -> Self {
        let mut by_suffix: HashMap<&str, Vec<&Caller>> = HashMap::new();
        for (phone, caller) in &callers.by_phone {
            by_suffix.entry(phone.suffix()).or_default().push(caller);
        }
        let mut matches = Self::default();
        for candidate in candidates.into_iter().filter(|candidate| !candidate.is_converted) {
            for stored in &candidate.phones {
                let (digits, may_be_vanity) = plain::digits_in(stored);
                let suffixes = (SUFFIX_LEN..=digits.len()).map(|end| &digits[end - SUFFIX_LEN..end]);
                let likely: Vec<&Caller> = if may_be_vanity {
                    callers.by_phone.values().collect()
                } else {
                    suffixes.filter_map(|suffix| by_suffix.get(suffix)).flatten().copied().collect()
                };
                if likely.is_empty() {
                    continue;
                }
                let countries = likely.iter().flat_map(|caller| caller.own.iter().chain(&caller.lines)).copied();
                let countries: BTreeSet<Country> = countries.chain(candidate.country).chain(callers.org).collect();
                for number in read(stored, &countries.into_iter().collect::<Vec<_>>()).numbers {
                    matches.add_number(callers, candidate, &number);
                }
            }
        }
        matches
    }

    /// Adds the callers that a number of a record can be.
    fn add_number(&mut self, callers: &Callers, candidate: &'a Candidate, number: &WrittenNumber) {
        for phone in number.numbers().cloned().map(E164::renumbered) {
            let Some((phone, caller)) = callers.by_phone.get_key_value(&phone) else { continue };
            let places = Places { address: candidate.country, lines: &caller.lines, org: callers.org };
            let mut meanings = number.meanings(&places).into_iter();
            if let Some(meaning) = meanings.find(|meaning| meaning.number.clone().renumbered() == *phone) {
                self.add(phone, Match { candidate, recognition: meaning.recognition });
            }
        }
    }

    /// Adds a match, unless the same record is matched more surely.
    fn add(&mut self, caller: &E164, found: Match<'a>) {
        let matches = self.found.entry(caller.clone()).or_default();
        match matches.iter_mut().find(|known| std::ptr::eq(known.candidate, found.candidate)) {
            Some(known) => known.recognition = known.recognition.min(found.recognition),
            None => matches.push(found),
        }
    }

    /// Whether a record has this phone number for sure.
    pub fn is_sure(&self, phone: &E164) -> bool {
        self.of(phone).iter().any(|found| found.recognition.is_sure())
    }

    /// How many records have this phone number.
    pub fn count(&self, phone: &E164) -> usize {
        self.of(phone).len()
    }

    fn of(&self, phone: &E164) -> &[Match<'a>] {
        self.found.get(&phone.canonical()).map_or(&[], Vec::as_slice)
    }

    /// The record that has `phone`. One whose country is known beats one whose country is a guess; then Contact beats Lead
    /// beats Account beats Person Account, and within a kind the most recently updated wins. Adds the finding to `trace`.
    pub fn choose(&self, phone: &E164, trace: &mut Trace) -> Option<&'a Candidate> {
        let mut matches: Vec<Match> = self.of(phone).to_vec();
        if self.is_sure(phone) {
            matches.retain(|found| found.recognition.is_sure());
        }
        // Ties are broken by id, so that a retry finds the same record.
        matches.sort_by_key(|found| {
            let record = &found.candidate.record;
            (record.kind, Reverse(found.candidate.last_modified), record.id)
        });
        let Match { candidate: chosen, recognition } = *matches.first()?;
        let same_kind = matches.iter().filter(|other| other.candidate.record.kind == chosen.record.kind).count();
        let others = matches.len() - same_kind;
        let among = if same_kind > 1 { format!(", the most recently updated of {same_kind}") } else { String::new() };
        let besides = match others {
            0 => String::new(),
            1 => "; 1 record of a lower priority also has it".to_owned(),
            _ => format!("; {others} records of a lower priority also have it"),
        };
        let (kind, name) = (chosen.record.kind, &chosen.record.name);
        trace.note(Topic::Record, format!("The phone number is that of the {kind} {name}{among}{besides}."));
        trace.note(Topic::PhoneNumber, format!("The {kind} holds it {recognition}."));
        Some(chosen)
    }
}

//! Looks up the records of phone numbers: first in our own cache, then by Salesforce's search, then by a confirming
//! query before a number counts as unknown.

mod learn;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rules::matching::{Callers, Candidate, Matches, Record};
use rules::phone::Country;
use rules::relate::{Related, RelatedKind, wanted};
use rules::settings::{ContactAccount, Settings, UnknownNumber};
use rules::unknown::company;
use rules::{E164, RecordKind, Topic, Trace};
use salesforce::call_log::Found;
use salesforce::{CallerFields, KeyField, SObject, SalesforceId};
use store::{PhoneMatch, Phones, Tenant, Tenants};

pub(crate) use self::learn::caller_fields;
use self::learn::{callers, hides};
use crate::batch_error::BatchError;
use crate::companies::Companies;
use crate::job::Job;
use crate::missing::Missing;
use crate::org::Org;
use crate::owners::{Owner, Owners};
use crate::queries::{Answers, Queries, ask};
use crate::remembered::{Matched, NotFound, Remember, Remembered, add_number, known_trace, not_found};
use crate::search::Searched;

/// The tolerated clock skew between Aircall and Salesforce.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// What is known about the jobs' phone numbers and users.
#[derive(Debug, Default)]
pub struct Knowledge {
    /// The matched record of each phone number, with the trace of how it was found.
    pub records: BTreeMap<E164, (Record, Trace)>,
    /// Open Cases or Opportunities of Contacts.
    pub related: BTreeMap<SalesforceId, Vec<Related>>,
    /// The matches to cache, by phone number: those of the numbers that were searched.
    pub matched: BTreeMap<E164, Matched>,
    /// Whether Salesforce denies access to Cases or Opportunities.
    pub relation_denied: bool,
    /// Tasks that exist, by key.
    pub tasks: BTreeMap<String, SalesforceId>,
    /// The Accounts of companies.
    pub companies: Companies,
    /// Whether records that the search index does not list yet could not be queried.
    pub is_unconfirmed: bool,
}

/// What earlier rounds learnt about phone numbers.
#[derive(Debug, Default)]
pub struct Hints {
    /// The records that duplicate rules named, with what says so.
    pub named: BTreeMap<E164, (Record, String)>,
    /// Phone numbers whose record, if it is known, no longer takes Tasks: it was deleted, converted or merged.
    pub forgotten: BTreeMap<E164, Option<Record>>,
    /// Companies, in lower case, whose Account Salesforce refused.
    pub companies: BTreeSet<String>,
}

/// Looks callers up.
#[derive(Debug)]
pub struct Lookup {
    /// The cache of matched phone numbers.
    pub phones: Phones,
    /// The store of facts about orgs.
    pub tenants: Tenants,
    /// The cache of users.
    pub owners: Owners,
}

impl Lookup {
    /// Looks up everything that the jobs need. The org is not changed; facts about the org itself are stored.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn look_up(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        settings: &Settings,
        jobs: &[Job],
        hints: &Hints,
        now: Timestamp,
    ) -> Result<Knowledge, BatchError> {
        let mut knowledge = Knowledge::default();
        let phones: BTreeSet<E164> = jobs.iter().map(|job| job.phone.clone()).collect();
        let remembered = self.take_known(tenant, &phones, hints, now, &mut knowledge).await?;

        let unknown: BTreeSet<E164> =
            phones.into_iter().filter(|phone| !knowledge.records.contains_key(phone)).collect();
        // A number that leads to a record of our own is confirmed each time, and searched from time to time.
        let is_searched = |phone: &&E164| {
            let ours = remembered.get(phone).and_then(|remembered| remembered.ours);
            ours.is_none_or(|(_, is_due)| is_due)
        };
        let searched: BTreeSet<E164> = unknown.iter().filter(is_searched).cloned().collect();
        let Searched { found: mut candidates, crowded } = self.search(org, tenant, &searched, now).await?;
        let mut questions = self.questions(tenant, settings, jobs, &knowledge, &candidates, now);
        let Sure { all: sure, contacts } = Sure::new(&candidates, &callers_of(jobs, tenant));
        if let Some((_, asked)) = &mut questions.related {
            let records = remembered.values().map(|remembered| &remembered.record);
            let contacts = records.filter(|record| record.kind == RecordKind::Contact);
            asked.extend(contacts.filter_map(|record| record.id));
        }
        for phone in unknown.iter().cloned() {
            // Nothing beats a Contact, except for one that was made meanwhile: that is worth no API call of its own.
            let questions = match phone {
                ref phone if remembered.get(phone).is_some_and(|known| known.ours.is_some()) => &mut questions.phones,
                ref phone if contacts.contains(phone) => &mut questions.phones_if_free,
                ref phone if sure.contains(phone) => &mut questions.phones,
                _ => &mut questions.scanned,
            };
            questions.insert(phone);
        }
        questions.crowded = crowded;
        questions.now = now;
        let mut answers = ask(org, &questions, &callers(tenant)).await?;
        self.ask_again(org, tenant, &questions, &mut answers, now).await?;
        if let Some(users) = &answers.users {
            self.owners.learn(&tenant.id, &questions.users, users);
        }
        let callers = callers(tenant);
        self.learn_org(tenant, &mut answers, now).await?;
        // A Person Account that only the confirming query found looks like a Contact until its Account is queried.
        let confirmed: BTreeSet<SalesforceId> = answers.found.iter().filter_map(|found| found.account_id).collect();
        candidates.append(&mut answers.found);
        let mut asked = answers.asked_about_persons;
        let may_be_persons = answers.persons.is_some() || !asked && tenant.facts.person_accounts.is_none();
        if may_be_persons && !confirmed.is_empty() {
            let more = ask(org, &Queries { accounts: confirmed, ..Queries::default() }, &callers).await?;
            if let Some(persons) = more.persons {
                answers.persons.get_or_insert_default().extend(persons);
            }
            asked |= more.asked_about_persons;
        }
        if asked {
            self.learn_persons(tenant, answers.persons.is_some(), now).await?;
            reveal_persons(&mut candidates, &answers);
        }
        knowledge.tasks = std::mem::take(&mut answers.tasks);
        knowledge.related = std::mem::take(&mut answers.related);
        knowledge.relation_denied = answers.relation_denied;
        let is_denied = answers.companies_denied || hides(tenant, SObject::Account);
        knowledge.companies = Companies::new(&answers.companies, is_denied);
        knowledge.companies.refused.clone_from(&hints.companies);
        knowledge.is_unconfirmed =
            SObject::CALLERS.into_iter().any(|object| Missing::Query(object).is_in(&tenant.facts));

        let mut ids = BTreeSet::new();
        candidates.retain(|found| ids.insert(found.candidate.record.id));
        let mut candidates: Vec<Candidate> = candidates.into_iter().map(|found| found.candidate).collect();
        let NotFound { winners, alone } = not_found(org, &remembered, &ids, tenant.facts.has_person_accounts()).await?;
        for (phone, winner) in &winners {
            add_number(&mut candidates, phone, winner);
        }
        let matches = Matches::new(&callers_of(jobs, tenant), &candidates);
        for phone in &unknown {
            let mut trace = Trace::new();
            let chosen = matches.choose(phone, &mut trace).map(|chosen| &chosen.record);
            let Some(record) = chosen.or_else(|| alone.get(phone).copied()).cloned() else { continue };
            let is_winner = winners.get(phone).is_some_and(|winner| winner.id == record.id);
            let ours = remembered.get(phone).filter(|ours| ours.record.id == record.id || is_winner);
            let until = ours.and_then(|remembered| remembered.ours).map(|(until, _)| until);
            let remember = match until {
                Some(until) => Remember::Ours { until },
                None if is_winner => Remember::Merged,
                None => Remember::Found,
            };
            if until.is_some() && !is_winner {
                trace = known_trace(&record, "we recently created it for this phone number");
            }
            // What is only confirmed is searched again when it would have been.
            if is_winner || until.is_none() || searched.contains(phone) {
                knowledge.matched.insert(phone.clone(), Matched { record: record.clone(), remember });
            }
            knowledge.records.insert(phone.clone(), (record, trace));
        }
        // The Cases or Opportunities of Contacts that only the confirming query found have not been queried yet.
        if let Some((kind, asked)) = &questions.related {
            relate_confirmed_contacts(org, *kind, asked, &callers, &mut knowledge).await?;
        }
        Ok(knowledge)
    }

    /// The SOQL queries that are needed in addition to the search.
    fn questions(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        jobs: &[Job],
        knowledge: &Knowledge,
        candidates: &[Found],
        now: Timestamp,
    ) -> Queries {
        let users = jobs.iter().flat_map(|job| job.user_keys(&tenant.users, settings));
        let names_company = |job: &Job| job.interaction.contact().and_then(company);
        let wants_companies = settings.unknown_number == UnknownNumber::CreateContact
            && settings.contact_account == ContactAccount::ByCompany
            && !hides(tenant, SObject::Account);
        let is_known = |job: &&Job| knowledge.records.contains_key(&job.phone);
        let hides_accounts = hides(tenant, SObject::Account);
        let may_have_persons = !hides_accounts
            && match tenant.facts.person_accounts {
                None => true,
                Some(known) => !known.value && include_likely_person(candidates),
            };
        let lacks = |field: KeyField| Missing::key_field(field).is_in(&tenant.facts);
        // The key field may have been set up after an attempt whose outcome was lost.
        let was_unkeyed = |job: &Job| job.unconfirmed.iter().any(|sent| sent.is_new && !sent.has_key);
        let may_be_unkeyed =
            |job: &&Job| !lacks(KeyField::CallObject) && (lacks(KeyField::AircallKey) || was_unkeyed(job));
        let sent = jobs.iter().flat_map(|job| &job.unconfirmed).map(|sent| sent.sent_at);
        Queries {
            users: users.filter(|key| self.owners.get(&tenant.id, key) == Owner::Unknown).collect(),
            companies: jobs.iter().filter(|job| wants_companies && !is_known(job)).filter_map(names_company).collect(),
            needs_statuses: tenant.facts.needs_statuses(now),
            needs_picklists: tenant.facts.needs_picklists(now),
            related: wanted(settings, RecordKind::Contact).map(|kind| (kind, contacts(knowledge, candidates))),
            accounts: candidates.iter().filter(|_| may_have_persons).filter_map(|found| found.account_id).collect(),
            may_have_persons: !hides_accounts && tenant.facts.person_accounts.is_none(),
            may_have_country: tenant.facts.country.is_none(),
            keys: jobs.iter().filter(may_be_unkeyed).map(|job| job.key.clone()).collect(),
            // No Task is older than its call, nor than the first request to create it, by the clocks of Aircall, ours
            // and Salesforce.
            since: jobs.iter().map(|job| job.interaction.started_at()).chain(sent).min().map(|at| at - MAX_CLOCK_SKEW),
            ..Queries::default()
        }
    }

    /// Takes the records that the cache and earlier rounds know. Returns those that count only among those that are
    /// found.
    async fn take_known(
        &self,
        tenant: &Tenant,
        phones: &BTreeSet<E164>,
        hints: &Hints,
        now: Timestamp,
        knowledge: &mut Knowledge,
    ) -> Result<BTreeMap<E164, Remembered>, BatchError> {
        let mut remembered = BTreeMap::new();
        let is_known = |phone: &&E164| !hints.forgotten.contains_key(*phone);
        let cached: Vec<E164> = phones.iter().filter(is_known).cloned().collect();
        for (phone, found) in self.phones.get_many(&tenant.id, &cached, now).await? {
            let PhoneMatch { record, ours, expires_at } = found;
            if let Some(ours) = ours {
                let ours = Some((expires_at, ours.search_after <= now));
                remembered.insert(phone, Remembered { record, ours });
            } else {
                let trace = known_trace(&record, "the phone number was matched to it minutes ago");
                knowledge.records.insert(phone, (record, trace));
            }
        }
        for (phone, (record, by)) in &hints.named {
            let mut trace = Trace::new();
            let finding = format!("{by} says that the phone number's record already exists");
            trace.note(Topic::Record, format!("{finding}: the {} {}.", record.kind, record.name));
            knowledge.records.insert(phone.clone(), (record.clone(), trace));
        }
        for (phone, record) in &hints.forgotten {
            let record = record.clone().filter(|_| phones.contains(phone) && !knowledge.records.contains_key(phone));
            remembered.extend(record.map(|record| (phone.clone(), Remembered { record, ours: None })));
        }
        Ok(remembered)
    }
}

/// The other parties of the jobs, to be found in the records of the tenant's org.
pub fn callers_of<'j>(jobs: impl IntoIterator<Item = &'j Job>, tenant: &Tenant) -> Callers {
    let mut callers = Callers::new(tenant.facts.country.and_then(|known| known.value));
    for job in jobs {
        let line = job.interaction.line().digits.as_deref().and_then(|digits| E164::parse(digits).ok());
        callers.add(&job.phone, line.as_ref().and_then(Country::of));
    }
    callers
}

/// The phone numbers that records have for sure, by what the search found.
struct Sure {
    all: BTreeSet<E164>,
    /// Those of which the record is a Contact.
    contacts: BTreeSet<E164>,
}

impl Sure {
    fn new(candidates: &[Found], callers: &Callers) -> Self {
        let matches = Matches::new(callers, candidates.iter().map(|found| &found.candidate));
        let all: BTreeSet<E164> = callers.phones().filter(|phone| matches.is_sure(phone)).cloned().collect();
        let is_contact = |phone: &&E164| {
            let chosen = matches.choose(phone, &mut Trace::new());
            chosen.is_some_and(|chosen| chosen.record.kind == RecordKind::Contact)
        };
        let contacts = all.iter().filter(is_contact).cloned().collect();
        Self { all, contacts }
    }
}

/// All Contacts that may be chosen as a caller's record.
fn contacts(knowledge: &Knowledge, candidates: &[Found]) -> BTreeSet<SalesforceId> {
    let remembered = knowledge.records.values().map(|(record, _)| record);
    let all = remembered.chain(candidates.iter().map(|found| &found.candidate.record));
    all.filter(|record| record.kind == RecordKind::Contact).filter_map(|record| record.id).collect()
}

/// Whether a Contact and its own Account of the same name were found. A Person Account looks like this in an org that
/// was not known to have any.
fn include_likely_person(candidates: &[Found]) -> bool {
    let of = |kind| candidates.iter().filter(move |found| found.candidate.record.kind == kind);
    of(RecordKind::Contact).any(|contact| {
        of(RecordKind::Account).any(|account| {
            account.account_id == contact.account_id && account.candidate.record.name == contact.candidate.record.name
        })
    })
}

/// Replaces the hidden Contact and the Account of a person by their Person Account.
fn reveal_persons(candidates: &mut [Found], answers: &Answers) {
    let Some(persons) = &answers.persons else { return };
    for found in candidates {
        let Some((account, contact)) = found.account_id.and_then(|id| Some((id, persons.get(&id)?))) else { continue };
        let record = &mut found.candidate.record;
        record.kind = RecordKind::PersonAccount;
        record.person_contact_id = *contact;
        record.id = Some(account);
    }
}

async fn relate_confirmed_contacts(
    org: &mut Org,
    kind: RelatedKind,
    asked: &BTreeSet<SalesforceId>,
    callers: &CallerFields,
    knowledge: &mut Knowledge,
) -> Result<(), BatchError> {
    let unasked: BTreeSet<SalesforceId> = contacts(knowledge, &[]).difference(asked).copied().collect();
    if unasked.is_empty() {
        return Ok(());
    }
    let answers = ask(org, &Queries { related: Some((kind, unasked)), ..Queries::default() }, callers).await?;
    knowledge.related.extend(answers.related);
    knowledge.relation_denied |= answers.relation_denied;
    Ok(())
}

//! The SOQL queries of a look-up, batched into as few API calls as possible.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rules::matching::{Callers, Matches};
use rules::phone::{Country, Script};
use rules::relate::{Related, RelatedKind};
use rules::{E164, OrgLists};
use salesforce::call_log::{self, Found, PERSON_FIELDS};
use salesforce::{
    Atomicity, CallerFields, ErrorCode, KeyField, Kind, MAX_QUERIES, Record, SObject, SalesforceId, Soql, Subrequest,
    Transport, org_lists,
};

use crate::batch_error::BatchError;
use crate::org::Org;
use crate::owners::UserKey;

/// The most numbers that are queried by patterns, each a comparison for every phone field of every record. More are
/// queried by the texts under which they are mostly stored.
const MAX_PATTERNS: usize = 50;
/// The most numbers that are also queried in digits of scripts that are not used in their country, and in letters.
const MAX_IN_ALL_SCRIPTS: usize = 5;

/// How long a request may take that asks for what the work can be done without.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(10);

/// How far back a record may have been modified that the search index does not list yet. It lags by minutes, and behind
/// imports by hours.
const INDEX_LAG: SignedDuration = SignedDuration::from_hours(24);

/// What to query.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub(crate) struct Queries {
    /// Users.
    pub(crate) users: BTreeSet<UserKey>,
    /// Open Cases or Opportunities of these Contacts.
    pub(crate) related: Option<(RelatedKind, BTreeSet<SalesforceId>)>,
    /// Whether these Accounts are Person Accounts.
    pub(crate) accounts: BTreeSet<SalesforceId>,
    /// Whether it is unknown if the org has Person Accounts at all.
    pub(crate) may_have_persons: bool,
    /// Records with these phone numbers that were modified lately: a query sees records that the search index does not
    /// list yet.
    pub(crate) phones: BTreeSet<E164>,
    /// Records with these phone numbers, whenever they were modified: numbers that the search did not find, as it finds
    /// no number behind another one.
    pub(crate) scanned: BTreeSet<E164>,
    /// Like `phones`, if this needs no additional API call.
    pub(crate) phones_if_free: BTreeSet<E164>,
    /// The records with each of these phone numbers that were last modified.
    pub(crate) crowded: BTreeSet<E164>,
    /// The Accounts of these names.
    pub(crate) companies: BTreeSet<String>,
    /// Whether the org's statuses are to be read.
    pub(crate) needs_statuses: bool,
    /// Whether its picklists are to be read.
    pub(crate) needs_picklists: bool,
    /// Whether the org's country is unknown.
    pub(crate) may_have_country: bool,
    /// Tasks with these keys, in an org without the key field.
    pub(crate) keys: BTreeSet<String>,
    /// The earliest creation time of those Tasks.
    pub(crate) since: Option<Timestamp>,
    /// The time of the look-up.
    pub(crate) now: Timestamp,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Users,
    Related(RelatedKind),
    Persons,
    Organization,
    Phones(SObject),
    Scan(SObject),
    Companies,
    Statuses,
    Describe(SObject),
    Keys,
}

impl Target {
    /// Whether it may take long, as it compares phone fields.
    fn is_slow(self) -> bool {
        matches!(self, Self::Phones(_) | Self::Scan(_))
    }

    /// Whether the work can be done without the answer.
    fn is_optional(self) -> bool {
        match self {
            Self::Persons
            | Self::Organization
            | Self::Phones(_)
            | Self::Scan(_)
            | Self::Companies
            | Self::Statuses
            | Self::Describe(_) => true,
            Self::Users | Self::Related(_) | Self::Keys => false,
        }
    }
}

/// One question: a query, or for [`Target::Describe`] nothing more.
type Question = (Target, Option<Soql>);

/// Runs all queries, five per API call.
///
/// A result that is cut off, after ten pages, has the records that were last modified. What is in it needs no more;
/// what is not in it does not count as not found but is queried again, without the rest.
///
/// What can be done without is left out if it makes a request take too long, and counts as not found.
pub(crate) async fn ask(org: &mut Org, questions: &Queries, callers: &CallerFields) -> Result<Answers, BatchError> {
    let all = all(questions, callers);
    let asked_about_persons = all.iter().any(|(target, _)| *target == Target::Persons);
    let mut answers = Answers { asked_about_persons, ..Answers::default() };
    let mut cut_off = false;
    for chunk in chunks(all) {
        // What took too long once is not waited for again.
        let (slow, rest): (Vec<Question>, Vec<Question>) =
            chunk.into_iter().partition(|(target, _)| answers.took_too_long(*target));
        for (target, _) in &slow {
            answers.lacks(*target, Unconfirmed::TimedOut);
        }
        cut_off |= ask_chunk(org, rest, &mut answers).await?;
    }
    if cut_off && let Some(rest) = answers.unanswered(questions) {
        answers.merge(Box::pin(ask(org, &rest, callers)).await?);
    }
    Ok(answers)
}

/// Sends questions that fit into one request; if that takes too long, without those that may be why, and at last
/// without all that the work can be done without. Returns whether a result is cut off.
async fn ask_chunk(org: &mut Org, mut chunk: Vec<Question>, answers: &mut Answers) -> Result<bool, BatchError> {
    for may_be_why in [Target::is_slow, Target::is_optional] {
        if !chunk.iter().any(|(target, _)| may_be_why(*target)) {
            continue;
        }
        if let Some(cut_off) = ask_once(org, &chunk, Some(OPTIONAL_TIMEOUT), answers).await? {
            return Ok(cut_off);
        }
        let (left_out, rest): (Vec<Question>, Vec<Question>) =
            chunk.into_iter().partition(|(target, _)| may_be_why(*target));
        let has_scan = left_out.iter().any(|(target, _)| matches!(target, Target::Scan(_)));
        answers.asked_about_persons &= !left_out.iter().any(|(target, _)| *target == Target::Persons);
        for (target, _) in &left_out {
            // Next to a scan, a query may be fast: it is asked again.
            if !(has_scan && matches!(target, Target::Phones(_))) {
                answers.lacks(*target, Unconfirmed::TimedOut);
            }
        }
        chunk = rest;
    }
    Ok(ask_once(org, &chunk, None, answers).await?.unwrap_or_default())
}

/// Sends questions that fit into one request. Returns whether a result is cut off; none if the request took longer than
/// `limit`.
async fn ask_once(
    org: &mut Org,
    questions: &[Question],
    limit: Option<Duration>,
    answers: &mut Answers,
) -> Result<Option<bool>, BatchError> {
    // A request that the end of the run cuts short says nothing about the org.
    let limit = limit.filter(|limit| org.has_time(*limit));
    let name = |index: usize| format!("q{index}");
    let subrequests: Vec<Subrequest> = questions
        .iter()
        .enumerate()
        .map(|(index, (target, soql))| match (target, soql) {
            (Target::Describe(sobject), _) => Subrequest::describe(&name(index), *sobject),
            (_, Some(soql)) => Subrequest::query(&name(index), soql),
            (_, None) => unreachable!("only descriptions have no query"),
        })
        .collect();
    let sent = org.try_call_within(limit, async |client| client.composite(&subrequests, Atomicity::EachAlone).await);
    let results = match sent.await {
        Ok(Ok(results)) => results,
        Ok(Err(error)) if limit.is_some() && is_timeout(&error) => return Ok(None),
        Ok(Err(error)) => return Err(error.into()),
        Err(BatchError::TimedOut(_)) if limit.is_some() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut cut_off = false;
    let (mut statuses, mut described) = (Vec::new(), BTreeMap::new());
    for ((target, _), result) in questions.iter().zip(results) {
        if let Target::Describe(sobject) = target {
            described.extend(result.description().ok().map(|description| (*sobject, description)));
            continue;
        }
        let page = match result.page() {
            Ok(page) => page,
            Err(error) if answers.does_without(*target, &error) => continue,
            Err(error) => return Err(error.into()),
        };
        let first = salesforce::Reply { value: page, usage: None, calls: 0 };
        let page = if first.value.has_more() {
            match org.call(async |client| client.all_records(first.clone()).await).await {
                Ok(page) => page,
                Err(BatchError::TimedOut(_) | BatchError::Refused(_) | BatchError::Unknown(_)) if target.is_slow() => {
                    answers.lacks(*target, Unconfirmed::TimedOut);
                    continue;
                }
                Err(error) => return Err(error),
            }
        } else {
            first.value
        };
        cut_off |= page.has_more();
        if *target == Target::Statuses {
            statuses = page.records;
        } else {
            answers.take(*target, page.records);
        }
    }
    if questions.iter().any(|(target, _)| *target == Target::Statuses) {
        answers.lists = Some(org_lists(&statuses, &described));
    }
    Ok(Some(cut_off))
}

fn is_denied(error: &salesforce::Error) -> bool {
    error.refusal().is_some() && matches!(error.kind(), Kind::Fail | Kind::Degrade)
}

fn is_unknown_field(error: &salesforce::Error) -> bool {
    error.refusal().is_some_and(|refusal| *refusal.code() == ErrorCode::InvalidField)
}

fn is_timeout(error: &salesforce::Error) -> bool {
    let is_query_timeout = |refusal: &salesforce::Refusal| *refusal.code() == ErrorCode::QueryTimeout;
    // The client's own timeout may come first.
    *error == salesforce::Error::Unanswered(Transport::TimedOut) || error.refusal().is_some_and(is_query_timeout)
}

/// The questions in chunks that each fit into one request.
fn chunks(questions: Vec<Question>) -> Vec<Vec<Question>> {
    let (described, queries): (Vec<Question>, Vec<Question>) =
        questions.into_iter().partition(|(_, soql)| soql.is_none());
    let mut chunks: Vec<Vec<Question>> = queries.chunks(MAX_QUERIES).map(<[Question]>::to_vec).collect();
    // Descriptions do not count as queries.
    if let Some(last) = chunks.last_mut() {
        last.extend(described);
    }
    chunks
}

fn all(questions: &Queries, callers: &CallerFields) -> Vec<Question> {
    let mut queries: Vec<Question> = Vec::new();
    let mut add = |target: Target, soql: Vec<Soql>| queries.extend(soql.into_iter().map(|soql| (target, Some(soql))));
    let list = |ids: &BTreeSet<SalesforceId>| ids.iter().copied().collect::<Vec<_>>();
    let texts = |texts: &BTreeSet<String>| texts.iter().cloned().collect::<Vec<_>>();

    let lately = questions.now - INDEX_LAG;
    for soql in users(&questions.users, callers) {
        add(Target::Users, soql);
    }
    if let Some((kind, contacts)) = &questions.related {
        let soql = match kind {
            RelatedKind::Case => Soql::open_cases(&list(contacts)),
            RelatedKind::Opportunity => Soql::open_opportunities(&list(contacts)),
        };
        add(Target::Related(*kind), soql);
    }
    let person_fields = if callers.has_person_accounts() { PERSON_FIELDS } else { &[] };
    add(Target::Companies, Soql::accounts_by_name(&texts(&questions.companies), person_fields));
    add(Target::Persons, Soql::records_by_id(SObject::Account, &list(&questions.accounts), PERSON_FIELDS));
    for sobject in SObject::CALLERS {
        let mut phones = questions.phones.clone();
        if callers.can_scan(sobject) {
            add(Target::Scan(sobject), by_phones(sobject, &questions.scanned, callers, None));
        } else {
            phones.extend(questions.scanned.iter().cloned());
        }
        add(Target::Phones(sobject), by_phones(sobject, &phones, callers, Some(lately)));
        for phone in &questions.crowded {
            let forms: Vec<String> = phone.written_forms().into_iter().collect();
            add(Target::Phones(sobject), Soql::latest_by_phone(sobject, &forms, callers));
        }
    }
    add(Target::Keys, Soql::tasks_by_key(KeyField::CallObject, &texts(&questions.keys), questions.since));
    if questions.needs_statuses {
        add(Target::Statuses, vec![Soql::task_statuses()]);
    }
    if questions.needs_picklists {
        queries.extend([SObject::Task, SObject::Case].map(|sobject| (Target::Describe(sobject), None)));
    }
    // Only where they need no additional API call.
    let room = |queries: &[Question]| {
        let count = queries.iter().filter(|(_, soql)| soql.is_some()).count();
        count.next_multiple_of(MAX_QUERIES) - count
    };
    if !questions.needs_statuses && room(&queries) > 0 {
        queries.push((Target::Statuses, Some(Soql::task_statuses())));
    }
    if questions.may_have_persons && questions.accounts.is_empty() && room(&queries) > 0 {
        queries.push((Target::Persons, Some(Soql::any(SObject::Account, PERSON_FIELDS))));
    }
    if questions.may_have_country && room(&queries) > 0 {
        queries.push((Target::Organization, Some(Soql::organization())));
    }
    let free = SObject::CALLERS.into_iter().flat_map(|sobject| {
        let soql = by_phones(sobject, &questions.phones_if_free, callers, Some(lately));
        soql.into_iter().map(move |soql| (Target::Phones(sobject), Some(soql)))
    });
    let free: Vec<Question> = free.collect();
    if free.len() <= room(&queries) {
        queries.extend(free);
    }
    queries
}

/// The queries for users: by e-mail address and username, and by id.
fn users(keys: &BTreeSet<UserKey>, callers: &CallerFields) -> [Vec<Soql>; 2] {
    let texts: Vec<String> = keys.iter().flat_map(UserKey::texts).collect();
    let ids = keys.iter().filter_map(|key| match key {
        UserKey::Id(id) => Some(id.to_string()),
        UserKey::Email(_) => None,
    });
    let fields: &[&'static str] =
        if callers.can_filter(SObject::User, "Email") { &["Email", "Username"] } else { &["Username"] };
    [Soql::active_users(&texts, fields), Soql::active_users(&ids.collect::<Vec<_>>(), &["Id"])]
}

/// The queries for records of an object with these phone numbers, all or those that were modified `since`.
fn by_phones(sobject: SObject, phones: &BTreeSet<E164>, callers: &CallerFields, since: Option<Timestamp>) -> Vec<Soql> {
    let (patterns, forms) = spellings(phones);
    let by_pattern = Soql::records_by_pattern(sobject, &patterns, callers, since);
    by_pattern.into_iter().chain(Soql::records_by_phone(sobject, &forms, callers, since)).collect()
}

/// The digits to query by pattern, and the texts to query by equality.
fn spellings(phones: &BTreeSet<E164>) -> (Vec<String>, Vec<String>) {
    let (mut patterns, mut forms) = (Vec::new(), Vec::new());
    for phone in phones {
        let cores = phone.cores();
        if phones.len() > MAX_PATTERNS || cores.is_empty() {
            forms.extend(phone.written_forms());
        } else {
            let is_few = phones.len() <= MAX_IN_ALL_SCRIPTS;
            let scripts = if is_few { Script::ALL } else { Script::of(phone) };
            patterns.extend(scripts.iter().flat_map(|script| cores.iter().map(|core| script.write(core))));
            if is_few {
                patterns.extend(phone.spelt_out());
            }
            patterns.extend(cores);
        }
    }
    (patterns, forms)
}

impl Answers {
    /// Notes the refusal of a query that the work can be done without. Returns whether that is so.
    fn does_without(&mut self, target: Target, error: &salesforce::Error) -> bool {
        let is_missing =
            target == Target::Keys && is_unknown_field(error) || target != Target::Keys && is_denied(error);
        if is_missing {
            let why = if is_unknown_field(error) { Unconfirmed::Field } else { Unconfirmed::Refused };
            self.lacks(target, why);
        }
        is_missing
    }

    /// Whether such a query took too long.
    fn took_too_long(&self, target: Target) -> bool {
        let timed_out = |map: &BTreeMap<SObject, Unconfirmed>| map.values().any(|why| *why == Unconfirmed::TimedOut);
        match target {
            Target::Scan(_) => timed_out(&self.unscanned),
            Target::Phones(_) => timed_out(&self.unconfirmed),
            _ => false,
        }
    }

    /// Notes that a query was not answered.
    fn lacks(&mut self, target: Target, why: Unconfirmed) {
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
    fn unanswered(&self, questions: &Queries) -> Option<Queries> {
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

    fn take(&mut self, target: Target, records: Vec<Record>) {
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

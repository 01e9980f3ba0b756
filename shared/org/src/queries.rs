//! The SOQL queries of a look-up, batched into as few API calls as possible.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rules::E164;
use rules::matching::{Callers, Matches};
use rules::phone::{Country, Script};
use rules::relate::{Related, RelatedKind};
use salesforce::call_log::{self, Found, PERSON_FIELDS};
use salesforce::{
    Atomicity, CallerFields, ErrorCode, KeyField, Kind, MAX_QUERIES, Record, SObject, SalesforceId, Soql, Subrequest,
};

use crate::batch_error::BatchError;
use crate::org::Org;

/// The most numbers that are queried by patterns, each a comparison for every phone field of every record. More are queried
/// by the texts under which they are mostly stored.
const MAX_PATTERNS: usize = 50;
/// The most numbers that are also queried in digits of scripts that are not used in their country, and in letters.
const MAX_IN_ALL_SCRIPTS: usize = 5;

/// What to query.
#[derive(Debug, Default)]
pub(crate) struct Queries {
    /// Users by these e-mails.
    pub(crate) emails: BTreeSet<String>,
    /// Open Cases or Opportunities of these Contacts.
    pub(crate) related: Option<(RelatedKind, BTreeSet<SalesforceId>)>,
    /// Whether these Accounts are Person Accounts.
    pub(crate) accounts: BTreeSet<SalesforceId>,
    /// Whether it is unknown if the org has Person Accounts at all.
    pub(crate) may_have_persons: bool,
    /// Records with these phone numbers, by equality: a query sees records that the search index does not list yet.
    pub(crate) phones: BTreeSet<E164>,
    /// The records with each of these phone numbers that were last modified.
    pub(crate) crowded: BTreeSet<E164>,
    /// Whether the org's country is unknown.
    pub(crate) may_have_country: bool,
    /// Tasks with these keys, in an org without the key field.
    pub(crate) keys: BTreeSet<String>,
    /// The earliest creation time of those Tasks.
    pub(crate) since: Option<Timestamp>,
}

/// What Salesforce answered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// `None` if users were not queried, or Salesforce denied access.
    pub(crate) users: Option<Vec<Record>>,
    pub(crate) related: BTreeMap<SalesforceId, Vec<Related>>,
    /// The Accounts that are Person Accounts, with the id of their hidden Contact; `None` if the org has no such
    /// fields.
    pub(crate) persons: Option<BTreeMap<SalesforceId, Option<SalesforceId>>>,
    /// Whether Person Accounts were queried.
    pub(crate) asked_about_persons: bool,
    pub(crate) country: OrgCountry,
    pub(crate) found: Vec<Found>,
    /// Whether Salesforce denied access to Cases or Opportunities.
    pub(crate) relation_denied: bool,
    /// Whether Salesforce denied looking up Tasks by their key.
    pub(crate) keys_denied: bool,
    /// Task ids by key.
    pub(crate) tasks: BTreeMap<String, SalesforceId>,
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

#[derive(Clone, Copy)]
enum Target {
    Users,
    Related(RelatedKind),
    Persons,
    Organization,
    Phones,
    Keys,
}

/// Runs all queries, five per API call.
///
/// A result that is cut off, after ten pages, has the records that were last modified. What is in it needs no more; what
/// is not in it does not count as not found but is queried again, without the rest.
pub(crate) async fn ask(org: &mut Org, questions: &Queries, callers: &CallerFields) -> Result<Answers, BatchError> {
    let queries = queries(questions, callers);
    let asked_about_persons = queries.iter().any(|(target, _)| matches!(target, Target::Persons));
    let mut answers = Answers { asked_about_persons, ..Answers::default() };
    let mut cut_off = false;
    for chunk in queries.chunks(MAX_QUERIES) {
        let named: Vec<(String, Target, &Soql)> =
            chunk.iter().enumerate().map(|(index, (target, soql))| (format!("q{index}"), *target, soql)).collect();
        let subrequests: Vec<Subrequest> = named.iter().map(|(name, _, soql)| Subrequest::query(name, soql)).collect();
        let results = org.call(async |client| client.composite(&subrequests, Atomicity::EachAlone).await).await?;
        for ((_, target, _), result) in named.iter().zip(results) {
            let page = match result.page() {
                Ok(page) => page,
                // Only an org with person accounts has the fields that identify them, and not every user may see
                // Accounts.
                Err(error) if matches!(target, Target::Persons) && is_denied(&error) => continue,
                // If the connected user may not see these, only the relation or the owner is lost, not the call.
                Err(error) if matches!(target, Target::Related(_)) && is_denied(&error) => {
                    answers.relation_denied = true;
                    continue;
                }
                Err(error) if matches!(target, Target::Users) && is_denied(&error) => continue,
                Err(error) if matches!(target, Target::Organization) && is_denied(&error) => {
                    answers.country = OrgCountry::Answered(None);
                    continue;
                }
                Err(error) if matches!(target, Target::Keys) && is_unknown_field(&error) => {
                    answers.keys_denied = true;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let first = salesforce::Reply { value: page, usage: None, calls: 0 };
            let page = if first.value.has_more() {
                org.call(async |client| client.all_records(first.clone()).await).await?
            } else {
                first.value
            };
            cut_off |= page.has_more();
            answers.take(*target, page.records);
        }
    }
    if cut_off && let Some(rest) = answers.unanswered(questions) {
        answers.merge(Box::pin(ask(org, &rest, callers)).await?);
    }
    Ok(answers)
}

fn is_denied(error: &salesforce::Error) -> bool {
    error.refusal().is_some() && matches!(error.kind(), Kind::Fail | Kind::Degrade)
}

fn is_unknown_field(error: &salesforce::Error) -> bool {
    error.refusal().is_some_and(|refusal| *refusal.code() == ErrorCode::InvalidField)
}

fn queries(questions: &Queries, callers: &CallerFields) -> Vec<(Target, Soql)> {
    let mut queries = Vec::new();
    let mut add = |target: Target, soql: Vec<Soql>| queries.extend(soql.into_iter().map(|soql| (target, soql)));
    let list = |ids: &BTreeSet<SalesforceId>| ids.iter().copied().collect::<Vec<_>>();

    add(Target::Users, Soql::active_users_by_email(&questions.emails.iter().cloned().collect::<Vec<_>>()));
    if let Some((kind, contacts)) = &questions.related {
        let soql = match kind {
            RelatedKind::Case => Soql::open_cases(&list(contacts)),
            RelatedKind::Opportunity => Soql::open_opportunities(&list(contacts)),
        };
        add(Target::Related(*kind), soql);
    }
    add(Target::Persons, Soql::records_by_id(SObject::Account, &list(&questions.accounts), PERSON_FIELDS));
    let (patterns, forms) = spellings(&questions.phones);
    for sobject in SObject::CALLERS {
        add(Target::Phones, Soql::records_by_pattern(sobject, &patterns, callers));
        add(Target::Phones, Soql::records_by_phone(sobject, &forms, callers));
        for phone in &questions.crowded {
            let forms: Vec<String> = phone.written_forms().into_iter().collect();
            add(Target::Phones, Soql::latest_by_phone(sobject, &forms, callers));
        }
    }
    let keys: Vec<String> = questions.keys.iter().cloned().collect();
    add(Target::Keys, Soql::tasks_by_key(KeyField::CallObject, &keys, questions.since));
    // Only where they need no additional API call.
    let has_room = |queries: &[_]| !queries.len().is_multiple_of(MAX_QUERIES);
    if questions.may_have_persons && questions.accounts.is_empty() && has_room(&queries) {
        queries.push((Target::Persons, Soql::any_account(PERSON_FIELDS)));
    }
    if questions.may_have_country && has_room(&queries) {
        queries.push((Target::Organization, Soql::organization()));
    }
    queries
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
    /// What of `questions` nothing was found for; `None` if that is all of them, or nothing.
    fn unanswered(&self, questions: &Queries) -> Option<Queries> {
        let contacts = |(kind, contacts): &(RelatedKind, BTreeSet<SalesforceId>)| {
            let unknown = contacts.iter().filter(|contact| !self.related.contains_key(contact));
            (*kind, unknown.copied().collect::<BTreeSet<_>>())
        };
        let callers: Callers = questions.phones.iter().collect();
        let matches = Matches::new(&callers, self.found.iter().map(|found| &found.candidate));
        let not_found = |phone: &&E164| matches.count(phone) == 0;
        let rest = Queries {
            related: questions.related.as_ref().filter(|_| !self.relation_denied).map(contacts),
            phones: questions.phones.iter().filter(not_found).cloned().collect(),
            keys: questions.keys.iter().filter(|key| !self.tasks.contains_key(*key)).cloned().collect(),
            since: questions.since,
            ..Queries::default()
        };
        let count = |queries: &Queries| {
            let contacts = queries.related.as_ref().map_or(0, |(_, contacts)| contacts.len());
            contacts + queries.phones.len() + queries.keys.len()
        };
        (0 < count(&rest) && count(&rest) < count(questions)).then_some(rest)
    }

    /// Adds the answers to what had remained unanswered.
    fn merge(&mut self, mut rest: Self) {
        self.related.append(&mut rest.related);
        self.found.append(&mut rest.found);
        self.tasks.append(&mut rest.tasks);
        self.relation_denied |= rest.relation_denied;
        self.keys_denied |= rest.keys_denied;
    }

    fn take(&mut self, target: Target, records: Vec<Record>) {
        match target {
            Target::Users => self.users.get_or_insert_default().extend(records),
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
            Target::Phones => self.found.extend(records.iter().filter_map(call_log::found)),
            Target::Keys => {
                let key = |record: &Record| Some((record.str(KeyField::CallObject.name())?.to_owned(), record.id()?));
                // Newest first: of several Tasks, the oldest, which was logged, is inserted last and kept.
                self.tasks.extend(records.iter().filter_map(key));
            }
        }
    }
}

//! What the drain asks Salesforce in SOQL: as many questions as fit into one API call.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rules::E164;
use rules::relate::{Related, RelatedKind};
use salesforce::call_log::{self, Found, PERSON_FIELDS};
use salesforce::{
    Atomicity, CallerFields, ErrorCode, KeyField, Kind, MAX_QUERIES, Record, SObject, SalesforceId, Soql, Subrequest,
};

use crate::org::Org;
use crate::stop::Stop;

/// What to ask.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    /// Users by these e-mails.
    pub(crate) emails: BTreeSet<String>,
    /// Open Cases or Opportunities of these Contacts.
    pub(crate) related: Option<(RelatedKind, BTreeSet<SalesforceId>)>,
    /// Whether these Accounts are Person Accounts.
    pub(crate) accounts: BTreeSet<SalesforceId>,
    /// It is not known whether there are Person Accounts at all.
    pub(crate) may_have_persons: bool,
    /// Records that hold these numbers, by equality: it sees what the search index does not know yet.
    pub(crate) numbers: BTreeSet<E164>,
    /// Tasks with these keys, in an org without the key field.
    pub(crate) keys: BTreeSet<String>,
    /// Those Tasks were created no earlier.
    pub(crate) since: Option<Timestamp>,
}

/// What Salesforce answered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// None if they were not asked about, or Salesforce does not let us.
    pub(crate) users: Option<Vec<Record>>,
    pub(crate) related: BTreeMap<SalesforceId, Vec<Related>>,
    /// The Accounts that are Person Accounts, with their hidden Contact's id; none if the org has no such fields.
    pub(crate) persons: Option<BTreeMap<SalesforceId, Option<SalesforceId>>>,
    /// Whether they were asked about.
    pub(crate) asked_of_persons: bool,
    pub(crate) found: Vec<Found>,
    /// Salesforce refused to show Cases or Opportunities.
    pub(crate) relation_denied: bool,
    /// Salesforce does not let us look for Tasks by their key.
    pub(crate) keys_denied: bool,
    /// Task ids by key.
    pub(crate) tasks: BTreeMap<String, SalesforceId>,
}

#[derive(Clone, Copy)]
enum About {
    Users,
    Related(RelatedKind),
    Persons,
    Phones,
    Keys,
}

/// Asks all of it, in one API call for every five queries.
pub(crate) async fn ask(org: &mut Org, questions: &Questions, callers: &CallerFields) -> Result<Answers, Stop> {
    let queries = queries(questions, callers);
    let asked_of_persons = queries.iter().any(|(about, _)| matches!(about, About::Persons));
    let mut answers = Answers { asked_of_persons, ..Answers::default() };
    for chunk in queries.chunks(MAX_QUERIES) {
        let named: Vec<(String, About, &Soql)> =
            chunk.iter().enumerate().map(|(index, (about, soql))| (format!("q{index}"), *about, soql)).collect();
        let subrequests: Vec<Subrequest> = named.iter().map(|(name, _, soql)| Subrequest::query(name, soql)).collect();
        let results = org.call(async |client| client.composite(&subrequests, Atomicity::EachAlone).await).await?;
        for ((_, about, _), result) in named.iter().zip(results) {
            let page = match result.page() {
                Ok(page) => page,
                // Only an org with person accounts has the fields that tell them, and not every user sees Accounts.
                Err(error) if matches!(about, About::Persons) && is_denied(&error) => continue,
                // What the integration's user may not see costs the relation or the owner, never the call.
                Err(error) if matches!(about, About::Related(_)) && is_denied(&error) => {
                    answers.relation_denied = true;
                    continue;
                }
                Err(error) if matches!(about, About::Users) && is_denied(&error) => continue,
                Err(error) if matches!(about, About::Keys) && is_unknown_field(&error) => {
                    answers.keys_denied = true;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let first = salesforce::Reply { value: page, usage: None, calls: 0 };
            let records = if first.value.has_more() {
                org.call(async |client| client.all_records(first.clone()).await).await?
            } else {
                first.value.records
            };
            answers.take(*about, records);
        }
    }
    Ok(answers)
}

fn is_denied(error: &salesforce::Error) -> bool {
    error.refusal().is_some() && matches!(error.kind(), Kind::Fail | Kind::Degrade)
}

fn is_unknown_field(error: &salesforce::Error) -> bool {
    error.refusal().is_some_and(|refusal| *refusal.code() == ErrorCode::InvalidField)
}

fn queries(questions: &Questions, callers: &CallerFields) -> Vec<(About, Soql)> {
    let mut queries = Vec::new();
    let mut add = |about: About, soql: Vec<Soql>| queries.extend(soql.into_iter().map(|soql| (about, soql)));
    let list = |ids: &BTreeSet<SalesforceId>| ids.iter().copied().collect::<Vec<_>>();

    add(About::Users, Soql::active_users_by_email(&questions.emails.iter().cloned().collect::<Vec<_>>()));
    if let Some((kind, contacts)) = &questions.related {
        let soql = match kind {
            RelatedKind::Case => Soql::open_cases(&list(contacts)),
            RelatedKind::Opportunity => Soql::open_opportunities(&list(contacts)),
        };
        add(About::Related(*kind), soql);
    }
    add(About::Persons, Soql::records_by_id(SObject::Account, &list(&questions.accounts), PERSON_FIELDS));
    let forms: Vec<String> = questions.numbers.iter().flat_map(E164::written_forms).collect();
    for sobject in [SObject::Contact, SObject::Lead, SObject::Account] {
        add(About::Phones, Soql::records_by_phone(sobject, &forms, callers));
    }
    let keys: Vec<String> = questions.keys.iter().cloned().collect();
    add(About::Keys, Soql::tasks_by_key(KeyField::CallObject, &keys, questions.since));
    // Where it costs no call of its own.
    let has_room = !queries.len().is_multiple_of(MAX_QUERIES);
    if questions.may_have_persons && questions.accounts.is_empty() && has_room {
        queries.push((About::Persons, Soql::any_account(PERSON_FIELDS)));
    }
    queries
}

impl Answers {
    fn take(&mut self, about: About, records: Vec<Record>) {
        match about {
            About::Users => self.users.get_or_insert_default().extend(records),
            About::Related(kind) => {
                let read = match kind {
                    RelatedKind::Case => call_log::open_case,
                    RelatedKind::Opportunity => call_log::open_opportunity,
                };
                for (contact, related) in records.iter().filter_map(read) {
                    self.related.entry(contact).or_default().push(related);
                }
            }
            About::Persons => {
                let persons = records.iter().filter(|record| record.bool("IsPersonAccount") == Some(true));
                let persons = persons.filter_map(|record| Some((record.id()?, record.reference("PersonContactId"))));
                self.persons.get_or_insert_default().extend(persons);
            }
            About::Phones => self.found.extend(records.iter().filter_map(call_log::found)),
            About::Keys => {
                let key = |record: &Record| Some((record.str(KeyField::CallObject.name())?.to_owned(), record.id()?));
                // Newest first; of several the oldest is the one that was logged.
                self.tasks.extend(records.iter().filter_map(key));
            }
        }
    }
}

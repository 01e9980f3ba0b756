//! The SOQL queries of a look-up, batched into as few API calls as possible.

mod answers;
mod ask;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rules::E164;
use rules::phone::Script;
use rules::relate::RelatedKind;
use salesforce::call_log::PERSON_FIELDS;
use salesforce::{CallerFields, KeyField, MAX_QUERIES, SObject, SalesforceId, Soql};

pub(crate) use self::answers::{Answers, OrgCountry, Unconfirmed};
pub(crate) use self::ask::ask;
use crate::owners::UserKey;

/// The most numbers that are queried by patterns, each a comparison for every phone field of every record. More are
/// queried by the texts under which they are mostly stored.
const MAX_PATTERNS: usize = 50;
/// The most numbers that are also queried in digits of scripts that are not used in their country, and in letters.
const MAX_IN_ALL_SCRIPTS: usize = 5;

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

//! The plan of what to write: Tasks on existing records, and bundles of a new record with its Case and Tasks.

use std::collections::BTreeMap;

use rules::matching::Record;
use rules::relate::{Relation, relate};
use rules::settings::Settings;
use rules::unknown::{AccountOfContact, NewRecord, account_of_contact, create};
use rules::{Contact, OwnLines, SkipReason, Topic};
use salesforce::{AssignmentRules, SObject, SalesforceId};
use store::{ChosenUsers, Related, TenantId};

use crate::bundle::{Bundle, BundleAccount};
use crate::companies::Companies;
use crate::draft::Draft;
use crate::job::{InsteadOfAccount, Job, KeepsRecords};
use crate::lookup::Knowledge;
use crate::owners::{MatchedBy, Owner, Owners, UserKey};

/// Added to the trace where a record may have been missed.
const UNCONFIRMED: &str = "Salesforce did not answer the query for records of the last hours, which its search may not list \
                           yet. Whoever was entered lately may not have been found.";

/// Added to the trace where a new record belongs to the connecting user, as those of others are hidden from that user.
const HIDDEN: &str = "The user who connected Salesforce does not see the records of others: the new record belongs to that \
                      user, so that calls can be logged on it.";

/// Added to the trace where a new record belongs to the connecting user, as the owner of the Task may not own it.
const NOT_OWNED: &str = "Salesforce does not let the owner of the Task own the new record: it belongs to the user who \
                         connected Salesforce.";

/// The users who may own Tasks.
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    /// The cache of the org's users.
    pub known: &'a Owners,
    /// The tenant of the org.
    pub tenant: &'a TenantId,
    /// The user who connected the org, and the owner where there is no other.
    pub default_owner: SalesforceId,
    /// The users that an admin chose for Aircall's.
    pub chosen: &'a ChosenUsers,
}

/// What to write for the jobs.
#[derive(Debug, Default)]
pub struct Plan {
    /// Jobs that become no Task.
    pub skipped: Vec<(Job, SkipReason)>,
    /// Tasks that already exist. An org without the key field would not refuse to create them again.
    pub existing: Vec<(Draft, SalesforceId)>,
    /// Tasks on existing records.
    pub drafts: Vec<Draft>,
    /// Tasks that are created together with their records.
    pub bundles: Vec<Bundle>,
    /// Jobs for another round: a bundle of this one creates the Account of the same company.
    pub later: Vec<Job>,
}

impl Plan {
    /// Plans `jobs` from `knowledge`. Jobs of one phone number share a new record; jobs of one Contact share a new
    /// Case. No record is created for one of the company's own lines.
    pub fn new(
        jobs: Vec<Job>,
        knowledge: &Knowledge,
        settings: &Settings,
        own_lines: &OwnLines,
        users: &Users<'_>,
    ) -> Self {
        let mut plan = Plan::default();
        let mut bundles: BTreeMap<String, Bundle> = BTreeMap::new();
        // The bundle that creates the Account of each company.
        let mut companies: BTreeMap<String, String> = BTreeMap::new();
        for mut job in jobs {
            let known = knowledge.records.get(&job.phone).cloned();
            let mut account = None;
            let new = if let Some((_, found)) = &known {
                job.trace.extend(found.clone());
                None
            } else if own_lines.contains(&job.phone) {
                note_own_line(&mut job);
                plan.skipped.push((job, SkipReason::InternalCall));
                continue;
            } else {
                let mut contact = job.interaction.contact().cloned().unwrap_or_default();
                contact.email = contact.email.filter(|_| !job.adjusted.without_email);
                // As Aircall gives it, which is the number to call back.
                let phone = job.interaction.party().phone().unwrap_or(&job.phone);
                let new = create(settings.unknown_number, phone, Some(&contact), &mut job.trace);
                if knowledge.is_unconfirmed {
                    job.trace.note(Topic::Record, UNCONFIRMED);
                }
                if let Some(NewRecord::Contact { .. }) = new {
                    account = account_of(&mut job, &contact, settings, &knowledge.companies);
                }
                new
            };
            let record = match (known, &new) {
                (Some((record, _)), _) => record,
                (None, Some(new)) => Record { kind: new.kind(), id: None, person_contact_id: None, name: new.name() },
                (None, None) => {
                    plan.skipped.push((job, SkipReason::UnknownNumber));
                    continue;
                }
            };
            if knowledge.relation_denied {
                job.trace.note(
                    Topic::Relation,
                    "Salesforce does not let us look for Cases or Opportunities: nothing is related.",
                );
            }
            let found = record.id.and_then(|contact| knowledge.related.get(&contact)).cloned().unwrap_or_default();
            let relation = if knowledge.relation_denied {
                Relation::Nothing
            } else {
                relate(settings, record.kind, found, &mut job.trace)
            };
            let owner = users.owner(&mut job, settings);
            let new_account = matches!(account, Some(BundleAccount::New(_))).then_some(SObject::Account);
            let new_case = (relation == Relation::NewCase).then_some(SObject::Case);
            for sobject in new.iter().map(|new| new.kind().into()).chain(new_account).chain(new_case) {
                note_alert(&mut job, sobject);
            }
            match job.adjusted.keeps_records {
                Some(KeepsRecords::Hidden) => job.trace.note(Topic::Record, HIDDEN),
                Some(KeepsRecords::Refused) => job.trace.note(Topic::Record, NOT_OWNED),
                None => {}
            }
            job.owner = Some(owner);
            let task = job.task(settings, &record.name);
            let key = job.key.clone();
            let bundle_key = record.id.map_or_else(|| job.phone.to_string(), |id| id.to_string());
            let case = (relation == Relation::NewCase).then(|| task.subject.clone());
            let related = match relation {
                Relation::Existing(related) => Some(Related { kind: related.kind, id: related.id }),
                Relation::NewCase | Relation::Nothing => None,
            };
            let draft = Draft { job, task, owner, record, related };
            if let Some(task_id) = knowledge.tasks.get(&key) {
                plan.existing.push((draft, *task_id));
            } else if new.is_some() || case.is_some() {
                if let Some(BundleAccount::New(name)) = &account
                    && *companies.entry(name.to_lowercase()).or_insert_with(|| bundle_key.clone()) != bundle_key
                {
                    plan.later.push(draft.job);
                    continue;
                }
                let bundle = bundles.entry(bundle_key).or_insert_with_key(|subject| Bundle {
                    subject: subject.clone(),
                    pending: Vec::new(),
                    record: new,
                    account,
                    case,
                    drafts: Vec::new(),
                    owner: if draft.job.adjusted.keeps_records.is_some() { users.default_owner } else { draft.owner },
                    // A rule would give them to others again.
                    assignment: if settings.assignment_rules && draft.job.adjusted.keeps_records.is_none() {
                        AssignmentRules::Active
                    } else {
                        AssignmentRules::Off
                    },
                });
                bundle.drafts.push(draft);
            } else {
                plan.drafts.push(draft);
            }
        }
        plan.bundles = bundles.into_values().collect();
        plan
    }
}

impl Users<'_> {
    /// The owner of the job's Task; the trace says why.
    fn owner(&self, job: &mut Job, settings: &Settings) -> SalesforceId {
        let keys = job.user_keys(self.chosen, settings);
        let user = keys.iter().find_map(|key| match self.known.get(self.tenant, key) {
            Owner::User(id, by) => Some((id, by)),
            Owner::NoUser | Owner::Unknown => None,
        });
        let was_chosen = keys.iter().any(|key| matches!(key, UserKey::Id(_)));
        if was_chosen && user.is_none_or(|(_, by)| by != MatchedBy::Override) {
            job.trace
                .note(Topic::Owner, "The Salesforce user that was chosen for the Aircall user is not active any more.");
        }
        note_owner(job, user.map(|(_, by)| by), settings);
        user.map_or(self.default_owner, |(id, _)| id)
    }
}

/// The Account of the job's new Contact; the trace says why.
fn account_of(job: &mut Job, contact: &Contact, settings: &Settings, companies: &Companies) -> Option<BundleAccount> {
    let trace = &mut job.trace;
    match job.adjusted.account {
        Some(InsteadOfAccount::None) => {
            trace.note(Topic::Record, "Salesforce refused its Account: the new Contact belongs to none.");
            return None;
        }
        Some(InsteadOfAccount::Existing(id)) => {
            trace.note(
                Topic::Record,
                "A duplicate rule in Salesforce says that the Account of its company already exists.",
            );
            return Some(BundleAccount::Existing(id));
        }
        None => {}
    }
    match account_of_contact(settings, Some(contact), trace) {
        AccountOfContact::None => None,
        AccountOfContact::Named(id) => Some(BundleAccount::Existing(id)),
        AccountOfContact::Company(name) if companies.is_denied || companies.refused.contains(&name.to_lowercase()) => {
            let finding =
                format!("The Account {name} can be neither found nor created: the new Contact belongs to none.");
            trace.note(Topic::Record, finding);
            None
        }
        AccountOfContact::Company(name) => {
            let (finding, account) = if let Some((id, name)) = companies.get(&name) {
                (format!("The new Contact belongs to the Account {name} of its company."), BundleAccount::Existing(*id))
            } else {
                let finding = format!("No Account has the name of its company: the Account {name} is created.");
                (finding, BundleAccount::New(name))
            };
            trace.note(Topic::Record, finding);
            Some(account)
        }
    }
}

/// Notes in the trace why nothing is created for the job's phone number.
fn note_own_line(job: &mut Job) {
    let phone = job.interaction.party().phone().unwrap_or(&job.phone).international();
    let finding = format!(
        "{phone} is the number of one of the company's own lines, and no record in Salesforce has it. None is created for own lines: not logged."
    );
    job.trace.note(Topic::Record, finding);
}

/// Notes in the trace that the record is created although a duplicate rule alerts, if one did.
fn note_alert(job: &mut Job, sobject: SObject) {
    let Some(rule) = job.adjusted.saves_duplicates.get(&sobject) else { return };
    let finding =
        format!("{rule} alerts, but names no record that can be used: the {sobject} is created all the same.");
    job.trace.note(Topic::Record, finding);
}

/// Notes in the trace who owns the Task, and why.
fn note_owner(job: &mut Job, found: Option<MatchedBy>, settings: &Settings) {
    let name =
        job.interaction.owner(settings).and_then(|user| user.name.as_deref()).unwrap_or("the Aircall user").to_owned();
    let finding = match (found, job.interaction.owner(settings)) {
        (Some(MatchedBy::Email), _) => format!("It belongs to {name}, found in Salesforce by e-mail."),
        (Some(MatchedBy::SandboxEmail), _) => {
            format!("It belongs to {name}, found in Salesforce by the e-mail that a sandbox makes of theirs.")
        }
        (Some(MatchedBy::Username), _) => {
            format!("It belongs to {name}, found in Salesforce by a username that is their e-mail.")
        }
        (Some(MatchedBy::Override), _) => format!("It belongs to the Salesforce user that was chosen for {name}."),
        (None, Some(_)) if job.adjusted.by_default_owner => {
            format!("Salesforce does not let {name} own it: it belongs to the user who connected Salesforce.")
        }
        (None, Some(user)) if user.email.is_none() => {
            format!("Aircall names no e-mail of {name}: it belongs to the user who connected Salesforce.")
        }
        (None, Some(_)) => {
            format!(
                "No active Salesforce user has the e-mail of {name}, and none was chosen for them: it belongs to the user who connected Salesforce."
            )
        }
        (None, None) => "Aircall names no user: it belongs to the user who connected Salesforce.".to_owned(),
    };
    job.trace.note(Topic::Owner, finding);
}

//! The plan of what to write: Tasks on existing records, and bundles of a new record with its Case and Tasks.

use std::collections::BTreeMap;

use rules::matching::Record;
use rules::relate::{Relation, relate};
use rules::settings::Settings;
use rules::unknown::create;
use rules::{OwnLines, SkipReason, Topic};
use salesforce::SalesforceId;
use store::{Related, TenantId};

use crate::bundle::Bundle;
use crate::draft::Draft;
use crate::job::Job;
use crate::lookup::Knowledge;
use crate::owners::{Owner, Owners};

/// The users who may own Tasks.
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    /// The cache of the org's users.
    pub known: &'a Owners,
    /// The tenant of the org.
    pub tenant: &'a TenantId,
    /// The user who connected the org, and the owner where there is no other.
    pub default_owner: SalesforceId,
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
        for mut job in jobs {
            let known = knowledge.records.get(&job.phone).cloned();
            let new = if let Some((_, found)) = &known {
                job.trace.extend(found.clone());
                None
            } else if own_lines.contains(&job.phone) {
                note_own_line(&mut job);
                plan.skipped.push((job, SkipReason::InternalCall));
                continue;
            } else {
                let mut contact = job.interaction.contact().cloned().unwrap_or_default();
                contact.email = contact.email.filter(|_| !job.without_email);
                // As Aircall gives it, which is the number to call back.
                let phone = job.interaction.party().phone().unwrap_or(&job.phone);
                create(settings.unknown_number, phone, Some(&contact), &mut job.trace)
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
            let owner = users.owner(&mut job);
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
                let bundle = bundles.entry(bundle_key).or_insert_with_key(|subject| Bundle {
                    subject: subject.clone(),
                    pending: Vec::new(),
                    record: new,
                    case,
                    drafts: Vec::new(),
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
    fn owner(&self, job: &mut Job) -> SalesforceId {
        let user = match job.user_email().map(|email| self.known.get(self.tenant, &email)) {
            Some(Owner::User(id)) => Some(id),
            Some(Owner::NoUser | Owner::Unknown) | None => None,
        };
        note_owner(job, user);
        user.unwrap_or(self.default_owner)
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

/// Notes in the trace who owns the Task, and why.
fn note_owner(job: &mut Job, owner: Option<SalesforceId>) {
    let name = job.interaction.user().and_then(|user| user.name.as_deref()).unwrap_or("the Aircall user").to_owned();
    let finding = match (owner, job.interaction.user()) {
        (Some(_), _) => format!("It belongs to {name}, found in Salesforce by e-mail."),
        (None, Some(_)) if job.by_default_owner => {
            format!("Salesforce does not let {name} own it: it belongs to the user who connected Salesforce.")
        }
        (None, Some(user)) if user.email.is_none() => {
            format!("Aircall names no e-mail of {name}: it belongs to the user who connected Salesforce.")
        }
        (None, Some(_)) => {
            format!(
                "No active Salesforce user has the e-mail of {name}: it belongs to the user who connected Salesforce."
            )
        }
        (None, None) => "Aircall names no user: it belongs to the user who connected Salesforce.".to_owned(),
    };
    job.trace.note(Topic::Owner, finding);
}

//! Rounds over a batch of jobs, each with what went wrong in the last one fixed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use org::{Hints, Job, Knowledge, Org, Plan, Stop, Users};
use rules::matching::Record;
use rules::settings::Settings;
use rules::{E164, RecordKind};
use salesforce::call_log::MESSAGE_TYPE;
use salesforce::{ErrorCode, KeyField, Refusal, SObject, SalesforceId, Soql};
use store::{Remembered, Tenant};

use crate::create::{self, Report};
use crate::fate::Fate;
use crate::fix::{Fix, names};
use crate::update::{self, Update};
use crate::writer::Writer;

/// How often a job may go around in one drain.
const ROUNDS: usize = 4;

/// What the rounds over one group of jobs share.
#[derive(Default)]
struct Rounds {
    hints: Hints,
    /// What the last round found out, if it still holds.
    knowledge: Option<Knowledge>,
}

impl Writer {
    /// Writes `jobs`, and adds to `done` what became of each.
    /// When it stops early, what is missing there may have been written all the same: trying again finds out.
    pub(crate) async fn write(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        settings: &Settings,
        mut jobs: Vec<Job>,
        now: Timestamp,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<(), Stop> {
        let mut rounds = Rounds::default();
        for round in 1..=ROUNDS {
            let mut report = Report::default();
            let outcome = self.round(org, tenant, settings, jobs, &mut rounds, now, &mut report).await;
            done.append(&mut report.done);
            self.remember(tenant, report.created, now + self.phone_memory.created, true).await?;
            outcome?;
            let fixed = self.apply_fix(org, tenant, report.again, now, &mut rounds, done).await?;
            if round == ROUNDS {
                done.extend(fixed.into_iter().map(|(job, fix)| (job, fix.unapplied())));
                break;
            }
            if !fixed.iter().all(|(_, fix)| fix.leaves_knowledge()) {
                rounds.knowledge = None;
            }
            jobs = fixed.into_iter().map(|(job, _)| job).collect();
            if jobs.is_empty() {
                break;
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one round, each with a life of its own")]
    async fn round(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        settings: &Settings,
        jobs: Vec<Job>,
        rounds: &mut Rounds,
        now: Timestamp,
        report: &mut Report,
    ) -> Result<(), Stop> {
        let (old, new): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.written.is_some());
        let updates = old.into_iter().filter_map(|job| Update::from_job(job, settings)).collect();
        update::update(org, updates, &tenant.facts, report).await?;
        report.goes_on()?;
        if new.is_empty() {
            return Ok(());
        }
        if rounds.knowledge.is_none() {
            let found = self.lookup.look_up(org, tenant, settings, &new, &rounds.hints, now).await?;
            // At once: an org that is slow gets further the next time.
            let matched = found.matched.clone().into_iter().collect();
            self.remember(tenant, matched, now + self.phone_memory.matched, false).await?;
            rounds.knowledge = Some(found);
        }
        let Some(knowledge) = &rounds.knowledge else { return Ok(()) };
        let users = Users { known: &self.lookup.owners, tenant: &tenant.id, default_owner: org.default_owner };
        let plan = Plan::new(new, knowledge, settings, &users);
        report.done.extend(plan.skipped.into_iter().map(|(job, reason)| (job, Fate::Skipped(reason))));
        report.exist.extend(plan.existing.into_iter().map(|(draft, id)| (draft, Some(id))));
        create::bundles(org, plan.bundles, &tenant.facts, report).await?;
        report.goes_on()?;
        create::tasks(org, plan.drafts, &tenant.facts, report).await?;
        report.goes_on()?;
        update::adopt(org, &tenant.facts, report).await?;
        report.goes_on()
    }

    /// Remembers until then where numbers led, and whether `ours` are the records there.
    async fn remember(
        &self,
        tenant: &Tenant,
        led: Vec<(E164, Record)>,
        expires_at: Timestamp,
        ours: bool,
    ) -> Result<(), Stop> {
        let remembered = led.into_iter().map(|(number, record)| (number, Remembered { record, ours, expires_at }));
        Ok(self.lookup.phones.put_many(&tenant.id, &remembered.collect()).await?)
    }

    /// Applies the remedies, and gives the jobs that go around again.
    async fn apply_fix(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        again: Vec<(Job, Fix)>,
        now: Timestamp,
        rounds: &mut Rounds,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<Vec<(Job, Fix)>, Stop> {
        let facts = tenant.facts.clone();
        let fixed = self.apply_each_fix(org, tenant, again, now, &mut rounds.hints, done).await;
        // Also when it could not go on.
        if tenant.facts != facts {
            self.lookup.tenants.set_facts(&tenant.id, &tenant.facts).await?;
        }
        fixed
    }

    async fn apply_each_fix(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        again: Vec<(Job, Fix)>,
        now: Timestamp,
        hints: &mut Hints,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<Vec<(Job, Fix)>, Stop> {
        let mut fixed = Vec::new();
        // As of before this round: jobs may share a fix, and one that was applied in an earlier round was in vain.
        let (facts, forgotten, named) = (tenant.facts.clone(), hints.forgotten.clone(), hints.named.clone());
        let to_use = |(_, fix): &(Job, Fix)| match fix {
            Fix::Use(id, _) => Some(*id),
            _ => None,
        };
        let records = records_named(org, again.iter().filter_map(to_use).collect()).await?;
        for (mut job, fix) in again {
            job.start_over();
            match &fix {
                Fix::Nothing => {}
                Fix::LeaveOut(sobject, refusal) => {
                    let fields = refusal.cause().fields.iter();
                    let missing: Vec<_> = fields.map(|field| missing(*sobject, field, &job, refusal)).collect();
                    // Left out already, and refused all the same: it is not ours to mend.
                    if missing.iter().all(|field| facts.missing_fields.contains_key(field)) {
                        done.push((job, Fate::failed(refusal)));
                        continue;
                    }
                    tenant.facts.missing_fields.extend(missing.into_iter().map(|field| (field, now)));
                    if names(refusal, KeyField::AircallKey.name()) {
                        tenant.facts.unkeyed_at = Some(now);
                    }
                }
                Fix::Rematch(refusal) => {
                    if forgotten.contains(&job.phone) {
                        done.push((job, Fate::failed(refusal)));
                        continue;
                    }
                    self.lookup.phones.forget(&tenant.id, &job.phone).await?;
                    hints.named.remove(&job.phone);
                    hints.forgotten.insert(job.phone.clone());
                }
                Fix::Use(id, refusal) => {
                    if named.contains_key(&job.phone) {
                        done.push((job, Fate::failed(refusal)));
                        continue;
                    }
                    if !hints.named.contains_key(&job.phone) {
                        let Some(record) = records.get(id) else {
                            done.push((job, Fate::failed(refusal)));
                            continue;
                        };
                        hints.named.insert(job.phone.clone(), record.clone());
                    }
                }
                Fix::DefaultOwner(_) => {
                    if let Some(email) = job.user_email() {
                        self.lookup.owners.forget(&tenant.id, &email);
                    }
                    job.by_default_owner = true;
                }
                Fix::WithoutEmail(_) => job.without_email = true,
            }
            fixed.push((job, fix));
        }
        // At once, as what was matched is.
        let new = hints.named.iter().filter(|(number, _)| !named.contains_key(*number));
        let new = new.map(|(number, record)| (number.clone(), record.clone())).collect();
        self.remember(tenant, new, now + self.phone_memory.matched, false).await?;
        Ok(fixed)
    }
}

/// How the facts name what the org lacks: a field, or a single value of one that calls do without.
fn missing(sobject: SObject, field: &str, job: &Job, refusal: &Refusal) -> String {
    let is_value = *refusal.code() == ErrorCode::InvalidOrNullForRestrictedPicklist && field == "Type";
    if is_value && job.interaction.messages().is_some() {
        format!("{sobject}.{field}={MESSAGE_TYPE}")
    } else {
        format!("{sobject}.{field}")
    }
}

/// The records that refusals named, by id: one call for each object.
async fn records_named(org: &mut Org, ids: BTreeSet<SalesforceId>) -> Result<BTreeMap<SalesforceId, Record>, Stop> {
    let kinds = [
        (SObject::Contact, RecordKind::Contact),
        (SObject::Lead, RecordKind::Lead),
        (SObject::Account, RecordKind::Account),
    ];
    let mut named = BTreeMap::new();
    for (sobject, kind) in kinds {
        let ids: Vec<SalesforceId> = ids.iter().filter(|id| id.sobject() == Some(sobject)).copied().collect();
        for soql in Soql::records_by_id(sobject, &ids, &["Name"]) {
            for found in org.call(async |client| client.query(&soql).await).await? {
                let Some(id) = found.id() else { continue };
                let name = found.str("Name").unwrap_or_default().to_owned();
                named.insert(id, Record { kind, id: id.as_str().to_owned(), person_contact_id: None, name });
            }
        }
    }
    Ok(named)
}

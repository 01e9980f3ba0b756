//! Writes a group of jobs in rounds. Each round applies fixes for what was refused in the one before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use org::{Hints, Job, Knowledge, Missing, Org, Plan, Stop, Users};
use rules::matching::Record;
use rules::settings::Settings;
use rules::{E164, RecordKind};
use salesforce::call_log::MESSAGE_TYPE;
use salesforce::{ErrorCode, KeyField, Refusal, SObject, SalesforceId, Soql};
use store::{PhoneMatch, Tenant};

use crate::create::{self, Report};
use crate::fate::Fate;
use crate::fix::{Fix, names};
use crate::update::{self, Update};
use crate::writer::Writer;

/// The most rounds of a job in one drain.
const ROUNDS: usize = 4;

/// The state that the rounds over one group of jobs share.
#[derive(Default)]
struct Rounds {
    hints: Hints,
    /// The knowledge of the last round, if it is still valid.
    knowledge: Option<Knowledge>,
}

impl Writer {
    /// Writes `jobs` and adds the fate of each to `done`. After an early stop, jobs missing from `done` may still have
    /// been written; a retry detects that.
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
            self.cache_phones(tenant, report.created, now + self.phone_ttl.created, true).await?;
            outcome?;
            let fixed = self.apply_fix(org, tenant, report.to_retry, now, &mut rounds, done).await?;
            if round == ROUNDS {
                done.extend(fixed.into_iter().map(|(job, fix)| (job, fix.unapplied())));
                break;
            }
            if !fixed.iter().all(|(_, fix)| fix.keeps_knowledge()) {
                rounds.knowledge = None;
            }
            jobs = fixed.into_iter().map(|(job, _)| job).collect();
            if jobs.is_empty() {
                break;
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the inputs of one round have different lifetimes")]
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
        report.check_stop()?;
        if new.is_empty() {
            return Ok(());
        }
        if rounds.knowledge.is_none() {
            let found = self.lookup.look_up(org, tenant, settings, &new, &rounds.hints, now).await?;
            // Stored at once, so that with a slow org the next attempt gets further.
            let matched = found.matched.clone().into_iter().collect();
            self.cache_phones(tenant, matched, now + self.phone_ttl.matched, false).await?;
            rounds.knowledge = Some(found);
        }
        let Some(knowledge) = &rounds.knowledge else { return Ok(()) };
        let users = Users { known: &self.lookup.owners, tenant: &tenant.id, default_owner: org.default_owner };
        let plan = Plan::new(new, knowledge, settings, &users);
        report.done.extend(plan.skipped.into_iter().map(|(job, reason)| (job, Fate::Skipped(reason))));
        report.existing.extend(plan.existing.into_iter().map(|(draft, id)| (draft, Some(id))));
        create::bundles(org, plan.bundles, &tenant.facts, report).await?;
        report.check_stop()?;
        create::tasks(org, plan.drafts, &tenant.facts, report).await?;
        report.check_stop()?;
        update::adopt(org, &tenant.facts, report).await?;
        report.check_stop()
    }

    /// Caches until `expires_at` which record each phone number matched. `ours` says that we created the records.
    async fn cache_phones(
        &self,
        tenant: &Tenant,
        matches: Vec<(E164, Record)>,
        expires_at: Timestamp,
        ours: bool,
    ) -> Result<(), Stop> {
        let remembered = matches.into_iter().map(|(phone, record)| (phone, PhoneMatch { record, ours, expires_at }));
        Ok(self.lookup.phones.put_many(&tenant.id, &remembered.collect()).await?)
    }

    /// Applies the fixes and returns the jobs for the next round.
    async fn apply_fix(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        to_fix: Vec<(Job, Fix)>,
        now: Timestamp,
        rounds: &mut Rounds,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<Vec<(Job, Fix)>, Stop> {
        let facts = tenant.facts.clone();
        let fixed = self.apply_each_fix(org, tenant, to_fix, now, &mut rounds.hints, done).await;
        // Store the facts also after an early stop.
        if tenant.facts != facts {
            self.lookup.tenants.set_facts(&tenant.id, &tenant.facts).await?;
        }
        fixed
    }

    async fn apply_each_fix(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        to_fix: Vec<(Job, Fix)>,
        now: Timestamp,
        hints: &mut Hints,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<Vec<(Job, Fix)>, Stop> {
        let mut fixed = Vec::new();
        // Snapshots from before this round: jobs of one round may share a fix, but a fix that an earlier round applied
        // did not help.
        let (facts, forgotten, named) = (tenant.facts.clone(), hints.forgotten.clone(), hints.named.clone());
        let id_to_use = |(_, fix): &(Job, Fix)| match fix {
            Fix::Use(id, _) => Some(*id),
            _ => None,
        };
        let records = fetch_records(org, to_fix.iter().filter_map(id_to_use).collect()).await?;
        for (mut job, fix) in to_fix {
            job.start_over();
            match &fix {
                Fix::Nothing => {}
                Fix::LeaveOut(sobject, refusal) => {
                    let fields = refusal.cause().fields.iter();
                    let missing: Vec<_> = fields.map(|field| missing(*sobject, field, &job, refusal)).collect();
                    // The fields were already left out and the job was refused again, so this fix cannot help.
                    if missing.iter().all(|missing| missing.is_in(&facts)) {
                        done.push((job, Fate::failed(refusal)));
                        continue;
                    }
                    for missing in missing {
                        missing.add_to(&mut tenant.facts, now);
                    }
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
        // Stored at once, like matched records.
        let new = hints.named.iter().filter(|(phone, _)| !named.contains_key(*phone));
        let new = new.map(|(phone, record)| (phone.clone(), record.clone())).collect();
        self.cache_phones(tenant, new, now + self.phone_ttl.matched, false).await?;
        Ok(fixed)
    }
}

/// What the org lacks by a refusal of `field`: the field, or a single picklist value that only messages use.
fn missing(sobject: SObject, field: &str, job: &Job, refusal: &Refusal) -> Missing {
    let is_value = *refusal.code() == ErrorCode::InvalidOrNullForRestrictedPicklist && field == "Type";
    if is_value && job.interaction.messages().is_some() {
        Missing::Value { sobject, field: field.to_owned(), value: MESSAGE_TYPE.to_owned() }
    } else {
        Missing::Field(sobject, field.to_owned())
    }
}

/// Reads the records that refusals named, by id: one API call per object.
async fn fetch_records(org: &mut Org, ids: BTreeSet<SalesforceId>) -> Result<BTreeMap<SalesforceId, Record>, Stop> {
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

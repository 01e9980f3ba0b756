//! Rounds over a batch of jobs, each with what went wrong in the last one mended.

use jiff::Timestamp;
use org::{Hints, Job, Org, Plan, Stop, Users};
use rules::matching::Record;
use rules::settings::Settings;
use rules::{E164, RecordKind};
use salesforce::{SObject, SalesforceId, Soql};
use store::{Remembered, Tenant};

use crate::create::{self, Report};
use crate::fate::Fate;
use crate::remedy::Remedy;
use crate::update::{self, Update};
use crate::writer::Writer;

/// How often a job may go around in one drain.
const ROUNDS: usize = 4;

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
        let mut hints = Hints::default();
        for round in 1..=ROUNDS {
            let mut report = Report::default();
            let outcome = self.round(org, tenant, settings, jobs, &hints, now, &mut report).await;
            done.append(&mut report.done);
            self.remember(tenant, report.led.into_iter(), now).await?;
            outcome?;
            let mended = self.mend(org, tenant, report.again, now, &mut hints, done).await?;
            if round == ROUNDS {
                done.extend(mended.into_iter().map(|(job, remedy)| (job, remedy.in_vain())));
                break;
            }
            jobs = mended.into_iter().map(|(job, _)| job).collect();
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
        hints: &Hints,
        now: Timestamp,
        report: &mut Report,
    ) -> Result<(), Stop> {
        let (old, new): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.written.is_some());
        let updates = old.into_iter().filter_map(|job| Update::of(job, settings)).collect();
        update::update(org, updates, &tenant.facts, report).await?;
        goes_on(report)?;
        if new.is_empty() {
            return Ok(());
        }
        let knowledge = self.lookup.look_up(org, tenant, settings, &new, hints, now).await?;
        let users = Users { known: &self.lookup.owners, tenant: &tenant.id, default_owner: org.default_owner };
        let plan = Plan::of(new, knowledge, settings, &users);
        report.done.extend(plan.skipped.into_iter().map(|(job, reason)| (job, Fate::Skipped(reason))));
        report.exist.extend(plan.existing.into_iter().map(|(draft, id)| (draft, Some(id))));
        create::bundles(org, plan.bundles, &tenant.facts, report).await?;
        goes_on(report)?;
        create::tasks(org, plan.drafts, &tenant.facts, report).await?;
        goes_on(report)?;
        update::adopt(org, &tenant.facts, report).await?;
        goes_on(report)
    }

    /// Remembers where numbers led.
    async fn remember(
        &self,
        tenant: &Tenant,
        led: impl Iterator<Item = (E164, Record, bool)>,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let remembered = led.map(|(number, record, ours)| {
            let expires_at = now + if ours { self.phone_memory.created } else { self.phone_memory.matched };
            (number, Remembered { record, ours, expires_at })
        });
        Ok(self.lookup.phones.put_many(&tenant.id, &remembered.collect()).await?)
    }

    /// Applies the remedies, and gives the jobs that go around again.
    async fn mend(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        again: Vec<(Job, Remedy)>,
        now: Timestamp,
        hints: &mut Hints,
        done: &mut Vec<(Job, Fate)>,
    ) -> Result<Vec<(Job, Remedy)>, Stop> {
        let mut mended = Vec::new();
        let (facts, forgotten) = (tenant.facts.clone(), hints.forgotten.clone());
        for (mut job, remedy) in again {
            // Each round starts its own account of what was looked at.
            job.start_over();
            match &remedy {
                Remedy::Nothing => {}
                Remedy::LeaveOut(sobject, refusal) => {
                    let missing: Vec<_> =
                        refusal.cause().fields.iter().map(|field| format!("{sobject}.{field}")).collect();
                    // Left out already, and refused all the same: it is not ours to mend.
                    if missing.iter().all(|field| facts.missing_fields.contains_key(field)) {
                        done.push((job, Fate::failed(refusal)));
                        continue;
                    }
                    tenant.facts.missing_fields.extend(missing.into_iter().map(|field| (field, now)));
                }
                Remedy::Rematch(_) => {
                    if forgotten.contains(&job.number) {
                        done.push((job, remedy.in_vain()));
                        continue;
                    }
                    self.lookup.phones.forget(&tenant.id, &job.number).await?;
                    hints.named.remove(&job.number);
                    hints.forgotten.insert(job.number.clone());
                }
                Remedy::Use(id, _) => {
                    if !hints.named.contains_key(&job.number) {
                        let Some(record) = named(org, *id).await? else {
                            done.push((job, remedy.in_vain()));
                            continue;
                        };
                        hints.named.insert(job.number.clone(), record);
                    }
                }
                Remedy::DefaultOwner(_) => job.by_default_owner = true,
                Remedy::WithoutEmail(_) => job.without_email = true,
            }
            mended.push((job, remedy));
        }
        if tenant.facts != facts {
            self.lookup.tenants.set_facts(&tenant.id, &tenant.facts).await?;
        }
        Ok(mended)
    }
}

/// Ends the round if the org takes nothing more.
fn goes_on(report: &mut Report) -> Result<(), Stop> {
    report.stop.take().map_or(Ok(()), Err)
}

/// The record that a duplicate rule named.
async fn named(org: &mut Org, id: SalesforceId) -> Result<Option<Record>, Stop> {
    let Some((sobject, kind)) = id.sobject().and_then(|sobject| match sobject {
        SObject::Contact => Some((sobject, RecordKind::Contact)),
        SObject::Lead => Some((sobject, RecordKind::Lead)),
        SObject::Account => Some((sobject, RecordKind::Account)),
        SObject::Case | SObject::Opportunity | SObject::Task | SObject::User => None,
    }) else {
        return Ok(None);
    };
    for soql in Soql::records_by_id(sobject, &[id], &["Name"]) {
        let records = org.call(async |client| client.query(&soql).await).await?;
        if let Some(record) = records.first() {
            let name = record.str("Name").unwrap_or_default().to_owned();
            return Ok(Some(Record { kind, id: id.as_str().to_owned(), person_contact_id: None, name }));
        }
    }
    Ok(None)
}

//! Writes a group of jobs in rounds. Each round applies fixes for what was refused in the one before.

mod create;
mod fix;
mod progress;
mod update;

use jiff::Timestamp;
use org::{BatchError, Hints, Job, Knowledge, Missing, Org, Plan, Users};
use rules::E164;
use rules::matching::Record;
use rules::settings::Settings;
use salesforce::{KeyField, Refusal};
use store::{PhoneMatch, Tenant};

use self::fix::{Fix, names};
use self::progress::Progress;
use self::update::Update;
use crate::outcome::{self, Finished};
use crate::writer::Writer;

/// The most rounds of a job in one drain.
const ROUNDS: usize = 4;

/// The rounds over one group of jobs.
pub(crate) struct Rounds<'a> {
    writer: &'a Writer,
    org: &'a mut Org,
    tenant: &'a mut Tenant,
    settings: &'a Settings,
    now: Timestamp,
    hints: Hints,
    /// The knowledge of the last round, if it is still valid.
    knowledge: Option<Knowledge>,
}

/// What applying fixes came to.
#[derive(Default)]
struct Fixed {
    /// The jobs for the next round.
    jobs: Vec<(Job, Fix)>,
    /// The jobs that no fix can help.
    failed: Vec<Finished>,
}

impl<'a> Rounds<'a> {
    pub(crate) fn new(
        writer: &'a Writer,
        org: &'a mut Org,
        tenant: &'a mut Tenant,
        settings: &'a Settings,
        now: Timestamp,
    ) -> Self {
        Self { writer, org, tenant, settings, now, hints: Hints::default(), knowledge: None }
    }

    /// Writes `jobs`. After an early end, jobs that are not finished may still have been written; a retry detects that.
    pub(crate) async fn run(mut self, mut jobs: Vec<Job>) -> (Vec<Finished>, Result<(), BatchError>) {
        let mut finished = Vec::new();
        for round in 1..=ROUNDS {
            let mut progress = self.round(jobs).await;
            finished.append(&mut progress.finished);
            let fixed = match self.prepare_next(progress).await {
                Ok(fixed) => fixed,
                Err(error) => return (finished, Err(error)),
            };
            finished.extend(fixed.failed);
            if round == ROUNDS {
                finished.extend(fixed.jobs.into_iter().map(|(job, fix)| outcome::postponed(job, fix.reason())));
                break;
            }
            if !fixed.jobs.iter().all(|(_, fix)| fix.keeps_knowledge()) {
                self.knowledge = None;
            }
            jobs = fixed.jobs.into_iter().map(|(job, _)| job).collect();
            if jobs.is_empty() {
                break;
            }
        }
        (finished, Ok(()))
    }

    async fn round(&mut self, jobs: Vec<Job>) -> Progress {
        let (old, new): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.written.is_some());
        let updates = old.into_iter().filter_map(|job| Update::from_job(job, self.settings)).collect();
        let mut progress = update::update(self.org, updates, &self.tenant.facts).await;
        if !progress.can_continue() || new.is_empty() {
            return progress;
        }
        let plan = match self.plan(new).await {
            Ok(plan) => plan,
            Err(error) => {
                progress.aborted = Some(error);
                return progress;
            }
        };
        progress.finished.extend(plan.skipped.into_iter().map(|(job, reason)| outcome::skipped(job, reason)));
        progress.existing.extend(plan.existing.into_iter().map(|(draft, id)| (draft, Some(id))));
        progress.extend(create::bundles(self.org, plan.bundles, &self.tenant.facts).await);
        if progress.can_continue() {
            progress.extend(create::tasks(self.org, plan.drafts, &self.tenant.facts).await);
        }
        if progress.can_continue() {
            let existing = std::mem::take(&mut progress.existing);
            progress.extend(update::adopt(self.org, existing, &self.tenant.facts).await);
            progress.can_continue();
        }
        progress
    }

    async fn plan(&mut self, jobs: Vec<Job>) -> Result<Plan, BatchError> {
        let lookup = &self.writer.lookup;
        let knowledge = if let Some(knowledge) = self.knowledge.take() {
            knowledge
        } else {
            let found = lookup.look_up(self.org, self.tenant, self.settings, &jobs, &self.hints, self.now).await?;
            // Stored at once, so that with a slow org the next attempt gets further.
            let matched = found.matched.clone().into_iter().collect();
            self.cache_phones(matched, self.now + self.writer.phone_ttl.matched, false).await?;
            found
        };
        let users = Users { known: &lookup.owners, tenant: &self.tenant.id, default_owner: self.org.default_owner };
        let plan = Plan::new(jobs, &knowledge, self.settings, &users);
        self.knowledge = Some(knowledge);
        Ok(plan)
    }

    /// Caches until `expires_at` which record each phone number matched. `ours` says that we created the records.
    async fn cache_phones(
        &self,
        matches: Vec<(E164, Record)>,
        expires_at: Timestamp,
        ours: bool,
    ) -> Result<(), BatchError> {
        let matches = matches.into_iter().map(|(phone, record)| (phone, PhoneMatch { record, ours, expires_at }));
        Ok(self.writer.lookup.phones.put_many(&self.tenant.id, &matches.collect()).await?)
    }

    /// Stores what a round created, and applies the fixes unless the round was aborted.
    async fn prepare_next(&mut self, progress: Progress) -> Result<Fixed, BatchError> {
        self.cache_phones(progress.created, self.now + self.writer.phone_ttl.created, true).await?;
        if let Some(error) = progress.aborted {
            return Err(error);
        }
        let facts = self.tenant.facts.clone();
        let fixed = self.apply_fixes(progress.to_fix).await;
        // Store the facts also after an early end.
        if self.tenant.facts != facts {
            self.writer.lookup.tenants.set_facts(&self.tenant.id, &self.tenant.facts).await?;
        }
        fixed
    }

    async fn apply_fixes(&mut self, to_fix: Vec<(Job, Fix)>) -> Result<Fixed, BatchError> {
        let mut fixed = Fixed::default();
        // Snapshots from before this round: jobs of one round may share a fix, but a fix that an earlier round applied
        // did not help.
        let facts = self.tenant.facts.clone();
        let (forgotten, named) = (self.hints.forgotten.clone(), self.hints.named.clone());
        let id_to_use = |(_, fix): &(Job, Fix)| match fix {
            Fix::Use(id, _) => Some(*id),
            _ => None,
        };
        let records = self.org.records(&to_fix.iter().filter_map(id_to_use).collect()).await?;
        for (mut job, fix) in to_fix {
            job.start_over();
            let helps = match &fix {
                Fix::Nothing => true,
                Fix::LeaveOut(sobject, refusal) => {
                    let fields = refusal.cause().fields.iter();
                    let missing: Vec<_> =
                        fields.map(|field| Missing::refused(*sobject, field, &job, refusal)).collect();
                    // If the fields were already left out and the job was refused again, this fix cannot help.
                    let helps = !missing.iter().all(|missing| missing.is_in(&facts));
                    if helps {
                        self.leave_out(&missing, refusal);
                    }
                    helps
                }
                Fix::Rematch(_) => {
                    let helps = !forgotten.contains(&job.phone);
                    if helps {
                        self.writer.lookup.phones.forget(&self.tenant.id, &job.phone).await?;
                        self.hints.named.remove(&job.phone);
                        self.hints.forgotten.insert(job.phone.clone());
                    }
                    helps
                }
                Fix::Use(id, _) => !named.contains_key(&job.phone) && self.use_record(&job, records.get(id)),
                Fix::DefaultOwner(_) => {
                    if let Some(email) = job.user_email() {
                        self.writer.lookup.owners.forget(&self.tenant.id, &email);
                    }
                    job.by_default_owner = true;
                    true
                }
                Fix::WithoutEmail(_) => {
                    job.without_email = true;
                    true
                }
            };
            if helps {
                fixed.jobs.push((job, fix));
            } else {
                fixed.failed.push(outcome::failed(job, fix.reason()));
            }
        }
        // Stored at once, like matched records.
        let new = self.hints.named.iter().filter(|(phone, _)| !named.contains_key(*phone));
        let new = new.map(|(phone, record)| (phone.clone(), record.clone())).collect();
        self.cache_phones(new, self.now + self.writer.phone_ttl.matched, false).await?;
        Ok(fixed)
    }

    fn leave_out(&mut self, missing: &[Missing], refusal: &Refusal) {
        for missing in missing {
            missing.add_to(&mut self.tenant.facts, self.now);
        }
        if names(refusal, KeyField::AircallKey.name()) {
            self.tenant.facts.unkeyed_at = Some(self.now);
        }
    }

    /// Uses the record that a duplicate rule named for the job's phone number. Returns whether there is one.
    fn use_record(&mut self, job: &Job, record: Option<&Record>) -> bool {
        if let (Some(record), false) = (record, self.hints.named.contains_key(&job.phone)) {
            self.hints.named.insert(job.phone.clone(), record.clone());
        }
        self.hints.named.contains_key(&job.phone)
    }
}

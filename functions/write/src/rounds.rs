//! Writes a group of jobs in rounds. Each round applies fixes for what was refused in the one before.

mod automation;
mod create;
mod fix;
mod progress;
mod requests;
mod update;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use org::{
    BatchError, Hints, InsteadOfAccount, Job, Knowledge, Matched, Missing, Org, Owner, Pace, Plan, Remember, UserKey,
    Users, callers_of, status_names,
};
use rules::matching::{Callers, Candidate, Matches, Record};
use rules::settings::{Settings, UnknownNumber};
use rules::unknown::{AccountType, company};
use rules::{E164, StatusNames};
use salesforce::call_log::MESSAGE_TYPE;
use salesforce::{Refusal, SObject, SalesforceId};
use store::{Known, OurRecord, PhoneMatch, Tenant, Unconfirmed};

use self::fix::{Fix, Part, may_save, named_by};
use self::progress::Progress;
use self::requests::Requests;
use self::update::Update;
use crate::outcome::{self, Finished};
use crate::writer::Writer;

/// The most rounds of a job in one drain.
const ROUNDS: usize = 4;

/// How often a job that waits for another job's request is tried.
const POLL: SignedDuration = SignedDuration::from_secs(30);

/// The rounds over one group of jobs.
pub(crate) struct Rounds<'a> {
    writer: &'a Writer,
    org: &'a mut Org,
    tenant: &'a mut Tenant,
    settings: &'a Settings,
    now: Timestamp,
    hints: Hints,
    /// How many records the org takes in one request.
    pace: Pace,
    /// The knowledge of the last round, if it is still valid.
    knowledge: Option<Knowledge>,
    /// What was sent in this drain and may have taken effect, by key.
    in_doubt: BTreeMap<String, Unconfirmed>,
    finished: Vec<Finished>,
}

/// What the rounds came to.
pub(crate) struct Ended {
    pub(crate) finished: Vec<Finished>,
    /// What was sent of jobs that are not finished and may have taken effect, by key.
    pub(crate) in_doubt: BTreeMap<String, Unconfirmed>,
    /// Why the other jobs are not finished.
    pub(crate) result: Result<(), BatchError>,
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
        let (hints, in_doubt, finished) = (Hints::default(), BTreeMap::new(), Vec::new());
        let pace = Pace::new(&tenant.facts, now);
        Self { writer, org, tenant, settings, now, hints, pace, knowledge: None, in_doubt, finished }
    }

    /// Writes `jobs`. After an early end, jobs that are not finished may still have been written; a retry detects that.
    pub(crate) async fn run(mut self, jobs: Vec<Job>) -> Ended {
        let result = self.run_all(jobs).await;
        Ended { finished: self.finished, in_doubt: self.in_doubt, result }
    }

    async fn run_all(&mut self, mut jobs: Vec<Job>) -> Result<(), BatchError> {
        for round in 1..=ROUNDS {
            let mut progress = self.round(jobs).await;
            self.finished.append(&mut progress.finished);
            let fixed = self.prepare_next(progress).await?;
            self.finished.extend(fixed.failed);
            if round == ROUNDS {
                let postponed = fixed.jobs.into_iter().map(|(job, fix)| outcome::postponed(job, fix.reason()));
                self.finished.extend(postponed);
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
        Ok(())
    }

    async fn round(&mut self, jobs: Vec<Job>) -> Progress {
        let (old, new): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.written.is_some());
        let updates = old.into_iter().filter_map(|job| Update::from_job(job, self.settings)).collect();
        let mut progress = update::update(&mut self.requests(), updates).await;
        if !progress.can_continue() || new.is_empty() {
            return progress;
        }
        let (plan, waiting) = match self.plan(new).await {
            Ok(planned) => planned,
            Err(error) => {
                progress.aborted = Some(error);
                return progress;
            }
        };
        let waiting = waiting.into_iter().map(|(job, until)| outcome::deferred(job, update::unanswered(), until));
        progress.finished.extend(waiting);
        progress.finished.extend(plan.skipped.into_iter().map(|(job, reason)| outcome::skipped(job, reason)));
        progress.to_fix.extend(plan.later.into_iter().map(|job| (job, Fix::LookUpAgain)));
        progress.existing.extend(plan.existing.into_iter().map(|(draft, id)| (draft, Some(id))));
        progress.extend(create::bundles(&mut self.requests(), plan.bundles).await);
        if progress.can_continue() {
            progress.extend(create::tasks(&mut self.requests(), plan.drafts).await);
        }
        if progress.can_continue() {
            let existing = std::mem::take(&mut progress.existing);
            progress.extend(update::adopt(&mut self.requests(), existing).await);
            progress.can_continue();
        }
        progress
    }

    fn requests(&mut self) -> Requests<'_> {
        Requests {
            org: self.org,
            calls: &self.writer.calls,
            phones: &self.writer.lookup.phones,
            tenant: &self.tenant.id,
            facts: &self.tenant.facts,
            statuses: status_names(&self.tenant.facts, &self.tenant.statuses),
            pace: &mut self.pace,
            late_effect: self.writer.late_effect,
            in_doubt: &mut self.in_doubt,
        }
    }

    /// Plans the jobs. Also returns those that have to wait, and until when, because a request for the same Task, or
    /// for a record of the same phone number or Contact, is not answered and may still take effect.
    async fn plan(&mut self, jobs: Vec<Job>) -> Result<(Plan, Vec<(Job, Timestamp)>), BatchError> {
        let now = Timestamp::now();
        let phones = &self.writer.lookup.phones;
        let mut pending =
            phones.pending_creates(&self.tenant.id, jobs.iter().map(|job| job.phone.as_str()), now).await?;
        let (jobs, mut waiting) = hold_back(jobs, |job| {
            let others = pending.get(job.phone.as_str()).into_iter().flatten();
            let until = others.filter(|create| !create.keys.contains(&job.key)).map(|create| create.until).max();
            // The job whose request it is may settle it earlier.
            until.map(|until| until.min(now + POLL))
        });
        let knowledge = self.knowledge_of(&jobs).await?;
        let (jobs, in_doubt) = hold_back(jobs, |job| {
            let until = job.may_be_created_until().filter(|until| *until > now);
            until.filter(|_| !knowledge.tasks.contains_key(&job.key))
        });
        waiting.extend(in_doubt);
        let lookup = &self.writer.lookup;
        let users = Users {
            known: &lookup.owners,
            tenant: &self.tenant.id,
            default_owner: self.org.default_owner,
            chosen: &self.tenant.users,
        };
        let mut plan = Plan::new(jobs, &knowledge, self.settings, &self.tenant.own_lines, &users);
        self.knowledge = Some(knowledge);

        // Those of the phone numbers are known already.
        let contacts = plan.bundles.iter().filter(|bundle| bundle.record.is_none());
        let contacts = contacts.map(|bundle| bundle.subject.as_str());
        pending.extend(lookup.phones.pending_creates(&self.tenant.id, contacts, now).await?);
        let mut bundles = Vec::new();
        for mut bundle in plan.bundles {
            bundle.pending = pending.remove(&bundle.subject).unwrap_or_default();
            match bundle.is_pending_until() {
                Some(until) => {
                    let until = until.min(now + POLL);
                    waiting.extend(bundle.drafts.into_iter().map(|draft| (draft.job, until)));
                }
                None => bundles.push(bundle),
            }
        }
        plan.bundles = bundles;
        Ok((plan, waiting))
    }

    /// What is known about the jobs: from the last round, or looked up.
    async fn knowledge_of(&mut self, jobs: &[Job]) -> Result<Knowledge, BatchError> {
        if let Some(knowledge) = self.knowledge.take() {
            return Ok(knowledge);
        }
        let lookup = &self.writer.lookup;
        let found = lookup.look_up(self.org, self.tenant, self.settings, jobs, &self.hints, self.now).await?;
        // Stored at once, so that with a slow org the next attempt gets further.
        let matched = found.matched.iter().map(|(phone, Matched { record, remember })| {
            let found = match remember {
                Remember::Found => self.matched(record.clone()),
                Remember::Ours { until } => self.created(record.clone(), *until),
                Remember::Merged => self.created(record.clone(), self.now + self.writer.phone_ttl.created),
            };
            (phone.clone(), found)
        });
        self.cache_phones(matched.collect()).await?;
        Ok(found)
    }

    /// The cached match with a record that Salesforce found.
    fn matched(&self, record: Record) -> PhoneMatch {
        PhoneMatch { record, ours: None, expires_at: self.now + self.writer.phone_ttl.matched }
    }

    /// The cached match with a record that Salesforce may not find by the number, which is remembered until
    /// `expires_at`.
    fn created(&self, record: Record, expires_at: Timestamp) -> PhoneMatch {
        let ours = OurRecord { search_after: self.now + self.writer.phone_ttl.matched };
        PhoneMatch { record, ours: Some(ours), expires_at }
    }

    async fn cache_phones(&self, matches: BTreeMap<E164, PhoneMatch>) -> Result<(), BatchError> {
        Ok(self.writer.lookup.phones.put_many(&self.tenant.id, &matches).await?)
    }

    /// Stores what a round created, and applies the fixes unless the round was aborted.
    async fn prepare_next(&mut self, progress: Progress) -> Result<Fixed, BatchError> {
        let until = self.now + self.writer.phone_ttl.created;
        let created = progress.created.into_iter().map(|(phone, record)| (phone, self.created(record, until)));
        self.cache_phones(created.collect()).await?;
        let facts = self.tenant.facts.clone();
        self.pace.store_in(&mut self.tenant.facts);
        let fixed = if let Some(error) = progress.aborted {
            Err(error)
        } else {
            for sobject in progress.kept {
                Missing::Owner(sobject).add_to(&mut self.tenant.facts, self.now);
            }
            self.apply_fixes(progress.to_fix).await
        };
        // Store the facts also after an early end.
        if self.tenant.facts != facts {
            self.writer.lookup.tenants.set_facts(self.tenant).await?;
        }
        fixed
    }

    async fn apply_fixes(&mut self, to_fix: Vec<(Job, Fix)>) -> Result<Fixed, BatchError> {
        let mut fixed = Fixed::default();
        // Snapshots from before this round: jobs of one round may share a fix, but a fix that an earlier round applied
        // did not help.
        let facts = self.tenant.facts.clone();
        let (forgotten, named) = (self.hints.forgotten.clone(), self.hints.named.clone());
        let statuses = status_names(&facts, &self.tenant.statuses);
        let named_in = |(_, fix): &(Job, Fix)| match fix {
            Fix::Use(_, refusal) => refusal.cause().records.clone(),
            _ => Vec::new(),
        };
        let named_records = self.org.candidates(&to_fix.iter().flat_map(named_in).collect(), &facts).await?;
        for (mut job, fix) in to_fix {
            job.start_over();
            let helps = match &fix {
                Fix::Nothing | Fix::LookUpAgain => true,
                Fix::ReadAgain(refusal) => {
                    job.was_read_again |= !refusal.was_modified();
                    true
                }
                Fix::LeaveOut(sobject, refusal) => {
                    let missing = self.missing(*sobject, refusal, &job, &statuses).await?;
                    // If the fields were already left out and the job was refused again, this fix cannot help.
                    let helps = !missing.iter().all(|missing| missing.is_in(&facts));
                    if helps {
                        for missing in missing {
                            missing.add_to(&mut self.tenant.facts, self.now);
                        }
                    }
                    // The Account of a new Contact can be done without.
                    let is_company =
                        *sobject == SObject::Account && self.settings.unknown_number == UnknownNumber::CreateContact;
                    if !helps && is_company {
                        self.do_without_account(&mut job);
                    }
                    helps || is_company
                }
                Fix::Rematch(_) => {
                    let helps = !forgotten.contains_key(&job.phone);
                    if helps {
                        self.writer.lookup.phones.forget(&self.tenant.id, &job.phone).await?;
                        self.hints.named.remove(&job.phone);
                        let records = self.knowledge.as_ref().map(|knowledge| &knowledge.records);
                        let record = records.and_then(|records| records.get(&job.phone));
                        let record = record.map(|(record, _)| record.clone());
                        self.hints.forgotten.insert(job.phone.clone(), record);
                    }
                    helps
                }
                Fix::Use(sobject, refusal) => {
                    let usable = usable(refusal, &named_records, &job, &callers_of([&job], self.tenant));
                    let is_used = !named.contains_key(&job.phone) && self.use_record(&job, usable, refusal);
                    let is_saved = !is_used && may_save(&job, *sobject, refusal);
                    if is_saved {
                        job.adjusted.saves_duplicates.insert(*sobject, named_by(refusal));
                    }
                    is_used || is_saved
                }
                Fix::SaveDuplicate(sobject, refusal) => {
                    job.adjusted.saves_duplicates.insert(*sobject, named_by(refusal));
                    true
                }
                Fix::DefaultOwner(_) => {
                    job.adjusted.by_default_owner = !self.forget_owner(&job);
                    true
                }
                Fix::KeepRecords(why, _) => {
                    job.adjusted.keeps_records = Some(*why);
                    true
                }
                Fix::WithoutEmail(_) => {
                    job.adjusted.without_email = true;
                    true
                }
                Fix::Account(instead, _) => {
                    let helps = job.adjusted.account != Some(*instead);
                    match instead {
                        InsteadOfAccount::None => self.do_without_account(&mut job),
                        InsteadOfAccount::Existing(_) => job.adjusted.account = Some(*instead),
                    }
                    helps
                }
                Fix::AccountType(part, _) => {
                    let is_first = facts.account_type.is_none_or(|known| known.at < self.now);
                    let is_possible = is_first && self.learn_account_type().await?;
                    if !is_possible && *part == Part::Company {
                        self.do_without_account(&mut job);
                    }
                    is_possible || *part == Part::Company
                }
            };
            if helps {
                fixed.jobs.push((job, fix));
            } else {
                fixed.failed.push(outcome::failed(job, fix.failure()));
            }
        }
        // Stored at once, like matched records.
        let new = self.hints.named.iter().filter(|(phone, _)| !named.contains_key(*phone));
        let new = new.map(|(phone, (record, _))| (phone.clone(), self.matched(record.clone()))).collect();
        self.cache_phones(new).await?;
        Ok(fixed)
    }

    /// What the org lacks by the refusal of a job's record of `sobject`, where `statuses` are those that were sent. If
    /// the refusal names no field, those that the org does not let us write.
    async fn missing(
        &mut self,
        sobject: SObject,
        refusal: &Refusal,
        job: &Job,
        statuses: &StatusNames,
    ) -> Result<Vec<Missing>, BatchError> {
        let named = refusal.cause().fields.clone();
        let fields = if named.is_empty() { self.org.unwritable(sobject).await? } else { named };
        let sent = |field: &str| match field {
            "Status" => statuses.name(job.status),
            "Type" if job.interaction.messages().is_some() => Some(MESSAGE_TYPE),
            _ => None,
        };
        Ok(fields.iter().map(|field| Missing::refused(sobject, field, refusal, sent(field))).collect())
    }

    /// Forgets that the planned owner of the job's Task may own it. Returns whether there is another one.
    fn forget_owner(&self, job: &Job) -> bool {
        let (owners, tenant) = (&self.writer.lookup.owners, &self.tenant.id);
        let user = |key: &UserKey| match owners.get(tenant, key) {
            Owner::User(id, _) => Some(id),
            Owner::NoUser | Owner::Unknown => None,
        };
        let (refused, others): (Vec<UserKey>, Vec<UserKey>) = job
            .user_keys(&self.tenant.users, self.settings)
            .into_iter()
            .partition(|key| user(key).is_some() && user(key) == job.owner);
        for key in refused {
            owners.forget(tenant, key);
        }
        others.iter().any(|key| user(key).is_some())
    }

    /// Creates the job's Contact without an Account, and notes that that of its company cannot be created, so that others
    /// of it do not try.
    fn do_without_account(&mut self, job: &mut Job) {
        job.adjusted.account = Some(InsteadOfAccount::None);
        let Some(company) = job.interaction.contact().and_then(company) else { return };
        let company = company.to_lowercase();
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.companies.refused.insert(company.clone());
        }
        self.hints.companies.insert(company);
    }

    /// Learns the record type of Accounts that the user may create. Returns whether it is another than the default.
    async fn learn_account_type(&mut self) -> Result<bool, BatchError> {
        // What was known before this drain was wrong.
        if self.tenant.facts.account_type.is_none_or(|known| known.at < self.now) {
            let value = self.org.call(async |client| client.account_type().await).await?;
            self.tenant.facts.account_type = Some(Known { value, at: self.now });
        }
        let account_type = self.tenant.facts.account_type.map(|known| known.value);
        Ok(matches!(account_type, Some(AccountType::Business(_))))
    }

    /// Uses the record that a duplicate rule named for the job's phone number. Returns whether there is one.
    fn use_record(&mut self, job: &Job, candidate: Option<&Candidate>, refusal: &Refusal) -> bool {
        if let (Some(candidate), false) = (candidate, self.hints.named.contains_key(&job.phone)) {
            let by = named_by(refusal);
            self.hints.named.insert(job.phone.clone(), (candidate.record.clone(), by));
        }
        self.hints.named.contains_key(&job.phone)
    }
}

/// The record that a refusal names and that can be that of the phone number: one that has it, else one that has none. What
/// a unique field refuses can never be created, so that any record will do.
fn usable<'c>(
    refusal: &Refusal,
    candidates: &'c BTreeMap<SalesforceId, Candidate>,
    job: &Job,
    callers: &Callers,
) -> Option<&'c Candidate> {
    let named = || refusal.cause().records.iter().filter_map(|id| candidates.get(id));
    let is_rule = refusal.cause().duplicate_rule.is_some();
    let has_number = |candidate: &&Candidate| Matches::new(callers, [*candidate]).count(&job.phone) > 0;
    named().find(has_number).or_else(|| named().find(|candidate| !is_rule || has_no_number(candidate)))
}

/// Whether a record has no phone number at all, but for words such as `n/a`.
fn has_no_number(candidate: &Candidate) -> bool {
    candidate.phones.iter().all(|text| !text.chars().any(char::is_numeric))
}

/// The jobs that do not have to wait, and those that do, with the time until when.
fn hold_back(jobs: Vec<Job>, until: impl Fn(&Job) -> Option<Timestamp>) -> (Vec<Job>, Vec<(Job, Timestamp)>) {
    let (mut free, mut waiting) = (Vec::new(), Vec::new());
    for job in jobs {
        match until(&job) {
            Some(until) => waiting.push((job, until)),
            None => free.push(job),
        }
    }
    (free, waiting)
}

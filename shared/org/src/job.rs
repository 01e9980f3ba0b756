//! The input of one Task.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rules::settings::Settings;
use rules::{E164, Interaction, MessageId, Task, TaskStatus, Topic, Trace, Verdict};
use salesforce::{SObject, SalesforceId};
use store::{ChosenUsers, Entry, Problem, Unconfirmed, Written};

use crate::owners::UserKey;

/// A call, or messages, to be written as a Task, with the state of the attempts so far.
#[derive(Clone, Debug)]
pub struct Job {
    /// The key of the entry and of the Task.
    pub key: String,
    /// The call or messages.
    pub interaction: Interaction,
    /// The status of its Task.
    pub status: TaskStatus,
    /// The other party's phone number, in the spelling that is valid now.
    pub phone: E164,
    /// The Task that was written before, if any.
    pub written: Option<Written>,
    /// What was sent of its Task and may or may not have taken effect, the newest last.
    pub unconfirmed: Vec<Unconfirmed>,
    /// The trace so far.
    pub trace: Trace,
    /// The trace of the Task's creation; empty before it is created.
    before: Trace,
    /// How often it was postponed since it was last logged.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub problem: Option<Problem>,
    /// Whether its Task was read again because Salesforce said that it no longer exists.
    pub was_read_again: bool,
    /// The messages whose Task a person deleted. They are not written again.
    pub removed: BTreeSet<MessageId>,
    /// The planned owner of its Task.
    pub owner: Option<SalesforceId>,
    /// What is written otherwise because Salesforce refused it.
    pub adjusted: Adjusted,
}

/// What of a job is written otherwise because Salesforce refused it.
#[derive(Clone, Debug, Default)]
pub struct Adjusted {
    /// Whether the connecting user owns the Task instead of the Aircall user.
    pub by_default_owner: bool,
    /// Why new records belong to the connecting user, if they do.
    pub keeps_records: Option<KeepsRecords>,
    /// The objects whose new record is saved although a duplicate rule alerts, each with what alerts, as the subject of a
    /// sentence.
    pub saves_duplicates: BTreeMap<SObject, String>,
    /// Whether a new record omits the e-mail, which Salesforce considers invalid.
    pub without_email: bool,
    /// The Account of a new Contact, if the one that was planned was refused.
    pub account: Option<InsteadOfAccount>,
}

/// Why new records belong to the connecting user and not to the owner of their Task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepsRecords {
    /// The owner of the Task may not own them.
    Refused,
    /// The connecting user would not see those of others.
    Hidden,
}

/// What a new Contact has in place of an Account that Salesforce refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsteadOfAccount {
    /// No Account.
    None,
    /// This one, which a duplicate rule named.
    Existing(SalesforceId),
}

impl Job {
    /// The job of a call, or of messages, without a Task.
    pub fn new(key: impl Into<String>, interaction: Interaction, status: TaskStatus, phone: E164) -> Self {
        let (trace, before) = (Trace::new(), Trace::new());
        Self {
            key: key.into(),
            interaction,
            status,
            phone: phone.canonical(),
            written: None,
            unconfirmed: Vec::new(),
            trace,
            before,
            attempts: 0,
            problem: None,
            was_read_again: false,
            removed: BTreeSet::new(),
            owner: None,
            adjusted: Adjusted::default(),
        }
    }

    /// The job of an entry; `None` if the entry has no decision to log, or no phone number.
    pub fn from_entry(entry: &Entry) -> Option<Self> {
        let interaction = entry.document.interaction().without(&entry.removed)?;
        let Verdict::Log(status) = entry.decision.as_ref()?.verdict else { return None };
        let phone = interaction.party().phone().cloned()?;
        let mut job = Self::new(&entry.key, interaction, status, phone);
        job.attempts = entry.attempts;
        job.problem.clone_from(&entry.problem);
        job.unconfirmed.clone_from(&entry.unconfirmed);
        job.removed.clone_from(&entry.removed);
        if entry.written.is_some() {
            // An update extends the trace of the Task's creation.
            job.written.clone_from(&entry.written);
            job.before.clone_from(&entry.trace);
            job.trace.clone_from(&entry.trace);
        }
        Some(job)
    }

    /// Its Task on the record named `record_name`. It has the entry's key, whatever the document says.
    pub fn task(&self, settings: &Settings, record_name: &str) -> Task {
        Task { key: self.key.clone(), ..self.interaction.task(self.status, settings, record_name) }
    }

    /// The same job without its existing Task.
    #[must_use]
    pub fn as_new(self) -> Self {
        Self::new(self.key, self.interaction, self.status, self.phone)
    }

    /// What Salesforce may hold of its Task: what was written last and what was sent since then, the newest last.
    pub fn bases(&self) -> Vec<Task> {
        let last_written = self.written.as_ref().and_then(|written| written.task.as_ref());
        last_written.into_iter().chain(self.unconfirmed.iter().map(|sent| &sent.task)).cloned().collect()
    }

    /// Until when a Task may come to exist that Salesforce would not refuse as a duplicate.
    pub fn may_be_created_until(&self) -> Option<Timestamp> {
        self.unconfirmed.iter().filter(|sent| sent.is_new && !sent.has_key).filter_map(|sent| sent.until).max()
    }

    /// Until when an earlier update may still make the Task something else than `ours`.
    pub fn may_be_updated_until(&self, ours: &Task) -> Option<Timestamp> {
        let others = self.unconfirmed.iter().filter(|sent| !sent.is_new && sent.task != *ours);
        others.filter_map(|sent| sent.until).max()
    }

    /// Notes what was sent without learning whether it took effect.
    pub fn note_unconfirmed(&mut self, sent: Unconfirmed) {
        Unconfirmed::note(&mut self.unconfirmed, sent);
    }

    /// The job of the messages that its deleted Task did not hold, to be written as a new Task; none if there are none.
    pub fn after_deletion(mut self) -> Option<Self> {
        let deleted = self.written.as_ref().and_then(|written| written.task.as_ref())?;
        let held: BTreeSet<MessageId> = deleted.parts.iter().map(|part| part.id.clone()).collect();
        if held.is_empty() {
            return None;
        }
        self.removed.extend(held);
        self.interaction = self.interaction.without(&self.removed)?;
        self.written = None;
        // What is to be created is the new Task.
        self.unconfirmed.retain(|sent| sent.is_new);
        self.before = Trace::new();
        self.before.note(Topic::Task, "A person deleted the Task. The messages since then become a new one.");
        Some(self)
    }

    /// Resets the trace to the one before this attempt.
    pub fn start_over(&mut self) {
        self.trace.clone_from(&self.before);
    }

    /// The Salesforce users who may own the Task, in the order in which they count. None if the connecting user owns
    /// it.
    pub fn user_keys(&self, chosen: &ChosenUsers, settings: &Settings) -> Vec<UserKey> {
        let user = self.interaction.owner(settings).filter(|_| !self.adjusted.by_default_owner);
        user.map(|user| UserKey::of_user(user, chosen)).unwrap_or_default()
    }
}

//! What is to become a Task.

use jiff::Timestamp;
use rules::{E164, Interaction, TaskStatus, Trace, Verdict};
use store::{Entry, Written};

/// A call, or messages, to become a Task, with what is known of it so far.
#[derive(Clone, Debug)]
pub struct Job {
    /// The key of its entry and its Task.
    pub key: String,
    /// What it is about.
    pub interaction: Interaction,
    /// The status of its Task.
    pub status: TaskStatus,
    /// The other party's number.
    pub phone: E164,
    /// Its Task, if there is one already.
    pub written: Option<Written>,
    /// What was looked at so far.
    pub trace: Trace,
    /// What was looked at when its Task was created; nothing before.
    before: Trace,
    /// Since when it is tried in vain: the outcome of an attempt may be lost.
    pub tried_since: Option<Timestamp>,
    /// The connecting user is to own the Task: Salesforce refused the Aircall user's.
    pub by_default_owner: bool,
    /// A new record goes without the e-mail: Salesforce takes it for none.
    pub without_email: bool,
}

impl Job {
    /// The job of a call, or of messages, without a Task.
    pub fn new(key: impl Into<String>, interaction: Interaction, status: TaskStatus, number: E164) -> Self {
        let (trace, before) = (Trace::new(), Trace::new());
        Self {
            key: key.into(),
            interaction,
            status,
            phone: number,
            written: None,
            trace,
            before,
            tried_since: None,
            by_default_owner: false,
            without_email: false,
        }
    }

    /// The job of an entry; none if the entry does not say what to write, or to whose number.
    pub fn from_entry(entry: &Entry) -> Option<Self> {
        let interaction = entry.document.interaction();
        let Verdict::Log(status) = entry.decision.as_ref()?.verdict else { return None };
        let number = interaction.party().phone().cloned()?;
        let mut job = Self::new(&entry.key, interaction, status, number);
        job.tried_since = entry.problem.as_ref().map(|problem| problem.since);
        if entry.written.is_some() {
            // An update adds to what was looked at when the Task was created.
            job.written.clone_from(&entry.written);
            job.before.clone_from(&entry.trace);
            job.trace.clone_from(&entry.trace);
        }
        Some(job)
    }

    /// The same as if its Task were yet to be created.
    #[must_use]
    pub fn as_new(self) -> Self {
        Self::new(self.key, self.interaction, self.status, self.phone)
    }

    /// Starts its account of what was looked at anew.
    pub fn start_over(&mut self) {
        self.trace.clone_from(&self.before);
    }

    /// The e-mail of the Aircall user, in small letters, as owners are looked up.
    pub fn user_email(&self) -> Option<String> {
        let email = self.interaction.user()?.email.as_ref()?;
        (!self.by_default_owner).then(|| email.trim().to_lowercase())
    }
}

//! The input of one Task.

use rules::settings::Settings;
use rules::{E164, Interaction, Task, TaskStatus, Trace, Verdict};
use store::{Entry, Problem, Written};

/// A call, or messages, to be written as a Task, with the state of the attempts so far.
#[derive(Clone, Debug)]
pub struct Job {
    /// The key of the entry and of the Task.
    pub key: String,
    /// The call or messages.
    pub interaction: Interaction,
    /// The status of its Task.
    pub status: TaskStatus,
    /// The other party's phone number.
    pub phone: E164,
    /// The Task that was written before, if any.
    pub written: Option<Written>,
    /// The trace so far.
    pub trace: Trace,
    /// The trace of the Task's creation; empty before it is created.
    before: Trace,
    /// How often it was postponed since it was last logged.
    pub attempts: u32,
    /// Why the last attempt failed. The outcome of such an attempt may have been lost.
    pub problem: Option<Problem>,
    /// Whether the connecting user owns the Task because Salesforce refused the Aircall user.
    pub by_default_owner: bool,
    /// Whether a new record omits the e-mail because Salesforce considers it invalid.
    pub without_email: bool,
}

impl Job {
    /// The job of a call, or of messages, without a Task.
    pub fn new(key: impl Into<String>, interaction: Interaction, status: TaskStatus, phone: E164) -> Self {
        let (trace, before) = (Trace::new(), Trace::new());
        Self {
            key: key.into(),
            interaction,
            status,
            phone,
            written: None,
            trace,
            before,
            attempts: 0,
            problem: None,
            by_default_owner: false,
            without_email: false,
        }
    }

    /// The job of an entry; `None` if the entry has no decision to log, or no phone number.
    pub fn from_entry(entry: &Entry) -> Option<Self> {
        let interaction = entry.document.interaction();
        let Verdict::Log(status) = entry.decision.as_ref()?.verdict else { return None };
        let phone = interaction.party().phone().cloned()?;
        let mut job = Self::new(&entry.key, interaction, status, phone);
        job.attempts = entry.attempts;
        job.problem.clone_from(&entry.problem);
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

    /// Resets the trace to the one before this attempt.
    pub fn start_over(&mut self) {
        self.trace.clone_from(&self.before);
    }

    /// The e-mail of the Aircall user in lower case, the key for looking up owners. `None` if the connecting user owns
    /// the Task.
    pub fn user_email(&self) -> Option<String> {
        let email = self.interaction.user()?.email.as_ref()?;
        (!self.by_default_owner).then(|| email.trim().to_lowercase())
    }
}

//! The reasons behind a decision, in words an admin understands.

use serde::{Deserialize, Serialize};

/// What a [`Step`] examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Whether Aircall's event could be read, and what asked for a decision.
    Event,
    /// Which of the five call types it is.
    CallType,
    /// The kind of message, and whether messages are logged.
    Message,
    /// Whether the line is one whose calls and messages are logged.
    #[serde(rename = "number")]
    Line,
    /// The call workflow's choice for this call type.
    CallWorkflow,
    /// Whether the line was open when the call started.
    BusinessHours,
    /// The other party's phone number.
    PhoneNumber,
    /// The Contact, Lead, Account or Person Account.
    Record,
    /// The Case or Opportunity.
    Relation,
    /// The Salesforce user who owns the Task.
    Owner,
    /// The Task itself.
    Task,
}

/// One check of a decision, and its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// What was examined.
    pub about: Topic,
    /// The result and its consequence, as a sentence.
    pub finding: String,
}

/// The ordered list of all checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trace(Vec<Step>);

impl Trace {
    /// An empty trace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding about `about`. A step equal to the last one is not added again.
    pub fn note(&mut self, about: Topic, finding: impl Into<String>) {
        let step = Step { about, finding: finding.into() };
        if self.0.last() != Some(&step) {
            self.0.push(step);
        }
    }

    /// Puts a step before all others.
    pub(crate) fn begin_with(&mut self, step: Step) {
        self.0.insert(0, step);
    }

    /// All steps, in the order they were taken.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The last finding about `about`, if there is one.
    pub fn finding(&self, about: Topic) -> Option<&str> {
        self.0.iter().rev().find(|step| step.about == about).map(|step| step.finding.as_str())
    }

    /// Appends all steps of `later`.
    pub fn extend(&mut self, later: Trace) {
        self.0.extend(later.0);
    }
}

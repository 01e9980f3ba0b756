//! The reasons behind a decision, in words an admin understands.

use serde::{Deserialize, Serialize};

/// What a [`Step`] looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Which of the five call types it is.
    CallType,
    /// What kind of message it is, and whether messages are logged.
    Message,
    /// Whether the Aircall number is one that is logged.
    #[serde(rename = "number")]
    Line,
    /// What the call workflow says of this call type.
    CallWorkflow,
    /// Whether the number was open when the call started.
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

/// One thing that was looked at, and what followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// What was looked at.
    pub about: Topic,
    /// What was found and what it means, as a sentence.
    pub finding: String,
}

/// The ordered list of all that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trace(Vec<Step>);

impl Trace {
    /// An empty trace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what was found about `about`. The same again right after itself is no news.
    pub fn note(&mut self, about: Topic, finding: impl Into<String>) {
        let step = Step { about, finding: finding.into() };
        if self.0.last() != Some(&step) {
            self.0.push(step);
        }
    }

    /// All steps, in the order they were taken.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The last finding about `about`, if it was looked at.
    pub fn finding(&self, about: Topic) -> Option<&str> {
        self.0.iter().rev().find(|step| step.about == about).map(|step| step.finding.as_str())
    }

    /// Adds all steps of `later` behind these.
    pub fn extend(&mut self, later: Trace) {
        self.0.extend(later.0);
    }
}

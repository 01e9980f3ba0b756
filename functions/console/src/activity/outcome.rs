//! What became of a call, in the four words of the activity log.

use serde::Serialize;
use store::State;
use utoipa::ToSchema;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Its Task is in Salesforce.
    Logged,
    /// It becomes no Task, for a reason.
    Skipped,
    /// The call is not over, or its Task is yet to be written.
    Waiting,
    /// It became no Task, for an error.
    Failed,
}

impl Outcome {
    /// All of them, in the order of the page.
    pub(crate) const ALL: [Outcome; 4] = [Outcome::Logged, Outcome::Skipped, Outcome::Waiting, Outcome::Failed];

    /// Of an entry in this state.
    pub(crate) fn from_state(state: State) -> Self {
        match state {
            State::Logged => Outcome::Logged,
            State::Skipped => Outcome::Skipped,
            State::Open | State::Pending => Outcome::Waiting,
            State::Failed => Outcome::Failed,
        }
    }

    /// The states that it stands for.
    pub(crate) fn states(self) -> &'static [State] {
        match self {
            Outcome::Logged => &[State::Logged],
            Outcome::Skipped => &[State::Skipped],
            Outcome::Waiting => &[State::Open, State::Pending],
            Outcome::Failed => &[State::Failed],
        }
    }

    /// Its value as a parameter, and its class in the stylesheet.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Outcome::Logged => "logged",
            Outcome::Skipped => "skipped",
            Outcome::Waiting => "waiting",
            Outcome::Failed => "failed",
        }
    }

    /// The word that people see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Logged => "Logged",
            Outcome::Skipped => "Skipped",
            Outcome::Waiting => "Waiting",
            Outcome::Failed => "Failed",
        }
    }
}

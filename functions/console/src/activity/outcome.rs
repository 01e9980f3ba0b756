//! The outcome of a call, in the four words of the activity log.

use serde::Serialize;
use store::State;
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

/// The outcome of a call, message or conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, Serialize, ToSchema, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Outcome {
    /// Its Task is in Salesforce.
    Logged,
    /// By the settings or the rules it gets no Task.
    Skipped,
    /// The call is not over, or its Task has not been written yet.
    Waiting,
    /// Its Task could not be written because of an error.
    Failed,
}

impl Outcome {
    /// The outcome of an entry in this state.
    pub(crate) fn from_state(state: State) -> Self {
        match state {
            State::Logged => Outcome::Logged,
            State::Skipped => Outcome::Skipped,
            State::Open | State::Pending => Outcome::Waiting,
            State::Failed => Outcome::Failed,
        }
    }

    /// The states of entries with this outcome.
    pub(crate) fn states(self) -> &'static [State] {
        match self {
            Outcome::Logged => &[State::Logged],
            Outcome::Skipped => &[State::Skipped],
            Outcome::Waiting => &[State::Open, State::Pending],
            Outcome::Failed => &[State::Failed],
        }
    }

    /// Its value as a parameter, and its CSS class.
    pub(crate) fn key(self) -> &'static str {
        self.into()
    }

    /// The word that the pages show.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Logged => "Logged",
            Outcome::Skipped => "Skipped",
            Outcome::Waiting => "Waiting",
            Outcome::Failed => "Failed",
        }
    }
}

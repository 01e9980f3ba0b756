//! Whether a Task is completed or still open.

use serde::{Deserialize, Serialize};

/// The Task's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// `Completed`: under Past Activities.
    Completed,
    /// `In Progress`: under Upcoming, as a next step.
    InProgress,
}

impl TaskStatus {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Completed, Self::InProgress];

    /// Whether its Task is closed.
    pub fn is_closed(self) -> bool {
        self == Self::Completed
    }

    /// Salesforce's standard value.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskStatus::Completed => "Completed",
            TaskStatus::InProgress => "In Progress",
        }
    }
}

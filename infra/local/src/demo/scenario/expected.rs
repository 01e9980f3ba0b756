//! Builders of the expected results of calls and messages.

use rules::{RecordKind, SkipReason, TaskStatus};

use super::{Delivery, Expected, Interaction, Outcome, Scene};

impl Interaction {
    pub(super) fn task(self, expected: Expected) -> Scene {
        Scene { interaction: self, delivery: Delivery::InOrder, outcome: Outcome::Task(expected) }
    }

    pub(super) fn skipped(self, reason: SkipReason) -> Scene {
        Scene { interaction: self, delivery: Delivery::InOrder, outcome: Outcome::Skipped(reason) }
    }
}

impl Scene {
    pub(super) fn arriving(self, delivery: Delivery) -> Self {
        Self { delivery, ..self }
    }
}

impl Expected {
    pub(super) fn completed(kind: RecordKind, name: &'static str, owner: &'static str) -> Self {
        Self { kind, name, owner, status: TaskStatus::Completed, result: None, says: &[] }
    }

    pub(super) fn in_progress(kind: RecordKind, name: &'static str, owner: &'static str) -> Self {
        Self { status: TaskStatus::InProgress, ..Self::completed(kind, name, owner) }
    }

    pub(super) fn result(self, result: &'static str) -> Self {
        Self { result: Some(result), ..self }
    }

    pub(super) fn says(self, says: &'static [&'static str]) -> Self {
        Self { says, ..self }
    }
}

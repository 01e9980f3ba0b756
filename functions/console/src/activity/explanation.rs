//! The reason for an entry's state, as a sentence.

use rules::{Interaction, TaskStatus, Verdict};
use store::{ConnectionState, Entry, State};

/// The status that the entry's Task has or will have; `None` if there will be no Task.
pub(crate) fn status(entry: &Entry) -> Option<TaskStatus> {
    let decided = || match entry.decision.as_ref()?.verdict {
        Verdict::Log(status) => Some(status),
        Verdict::Skip(_) => None,
    };
    match entry.state {
        State::Open | State::Skipped => None,
        State::Pending | State::Logged | State::Failed => {
            let written = entry.written.as_ref().and_then(|written| written.task.as_ref());
            written.map(|task| task.status).or_else(decided)
        }
    }
}

/// The reason for the entry's state, as a sentence.
pub(crate) fn explain(entry: &Entry, interaction: &Interaction, connection: &ConnectionState) -> String {
    match entry.state {
        State::Open if interaction.call().is_none_or(|call| call.ended_at.is_some()) => {
            "Waiting for Aircall to send the rest of the call's data.".to_owned()
        }
        State::Open => "Waiting for the call to end.".to_owned(),
        State::Pending => match (connection, &entry.problem) {
            (ConnectionState::ReconnectNeeded { reason, .. }, _) => {
                format!("Waiting until Salesforce is connected again: {reason}")
            }
            (ConnectionState::Paused { reason, .. }, _) => {
                format!("Waiting until Salesforce takes requests again: {reason}")
            }
            (ConnectionState::Connected, Some(problem)) => format!("Waiting to try again: {}", problem.message),
            (ConnectionState::Connected, None) => "Waiting to be written to Salesforce.".to_owned(),
        },
        State::Logged => logged(entry),
        State::Skipped if let Interaction::Unreadable(event) = interaction => event.sentence(),
        State::Skipped => {
            let decided = entry.decision.as_ref().and_then(|decision| match decision.verdict {
                Verdict::Skip(reason) => Some(reason),
                Verdict::Log(_) => None,
            });
            let reason = decided.or(entry.skipped);
            reason.map_or_else(|| "It was skipped.".to_owned(), |reason| reason.sentence().to_owned())
        }
        State::Failed => {
            entry.problem.as_ref().map_or_else(|| "It failed.".to_owned(), |problem| problem.message.clone())
        }
    }
}

fn logged(entry: &Entry) -> String {
    let place = match status(entry) {
        Some(TaskStatus::Completed) => "as Completed (Past Activities)",
        Some(TaskStatus::InProgress) => "as In progress (Next Steps)",
        None => "in Salesforce",
    };
    let Some(written) = &entry.written else { return format!("Logged {place}.") };
    let related = written.related.as_ref().map(|related| format!(", related to a{}", article(related.kind)));
    format!("Logged {place} on the {} {}{}.", written.record.kind, written.record.name, related.unwrap_or_default())
}

fn article(kind: rules::relate::RelatedKind) -> String {
    match kind {
        rules::relate::RelatedKind::Case => " Case".to_owned(),
        rules::relate::RelatedKind::Opportunity => "n Opportunity".to_owned(),
    }
}

//! Decides again about what was skipped, by the current settings.

use jiff::Timestamp;

use crate::company::Company;
use crate::decide::{Decision, Verdict, decide};
use crate::interaction::Document;
use crate::settings::Settings;
use crate::trace::{Step, Topic};

/// How the step of a trace begins that tells of a request.
const BEGIN: &str = "Decided again";

/// A person's request to decide again.
#[derive(Clone, Copy, Debug)]
pub struct DecideAgain<'a> {
    /// Who asks, as a label for people.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Decides about something that was skipped as if there were no decision yet. Returns `None` for a call that is not over.
///
/// The trace begins with the request. If the `previous` decision was made by such a request too and skips for the same
/// reasons, it is returned unchanged: a repeated request changes nothing.
pub fn decide_again(
    document: &Document,
    settings: &Settings,
    company: &Company,
    previous: Option<&Decision>,
    request: DecideAgain<'_>,
) -> Option<Decision> {
    let mut decision = decide(document, settings, company, None)?;
    if let Verdict::Skip(_) = decision.verdict
        && let Some(previous) = previous
        && let Some(earlier) = previous.trace.steps().first().filter(|step| step.finding.starts_with(BEGIN))
    {
        let mut repeated = decision.clone();
        repeated.trace.begin_with(earlier.clone());
        if repeated == *previous {
            return Some(repeated);
        }
    }
    decision.trace.begin_with(request.step(document));
    Some(decision)
}

impl DecideAgain<'_> {
    fn step(self, document: &Document) -> Step {
        let (at, by) = (self.at.strftime("%Y-%m-%d at %H:%M UTC"), self.by);
        let finding = match document {
            Document::Unreadable { .. } => format!("{BEGIN}: what arrived was sent once more on {at}, as {by} asked."),
            Document::Call(_) | Document::Messages(_) => {
                format!("{BEGIN} by the settings as they were on {at}, as {by} asked.")
            }
        };
        Step { about: Topic::Event, finding }
    }
}

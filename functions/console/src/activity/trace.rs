//! Traces, as the pages show them.

use rules::{Step, Topic};

/// A step of a trace.
pub(crate) struct StepView {
    /// The topic of the step.
    pub(crate) about: &'static str,
    /// What was found and what followed from it.
    pub(crate) finding: String,
}

/// The steps, in order.
pub(crate) fn views(steps: &[Step]) -> Vec<StepView> {
    steps.iter().map(|step| StepView { about: label(step.about), finding: step.finding.clone() }).collect()
}

fn label(topic: Topic) -> &'static str {
    match topic {
        Topic::Event => "Event",
        Topic::CallType => "Call type",
        Topic::Message => "Messages",
        Topic::Line => "Line",
        Topic::CallWorkflow => "Call workflow",
        Topic::BusinessHours => "Business hours",
        Topic::PhoneNumber => "Phone number",
        Topic::Record => "Record",
        Topic::Relation => "Case or Opportunity",
        Topic::Owner => "Owner",
        Topic::Task => "Task",
    }
}

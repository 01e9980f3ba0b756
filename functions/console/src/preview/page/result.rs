//! The result of a preview, as the page shows it.

use rules::{Settings, TaskStatus};

use crate::activity::outcome::Outcome;
use crate::activity::trace::{self, StepView};
use crate::activity::{entry_title, phones, task_fields};
use crate::preview::view::{FieldView, RecordView, records, task};
use crate::preview::{Previewed, Salesforce};
use crate::web::when::Local;

/// The result of the preview.
pub(super) struct ResultView {
    pub(super) outcome: Outcome,
    /// The outcome as a sentence.
    pub(super) sentence: String,
    /// The previewed call.
    pub(super) about: String,
    /// Which phone number was taken, as a sentence, if that needs saying.
    pub(super) number_taken: Option<String>,
    pub(super) started: Local,
    /// Why Salesforce was not searched, if it was not.
    pub(super) left_out: Option<String>,
    pub(super) steps: Vec<StepView>,
    /// Records that would be created.
    pub(super) created: Vec<RecordView>,
    pub(super) task: Vec<FieldLine>,
    /// Whether the Task exists already.
    pub(super) task_exists: bool,
}

/// A field of the Task.
pub(super) struct FieldLine {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) meaning: Option<String>,
}

impl ResultView {
    pub(super) fn new(previewed: &Previewed, settings: &Settings, number_taken: Option<String>) -> Self {
        let interaction = &previewed.interaction;
        let (records, left_out, task_exists) = match &previewed.salesforce {
            Salesforce::NotNeeded => (Vec::new(), None, false),
            Salesforce::LeftOut(why) => (Vec::new(), Some(why.clone()), false),
            Salesforce::Writes(writes) => (records(writes), None, writes.task_id.is_some()),
        };
        let fields = task(previewed, settings).into_iter();
        Self {
            outcome: if previewed.would.is_ok() { Outcome::Logged } else { Outcome::Skipped },
            sentence: sentence(previewed, &records),
            about: format!(
                "{}, {}",
                entry_title::title_of_type(previewed.call_type, interaction),
                phones::shown(interaction)
            ),
            number_taken,
            started: Local::new(interaction.started_at(), &rules::hours::time_zone_of(interaction.line())),
            left_out,
            steps: trace::views(&previewed.steps),
            created: records.into_iter().filter(|record| record.id.is_none()).collect(),
            task: fields.map(FieldLine::new).collect(),
            task_exists,
        }
    }
}

/// The outcome as a sentence.
fn sentence(previewed: &Previewed, records: &[RecordView]) -> String {
    let place = match previewed.would {
        Err(reason) => return format!("It would not be logged. {}", reason.sentence()),
        Ok(TaskStatus::Completed) => "as Completed (Past Activities)",
        Ok(TaskStatus::InProgress) => "as In progress (Next Steps)",
    };
    let record = |record: &RecordView| {
        let new = if record.id.is_none() { "new " } else { "" };
        let name = record.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        format!("{new}{}{name}", record.kind)
    };
    match records {
        [] => format!("It would be logged {place}, if Salesforce has a record for the number or one is created."),
        [one] => format!("It would be logged {place} on the {}.", record(one)),
        [one, more @ ..] => {
            let more: Vec<String> = more.iter().map(record).collect();
            format!("It would be logged {place} on the {}, related to the {}.", record(one), more.join(" and the "))
        }
    }
}

impl FieldLine {
    fn new(FieldView { name, value, meaning }: FieldView) -> Self {
        Self { name, text: task_fields::text(&value), meaning }
    }
}

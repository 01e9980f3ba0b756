//! Whether and how a call or message is logged, and why.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Direction, Line, LineId, MissedCallReason, Party};
use crate::call_type::CallType;
use crate::hours;
use crate::interaction::{Document, Interaction};
use crate::messages::Messages;
use crate::settings::{LogAs, LogCalls, Settings};
use crate::task_status::TaskStatus;
use crate::trace::{Topic, Trace};

/// What is to happen to a call or to messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It becomes a Task of this status.
    Log(TaskStatus),
    /// It does not.
    Skip(SkipReason),
}

/// Why a call or message is not logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The call workflow says "do nothing".
    DoNothing,
    /// Messages are not logged.
    MessagesOff,
    /// The number was closed, and only calls during business hours are logged.
    OutsideBusinessHours,
    /// The Aircall number is not among those that are logged.
    #[serde(rename = "number_not_selected")]
    LineNotSelected,
    /// The caller withheld the number.
    Anonymous,
    /// The other party's number is not a full phone number.
    NotAPhoneNumber,
    /// No record has the number, and none is to be created.
    UnknownNumber,
}

impl SkipReason {
    /// The reason as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            SkipReason::DoNothing => "The call workflow says to do nothing with calls of this type.",
            SkipReason::MessagesOff => "The settings say not to log messages.",
            SkipReason::OutsideBusinessHours => {
                "The call came outside business hours, and only calls during them are logged."
            }
            SkipReason::LineNotSelected => "The Aircall number is not among those whose calls are logged.",
            SkipReason::Anonymous => "The other party withheld the number, so there is no record to log on.",
            SkipReason::NotAPhoneNumber => {
                "The other party's number is not a full phone number, so there is no record to log on."
            }
            SkipReason::UnknownNumber => {
                "No record in Salesforce has the number, and none is to be created for unknown numbers."
            }
        }
    }
}

/// The facts a decision rests on; while they stand, so does the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
// What is decided about messages rests on fewer facts.
#[serde(untagged)]
enum Basis {
    Call {
        call_type: CallType,
        #[serde(with = "required")]
        started_at: Timestamp,
        #[serde(rename = "number")]
        line: LineId,
        open_at_start: Option<bool>,
        out_of_opening_hours: bool,
        party: Party,
    },
    Messages {
        #[serde(rename = "number")]
        line: LineId,
        party: Party,
    },
}

impl Basis {
    fn new(interaction: &Interaction) -> Self {
        match interaction {
            Interaction::Call(call) => Basis::Call {
                call_type: CallType::classify(call),
                started_at: call.started_at,
                line: call.line.id,
                open_at_start: call.line.open,
                out_of_opening_hours: call.missed_call_reason == Some(MissedCallReason::OutOfOpeningHours),
                party: call.party.clone(),
            },
            Interaction::Messages(messages) => {
                let first = messages.first();
                Basis::Messages { line: first.line.id, party: first.party.clone() }
            }
        }
    }
}

/// What is to happen to a call or to messages, and all that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What is to happen.
    pub verdict: Verdict,
    /// What was looked at and what followed.
    pub trace: Trace,
    basis: Basis,
}

impl Decision {
    /// The call's type when it was decided; none of messages.
    pub fn call_type(&self) -> Option<CallType> {
        match self.basis {
            Basis::Call { call_type, .. } => Some(call_type),
            Basis::Messages { .. } => None,
        }
    }
}

/// Decides about a call that is over, or about messages; nothing is decided about a call that is not.
///
/// A decision stands until the facts it rests on change, so a comment that comes a week later does not
/// judge an old call by new settings. And once a call is to be logged it stays so: a Task is not taken back.
pub fn decide(document: &Document, settings: &Settings, previous: Option<&Decision>) -> Option<Decision> {
    if !document.is_settled() {
        return None;
    }
    let interaction = document.interaction();
    let basis = Basis::new(&interaction);
    if let Some(previous) = previous.filter(|previous| previous.basis == basis) {
        return Some(previous.clone());
    }
    let decision = judge(&interaction, basis, settings);
    match (previous.map(|previous| (previous, previous.verdict)), decision.verdict) {
        (Some((previous, Verdict::Log(status))), Verdict::Skip(_)) => Some(stay_logged(previous, status, decision)),
        _ => Some(decision),
    }
}

/// The decision about `interaction` under `settings` alone.
fn judge(interaction: &Interaction, basis: Basis, settings: &Settings) -> Decision {
    let mut trace = Trace::new();
    let verdict = verdict(interaction, settings, &mut trace);
    let verdict = verdict.map_or_else(Verdict::Skip, Verdict::Log);
    Decision { verdict, trace, basis }
}

fn verdict(interaction: &Interaction, settings: &Settings, trace: &mut Trace) -> Result<TaskStatus, SkipReason> {
    match interaction {
        Interaction::Call(call) => {
            let call_type = CallType::classify(call);
            trace.note(Topic::CallType, call_type.because(call));
            line(&call.line, settings, trace)?;
            let status = workflow(call_type, settings, trace)?;
            business_hours(call, settings, trace)?;
            party(&call.party, trace)?;
            Ok(status)
        }
        Interaction::Messages(messages) => {
            messages_wanted(messages, settings, trace)?;
            let first = messages.first();
            line(&first.line, settings, trace)?;
            party(&first.party, trace)?;
            // Business hours are those of calls, and there is nothing left to do about a message.
            Ok(TaskStatus::Completed)
        }
    }
}

fn messages_wanted(messages: &Messages, settings: &Settings, trace: &mut Trace) -> Result<(), SkipReason> {
    let what = if messages.conversation().is_some() {
        "It is a conversation by messages."
    } else {
        match messages.last().direction {
            Direction::Inbound => "It is a message that was received.",
            Direction::Outbound => "It is a message that was sent.",
        }
    };
    if !settings.log_messages {
        trace.note(Topic::Message, format!("{what} Messages are not logged."));
        return Err(SkipReason::MessagesOff);
    }
    trace.note(
        Topic::Message,
        format!("{what} Messages are logged as Completed (Past Activities), at any time of day."),
    );
    Ok(())
}

fn line(line: &Line, settings: &Settings, trace: &mut Trace) -> Result<(), SkipReason> {
    let label = line.label();
    match &settings.lines {
        Some(lines) if !lines.contains(&line.id) => {
            trace.note(Topic::Line, format!("{label} is not among the numbers that are logged: not logged."));
            return Err(SkipReason::LineNotSelected);
        }
        Some(_) => trace.note(Topic::Line, format!("{label} is among the numbers that are logged.")),
        None => trace.note(Topic::Line, format!("{label}: all numbers are logged.")),
    }
    Ok(())
}

fn workflow(call_type: CallType, settings: &Settings, trace: &mut Trace) -> Result<TaskStatus, SkipReason> {
    let log_as = settings.call_workflow.log_as(call_type);
    let Some(status) = log_as.status() else {
        trace.note(
            Topic::CallWorkflow,
            format!("The call workflow says \"do nothing\" for {}: not logged.", plural(call_type)),
        );
        return Err(SkipReason::DoNothing);
    };
    let place = if log_as == LogAs::Completed { "Completed (Past Activities)" } else { "In progress (Next Steps)" };
    trace.note(Topic::CallWorkflow, format!("The call workflow logs {} as {place}.", plural(call_type)));
    Ok(status)
}

fn business_hours(call: &Call, settings: &Settings, trace: &mut Trace) -> Result<(), SkipReason> {
    match settings.business_hours.log_calls {
        LogCalls::Always => trace.note(Topic::BusinessHours, "Calls are logged at any time of day."),
        LogCalls::DuringBusinessHours => {
            let judgement = hours::judge(&settings.business_hours, call);
            if !judgement.open {
                let because = format!("{} Only calls during business hours are logged: not logged.", judgement.because);
                trace.note(Topic::BusinessHours, because);
                return Err(SkipReason::OutsideBusinessHours);
            }
            trace.note(Topic::BusinessHours, judgement.because);
        }
    }
    Ok(())
}

fn party(party: &Party, trace: &mut Trace) -> Result<(), SkipReason> {
    match party {
        Party::Phone(phone) => {
            trace.note(Topic::PhoneNumber, format!("The other party is {}.", phone.international()));
            Ok(())
        }
        Party::Anonymous => {
            trace.note(Topic::PhoneNumber, SkipReason::Anonymous.sentence());
            Err(SkipReason::Anonymous)
        }
        Party::Unusable(text) => {
            trace.note(
                Topic::PhoneNumber,
                format!("{text:?} is not a full phone number: there is no record to log it on."),
            );
            Err(SkipReason::NotAPhoneNumber)
        }
    }
}

/// What was to be logged before `decision` would skip it.
fn stay_logged(previous: &Decision, status: TaskStatus, decision: Decision) -> Decision {
    let mut trace = previous.trace.clone();
    let now = match decision.verdict {
        Verdict::Log(_) => "",
        Verdict::Skip(reason) => reason.sentence(),
    };
    let (topic, finding) = match decision.call_type() {
        Some(call_type) => (Topic::CallType, format!("Later the call turned out to be: {call_type}.")),
        None => (Topic::Message, "Later Aircall said something else of the message.".to_owned()),
    };
    trace.note(topic, format!("{finding} {now} It was to be logged by then, and stays so."));
    Decision { verdict: Verdict::Log(status), trace, ..decision }
}

fn plural(call_type: CallType) -> String {
    format!("{call_type}s")
}

//! Whether and how a call is logged, and why.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use serde::{Deserialize, Serialize};

use crate::call::{Call, MissedCallReason, NumberId, Party};
use crate::call_type::CallType;
use crate::document::CallDocument;
use crate::hours;
use crate::settings::{LogAs, LogCalls, Settings};
use crate::task_status::TaskStatus;
use crate::trace::{Topic, Trace};

/// What is to happen to a call.
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
    /// The number was closed, and only calls during business hours are logged.
    OutsideBusinessHours,
    /// The Aircall number is not among those that are logged.
    NumberNotSelected,
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
            SkipReason::OutsideBusinessHours => {
                "The call came outside business hours, and only calls during them are logged."
            }
            SkipReason::NumberNotSelected => "The Aircall number is not among those whose calls are logged.",
            SkipReason::Anonymous => "The caller withheld the number, so there is no record to log the call on.",
            SkipReason::NotAPhoneNumber => {
                "The other party's number is not a full phone number, so there is no record to log the call on."
            }
            SkipReason::UnknownNumber => {
                "No record in Salesforce has the number, and none is to be created for unknown numbers."
            }
        }
    }
}

/// The facts a decision rests on; while they stand, so does the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Basis {
    call_type: CallType,
    #[serde(with = "required")]
    started_at: Timestamp,
    number: NumberId,
    open_at_start: Option<bool>,
    out_of_opening_hours: bool,
    party: Party,
}

impl Basis {
    fn of(call: &Call) -> Self {
        Self {
            call_type: CallType::of(call),
            started_at: call.started_at,
            number: call.number.id,
            open_at_start: call.number.open,
            out_of_opening_hours: call.missed_call_reason == Some(MissedCallReason::OutOfOpeningHours),
            party: call.party.clone(),
        }
    }
}

/// What is to happen to a call, and all that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What is to happen.
    pub verdict: Verdict,
    /// The call's type when it was decided.
    pub call_type: CallType,
    /// What was looked at and what followed.
    pub trace: Trace,
    basis: Basis,
}

/// Decides about a call that is over; nothing is decided about one that is not.
///
/// A decision stands until the facts it rests on change, so a comment that comes a week later does not
/// judge an old call by new settings. And once a call is to be logged it stays so: a Task is not taken back.
pub fn decide(document: &CallDocument, settings: &Settings, previous: Option<&Decision>) -> Option<Decision> {
    if !document.is_settled() {
        return None;
    }
    let call = document.call();
    let basis = Basis::of(&call);
    if let Some(previous) = previous.filter(|previous| previous.basis == basis) {
        return Some(previous.clone());
    }
    let decision = judge(&call, basis, settings);
    match (previous.map(|previous| (previous, previous.verdict)), decision.verdict) {
        (Some((previous, Verdict::Log(status))), Verdict::Skip(_)) => Some(stay_logged(previous, status, decision)),
        _ => Some(decision),
    }
}

/// The decision about `call` under `settings` alone.
fn judge(call: &Call, basis: Basis, settings: &Settings) -> Decision {
    let call_type = basis.call_type;
    let mut trace = Trace::new();
    trace.note(Topic::CallType, call_type.because(call));
    let verdict = verdict(call, call_type, settings, &mut trace);
    Decision { verdict, call_type, trace, basis }
}

fn verdict(call: &Call, call_type: CallType, settings: &Settings, trace: &mut Trace) -> Verdict {
    let line = call.number.label();
    match &settings.numbers {
        Some(numbers) if !numbers.contains(&call.number.id) => {
            trace.note(Topic::Number, format!("{line} is not among the numbers whose calls are logged: not logged."));
            return Verdict::Skip(SkipReason::NumberNotSelected);
        }
        Some(_) => trace.note(Topic::Number, format!("{line} is among the numbers whose calls are logged.")),
        None => trace.note(Topic::Number, format!("{line}: calls of all numbers are logged.")),
    }

    let log_as = settings.call_workflow.of(call_type);
    let Some(status) = log_as.status() else {
        trace.note(
            Topic::CallWorkflow,
            format!("The call workflow says \"do nothing\" for {}: not logged.", plural(call_type)),
        );
        return Verdict::Skip(SkipReason::DoNothing);
    };
    let place = if log_as == LogAs::Completed { "Completed (Past Activities)" } else { "In progress (Next Steps)" };
    trace.note(Topic::CallWorkflow, format!("The call workflow logs {} as {place}.", plural(call_type)));

    match settings.business_hours.log_calls {
        LogCalls::Always => trace.note(Topic::BusinessHours, "Calls are logged at any time of day."),
        LogCalls::DuringBusinessHours => {
            let judgement = hours::judge(&settings.business_hours, call);
            if !judgement.open {
                let because = format!("{} Only calls during business hours are logged: not logged.", judgement.because);
                trace.note(Topic::BusinessHours, because);
                return Verdict::Skip(SkipReason::OutsideBusinessHours);
            }
            trace.note(Topic::BusinessHours, judgement.because);
        }
    }

    match &call.party {
        Party::Number(number) => {
            trace.note(Topic::PhoneNumber, format!("The other party is {}.", number.international()));
            Verdict::Log(status)
        }
        Party::Anonymous => {
            trace.note(Topic::PhoneNumber, SkipReason::Anonymous.sentence());
            Verdict::Skip(SkipReason::Anonymous)
        }
        Party::Unusable(text) => {
            trace.note(
                Topic::PhoneNumber,
                format!("{text:?} is not a full phone number: there is no record to log it on."),
            );
            Verdict::Skip(SkipReason::NotAPhoneNumber)
        }
    }
}

/// A call that was to be logged before `decision` would skip it.
fn stay_logged(previous: &Decision, status: TaskStatus, decision: Decision) -> Decision {
    let mut trace = previous.trace.clone();
    let now = match decision.verdict {
        Verdict::Log(_) => "",
        Verdict::Skip(reason) => reason.sentence(),
    };
    let finding = format!(
        "Later the call turned out to be: {}. {now} It was to be logged by then, and stays so.",
        decision.call_type
    );
    trace.note(Topic::CallType, finding);
    Decision { verdict: Verdict::Log(status), trace, ..decision }
}

fn plural(call_type: CallType) -> String {
    format!("{call_type}s")
}

//! Whether and how a call or message is logged, and why.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::optional;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Direction, Line, LineId, MissedCallReason, Party};
use crate::call_type::CallType;
use crate::company::Company;
use crate::document::CallDocument;
use crate::hours::{self, HoursCheck};
use crate::interaction::{Document, Interaction};
use crate::messages::{Conversation, Messages};
use crate::own_lines::OwnLines;
use crate::phone::{digits_of, is_repeated};
use crate::settings::{InternalCalls, LogAs, LogCalls, Settings};
use crate::task_status::TaskStatus;
use crate::trace::{Step, Topic, Trace};

/// The outcome of a decision about a call or messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Log it as a Task of this status.
    Log(TaskStatus),
    /// Do not log it.
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
    /// The line was closed, and only calls during business hours are logged.
    OutsideBusinessHours,
    /// The line is not among those that are logged.
    #[serde(rename = "number_not_selected")]
    LineNotSelected,
    /// The other party withheld the phone number.
    Anonymous,
    /// The other party's phone number is not complete.
    NotAPhoneNumber,
    /// The other party is a short code, such as that of a bank's messages.
    ShortCode,
    /// The other party is a name in place of a phone number.
    AlphanumericSender,
    /// The other party is an address of internet telephony.
    SipAddress,
    /// The other party is one of the company's own lines: the settings do not log such calls, or no record has its number.
    InternalCall,
    /// No record has the phone number, and the settings do not create one.
    UnknownNumber,
    /// Aircall's event could not be read.
    Unreadable,
    /// The call ended before the Aircall company was first connected.
    BeforeConnection,
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
            SkipReason::LineNotSelected => "The line is not among those whose calls and messages are logged.",
            SkipReason::Anonymous => "The other party withheld the phone number, so there is no record to log on.",
            SkipReason::NotAPhoneNumber => {
                "The other party's phone number is incomplete, so there is no record to log on."
            }
            SkipReason::ShortCode => {
                "The other party is a short code, which belongs to a service and not to a person, so there is no record to log on."
            }
            SkipReason::AlphanumericSender => {
                "The other party sent a name instead of a phone number, so there is no record to log on."
            }
            SkipReason::SipAddress => {
                "The other party has an address of internet telephony instead of a phone number, so there is no record to log on."
            }
            SkipReason::InternalCall => "It is internal: the other party is one of the company's own lines.",
            SkipReason::BeforeConnection => "The call ended before Aircall was first connected.",
            SkipReason::Unreadable => {
                "An event of Aircall could not be read or processed. Its call is logged if another event of it can be, or if this one can when it is decided again."
            }
            SkipReason::UnknownNumber => {
                "No record in Salesforce has the phone number, and the settings do not create records for unknown numbers."
            }
        }
    }
}

/// The facts that a decision depends on. The decision is only taken again when they change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Basis {
    /// Of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call_type: Option<CallType>,
    /// Of a call.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(rename = "number")]
    line: LineId,
    open_at_start: Option<bool>,
    #[serde(default)]
    out_of_opening_hours: bool,
    /// The line's time zone, if it decides whether the line was open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Whether the call ended before Aircall was first connected, if it is known when that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_before_connection: Option<bool>,
    party: Party,
}

impl Basis {
    fn new(interaction: &Interaction, settings: &Settings, company: &Company) -> Self {
        let (line, party) = (interaction.line().id, interaction.party().clone());
        let basis = Basis {
            call_type: None,
            started_at: None,
            line,
            open_at_start: None,
            out_of_opening_hours: false,
            time_zone: None,
            is_before_connection: None,
            party,
        };
        let Some(call) = interaction.call() else { return basis };
        Basis {
            call_type: Some(CallType::classify(call)),
            started_at: Some(call.started_at),
            open_at_start: call.line.open,
            out_of_opening_hours: call.missed_call_reason == Some(MissedCallReason::OutOfOpeningHours),
            time_zone: hours::deciding_zone(&settings.business_hours, call),
            is_before_connection: company.connected_since.map(|since| ended_before(call, since)),
            ..basis
        }
    }

    /// Whether the facts of a former decision are still the same. What was of no importance then, or is not now, is taken
    /// to be unchanged: it depends on settings, too, and new settings are not for old calls.
    fn is_still(&self, known: &Basis) -> bool {
        let time_zone = known.time_zone.clone().filter(|_| self.time_zone.is_some());
        let is_before_connection = known.is_before_connection.filter(|_| self.is_before_connection.is_some());
        let known = Basis {
            time_zone: time_zone.or_else(|| self.time_zone.clone()),
            is_before_connection: is_before_connection.or(self.is_before_connection),
            ..known.clone()
        };
        *self == known
    }
}

/// The decision about a call or messages, and its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The outcome.
    pub verdict: Verdict,
    /// The checks that led to it.
    #[serde(default)]
    pub trace: Trace,
    #[serde(default)]
    basis: Option<Basis>,
}

impl Decision {
    /// The call's type at the time of the decision; none for messages.
    pub fn call_type(&self) -> Option<CallType> {
        self.basis.as_ref()?.call_type
    }
}

/// Decides about a call that is over, or about messages. Returns `None` for a call that is not over yet.
///
/// A previous decision is kept until the facts it depends on change, so a comment a week later does not apply new
/// settings to an old call. A call that was once to be logged stays logged: a Task is never withdrawn.
///
/// The company's own lines only matter for [`InternalCalls::DoNothing`].
pub fn decide(
    document: &Document,
    settings: &Settings,
    company: &Company,
    previous: Option<&Decision>,
) -> Option<Decision> {
    if !document.is_complete() {
        return None;
    }
    let interaction = document.interaction();
    let company = &*bounded(company, document);
    let basis = Basis::new(&interaction, settings, company);
    // Facts that were stored by another version and cannot be read are taken to be unchanged.
    let is_unchanged = |previous: &&Decision| previous.basis.as_ref().is_none_or(|known| basis.is_still(known));
    if let Some(previous) = previous.filter(is_unchanged).filter(|previous| !is_imported(document, previous)) {
        return Some(Decision { basis: Some(basis), ..previous.clone() });
    }
    let mut decision = decide_afresh(&interaction, basis, settings, company);
    if let Some(why_late) = document.call().and_then(CallDocument::why_late) {
        decision.trace.begin_with(Step { about: Topic::Event, finding: why_late });
    }
    match (previous.map(|previous| (previous, previous.verdict)), decision.verdict) {
        (Some((previous, Verdict::Log(status))), Verdict::Skip(_)) => Some(keep_logged(previous, status, decision)),
        _ => Some(decision),
    }
}

/// Whether a call was skipped because it is from before the connection, and Aircall was asked for it since.
fn is_imported(document: &Document, previous: &Decision) -> bool {
    let is_fetched = document.call().is_some_and(|call| call.fetched().is_some());
    is_fetched && previous.verdict == Verdict::Skip(SkipReason::BeforeConnection)
}

/// The company as far as it bounds the call: one that Aircall was asked for is of the period that was asked for, which
/// may be from before the connection.
fn bounded<'a>(company: &'a Company, document: &Document) -> Cow<'a, Company> {
    match document.call().and_then(CallDocument::fetched) {
        Some(_) => Cow::Owned(Company { connected_since: None, ..company.clone() }),
        None => Cow::Borrowed(company),
    }
}

impl Decision {
    /// The decision about something that already has a Task of this status, whose own decision was lost: a Task is never
    /// withdrawn.
    #[must_use]
    pub fn keep_task(self, status: TaskStatus) -> Self {
        match self.verdict {
            Verdict::Log(_) => self,
            Verdict::Skip(_) => Self { verdict: Verdict::Log(status), ..self },
        }
    }
}

/// Decides about `interaction` without regard to a previous decision.
fn decide_afresh(interaction: &Interaction, basis: Basis, settings: &Settings, company: &Company) -> Decision {
    let mut trace = Trace::new();
    let verdict = verdict(interaction, settings, company, &mut trace);
    let verdict = verdict.map_or_else(Verdict::Skip, Verdict::Log);
    Decision { verdict, trace, basis: Some(basis) }
}

fn verdict(
    interaction: &Interaction,
    settings: &Settings,
    Company { own_lines, connected_since }: &Company,
    trace: &mut Trace,
) -> Result<TaskStatus, SkipReason> {
    match interaction {
        Interaction::Call(call) => {
            let call_type = CallType::classify(call);
            trace.note(Topic::CallType, format!("{}{}", call_type.explanation(call), call.flow_sentences()));
            check_connection(call, *connected_since, trace)?;
            check_line(&call.line, settings, trace)?;
            let status = check_workflow(call_type, settings, trace)?;
            check_business_hours(call, settings, trace)?;
            check_party(&call.party, settings, own_lines, trace)?;
            Ok(status)
        }
        Interaction::Messages(messages) => {
            check_messages(messages, settings, trace)?;
            let first = messages.first();
            check_line(&first.line, settings, trace)?;
            check_party(&first.party, settings, own_lines, trace)?;
            // Business hours apply to calls only, and a message needs no follow-up.
            Ok(TaskStatus::Completed)
        }
        Interaction::Unreadable(event) => {
            trace.note(Topic::Event, event.sentence());
            Err(SkipReason::Unreadable)
        }
    }
}

fn check_messages(messages: &Messages, settings: &Settings, trace: &mut Trace) -> Result<(), SkipReason> {
    let kind = match (messages.conversation().map(Conversation::part), messages.last().direction) {
        (Some(1), _) => Cow::from("It is a message conversation."),
        (Some(part), _) => format!("It is part {part} of a message conversation.").into(),
        (None, Direction::Inbound) => "It is a message that was received.".into(),
        (None, Direction::Outbound) => "It is a message that was sent.".into(),
    };
    if !settings.log_messages {
        trace.note(Topic::Message, format!("{kind} Messages are not logged."));
        return Err(SkipReason::MessagesOff);
    }
    trace.note(
        Topic::Message,
        format!("{kind} Messages are logged as Completed (Past Activities), at any time of day."),
    );
    Ok(())
}

/// Aircall's own integration does not log what was before it was connected, either.
fn check_connection(call: &Call, connected_since: Option<Timestamp>, trace: &mut Trace) -> Result<(), SkipReason> {
    let Some(since) = connected_since.filter(|since| ended_before(call, *since)) else { return Ok(()) };
    trace.note(
        Topic::Event,
        format!(
            "The call ended before Aircall was first connected, on {}: not logged.",
            since.strftime("%Y-%m-%d at %H:%M UTC")
        ),
    );
    Err(SkipReason::BeforeConnection)
}

/// Whether the call ended before this time, as far as is known.
fn ended_before(call: &Call, since: Timestamp) -> bool {
    call.ended_at.unwrap_or(call.started_at) < since
}

fn check_line(line: &Line, settings: &Settings, trace: &mut Trace) -> Result<(), SkipReason> {
    let (label, is_not_among) = if line.is_unknown() {
        ("Aircall does not name the line".to_owned(), ", so it is not among")
    } else {
        (line.label(), " is not among")
    };
    match &settings.lines {
        Some(lines) if !lines.contains(&line.id) => {
            trace.note(Topic::Line, format!("{label}{is_not_among} the lines that are logged: not logged."));
            return Err(SkipReason::LineNotSelected);
        }
        Some(_) => trace.note(Topic::Line, format!("{label} is among the lines that are logged.")),
        None => trace.note(Topic::Line, format!("{label}: all lines are logged.")),
    }
    Ok(())
}

fn check_workflow(call_type: CallType, settings: &Settings, trace: &mut Trace) -> Result<TaskStatus, SkipReason> {
    let log_as = settings.call_workflow.log_as(call_type);
    let Some(status) = log_as.status() else {
        trace.note(
            Topic::CallWorkflow,
            format!("The call workflow says \"do nothing\" for {}: not logged.", plural(call_type)),
        );
        return Err(SkipReason::DoNothing);
    };
    let status_label =
        if log_as == LogAs::Completed { "Completed (Past Activities)" } else { "In progress (Next Steps)" };
    trace.note(Topic::CallWorkflow, format!("The call workflow logs {} as {status_label}.", plural(call_type)));
    Ok(status)
}

fn check_business_hours(call: &Call, settings: &Settings, trace: &mut Trace) -> Result<(), SkipReason> {
    match settings.business_hours.log_calls {
        LogCalls::Always => trace.note(Topic::BusinessHours, "Calls are logged at any time of day."),
        LogCalls::DuringBusinessHours => {
            let HoursCheck { is_open, reason } = hours::check(&settings.business_hours, call);
            if !is_open {
                let finding = format!("{reason} Only calls during business hours are logged: not logged.");
                trace.note(Topic::BusinessHours, finding);
                return Err(SkipReason::OutsideBusinessHours);
            }
            trace.note(Topic::BusinessHours, reason);
        }
    }
    Ok(())
}

fn check_party(party: &Party, settings: &Settings, own_lines: &OwnLines, trace: &mut Trace) -> Result<(), SkipReason> {
    match party {
        Party::Phone(phone) => {
            let phone_number = phone.international();
            match settings.internal_calls {
                InternalCalls::DoNothing if own_lines.contains(phone) => {
                    let finding = format!(
                        "The other party is {phone_number}, one of the company's own lines, and internal calls and messages are not to be logged: not logged."
                    );
                    trace.note(Topic::PhoneNumber, finding);
                    Err(SkipReason::InternalCall)
                }
                InternalCalls::Log | InternalCalls::DoNothing => {
                    trace.note(Topic::PhoneNumber, format!("The other party is {phone_number}."));
                    Ok(())
                }
            }
        }
        Party::Anonymous => {
            trace.note(Topic::PhoneNumber, SkipReason::Anonymous.sentence());
            Err(SkipReason::Anonymous)
        }
        Party::Unusable(text) => {
            let reason = unusable_reason(text);
            trace.note(Topic::PhoneNumber, format!("{text:?}: {}", reason.sentence()));
            Err(reason)
        }
    }
}

/// The most digits of a short code.
const MAX_SHORT_CODE: usize = 6;
/// The most characters of a name in place of a number: GSM 03.40, section 9.1.2.5.
const MAX_SENDER: usize = 11;

/// What a text is that is not a full phone number.
fn unusable_reason(text: &str) -> SkipReason {
    let digits = digits_of(text);
    let (length, letters) = (text.chars().count(), text.chars().filter(|c| c.is_alphabetic()).count());
    let is_filler = 4 <= digits.len() && is_repeated(&digits);
    if text.contains('@') || text.to_lowercase().starts_with("sip:") {
        SkipReason::SipAddress
    } else if letters == 0 && (1..=MAX_SHORT_CODE).contains(&digits.len()) && !is_filler {
        SkipReason::ShortCode
    } else if length <= MAX_SENDER && letters > digits.len() {
        SkipReason::AlphanumericSender
    } else {
        SkipReason::NotAPhoneNumber
    }
}

/// Replaces `decision`, which would skip it, by one that keeps the `status` of `previous`.
fn keep_logged(previous: &Decision, status: TaskStatus, decision: Decision) -> Decision {
    let mut trace = previous.trace.clone();
    let skip_reason = match decision.verdict {
        Verdict::Log(_) => "",
        Verdict::Skip(reason) => reason.sentence(),
    };
    let (topic, finding) = match decision.call_type() {
        Some(call_type) => (Topic::CallType, format!("Later the call turned out to be: {call_type}.")),
        None => (Topic::Message, "Later Aircall reported different details of the message.".to_owned()),
    };
    trace.note(topic, format!("{finding} {skip_reason} It was already to be logged, so it stays logged."));
    Decision { verdict: Verdict::Log(status), trace, ..decision }
}

fn plural(call_type: CallType) -> String {
    format!("{call_type}s")
}

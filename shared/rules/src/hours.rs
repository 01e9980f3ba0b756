//! Whether an Aircall number was open when a call started.

use jiff::tz::TimeZone;

use crate::call::{Call, Line, MissedCallReason};
use crate::schedule::{Opening, Schedule, Zone};
use crate::settings::BusinessHours;

/// The answer, with its reason as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether the number was open.
    pub open: bool,
    /// Why, in an admin's words.
    pub because: String,
}

/// Judges `call` by when it started, never by when it is looked at.
///
/// A number's own schedule beats the general one; without either, Aircall's signals decide:
/// the missed-call reason `out_of_opening_hours`, and whether the number was open when the call was first seen.
pub fn judge(hours: &BusinessHours, call: &Call) -> Judgement {
    match (hours.lines.get(&call.line.id), &hours.schedule) {
        (Some(schedule), _) => by_schedule(schedule, "this number's own schedule", call),
        (None, Some(schedule)) => by_schedule(schedule, "the general schedule", call),
        (None, None) => by_aircall(call),
    }
}

/// The zone of a number; UTC where Aircall names none that exists.
pub fn zone_of(number: &Line) -> TimeZone {
    let zone = number.time_zone.as_deref().and_then(|name| Zone::parse(name).ok());
    zone.map_or(TimeZone::UTC, |zone| zone.time_zone().clone())
}

fn by_schedule(schedule: &Schedule, which: &str, call: &Call) -> Judgement {
    let zone = schedule.time_zone.as_ref().map_or_else(|| zone_of(&call.line), |zone| zone.time_zone().clone());
    let local = zone.to_datetime(call.started_at);
    let when = format!("{} ({})", local.strftime("%A %Y-%m-%d %H:%M"), zone.iana_name().unwrap_or("UTC"));
    let (open, because) = match schedule.at(local) {
        Opening::Open(period) => (true, format!("The call started {when}: open {period} by {which}.")),
        Opening::Closed => (false, format!("The call started {when}: closed by {which}.")),
        Opening::Holiday => (false, format!("The call started {when}: a holiday in {which}.")),
    };
    Judgement { open, because }
}

fn by_aircall(call: &Call) -> Judgement {
    let (open, because) = if call.missed_call_reason == Some(MissedCallReason::OutOfOpeningHours) {
        (false, "Aircall says that the call came outside opening hours.")
    } else {
        match call.line.open {
            Some(false) => (false, "Aircall says that the number was closed."),
            Some(true) => (true, "Aircall says that the number was open."),
            None => (true, "Aircall does not say whether the number was open, so it counts as open."),
        }
    };
    Judgement { open, because: because.to_owned() }
}

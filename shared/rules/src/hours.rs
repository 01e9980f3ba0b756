//! Whether a line was open when a call started.

use jiff::tz::TimeZone;

use crate::call::{Call, Line, MissedCallReason};
use crate::schedule::{Opening, Schedule, Zone};
use crate::settings::BusinessHours;

/// The result of checking business hours, with its reason as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursCheck {
    /// Whether the line was open.
    pub is_open: bool,
    /// Why, in an admin's words.
    pub reason: String,
}

/// Checks whether the line was open when `call` started, regardless of when the check runs.
///
/// A line's own schedule takes precedence over the general one. Without either, Aircall's signals decide:
/// the missed-call reason `out_of_opening_hours`, and whether the line was open at the call's first event.
pub fn check(hours: &BusinessHours, call: &Call) -> HoursCheck {
    match (hours.lines.get(&call.line.id), &hours.schedule) {
        (Some(schedule), _) => check_schedule(schedule, "the line's own schedule", call),
        (None, Some(schedule)) => check_schedule(schedule, "the general schedule", call),
        (None, None) => check_aircall(call),
    }
}

/// The time zone of a line; UTC if Aircall names none or an unknown one.
pub fn time_zone_of(line: &Line) -> TimeZone {
    let zone = line.time_zone.as_deref().and_then(|name| Zone::parse(name).ok());
    zone.map_or(TimeZone::UTC, |zone| zone.time_zone().clone())
}

fn check_schedule(schedule: &Schedule, name: &str, call: &Call) -> HoursCheck {
    let zone = schedule.time_zone.as_ref().map_or_else(|| time_zone_of(&call.line), |zone| zone.time_zone().clone());
    let local = zone.to_datetime(call.started_at);
    let when = format!("{} ({})", local.strftime("%A %Y-%m-%d %H:%M"), zone.iana_name().unwrap_or("UTC"));
    let (is_open, reason) = match schedule.at(local) {
        Opening::Open(period) => (true, format!("The call started {when}: open {period} by {name}.")),
        Opening::Closed => (false, format!("The call started {when}: closed by {name}.")),
        Opening::Holiday => (false, format!("The call started {when}: a holiday in {name}.")),
    };
    HoursCheck { is_open, reason }
}

fn check_aircall(call: &Call) -> HoursCheck {
    let (is_open, reason) = if call.missed_call_reason == Some(MissedCallReason::OutOfOpeningHours) {
        (false, "Aircall says that the call came outside opening hours.")
    } else {
        match call.line.open {
            Some(false) => (false, "Aircall says that the line was closed."),
            Some(true) => (true, "Aircall says that the line was open."),
            None => (true, "Aircall does not say whether the line was open, so it counts as open."),
        }
    };
    HoursCheck { is_open, reason: reason.to_owned() }
}

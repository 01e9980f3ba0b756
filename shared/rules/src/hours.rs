//! Whether a line was open when a call started.

use jiff::tz::TimeZone;

use crate::call::{Call, Direction, Line, MissedCallReason};
use crate::rails_zones;
use crate::schedule::{Opening, Schedule, Zone};
use crate::settings::{BusinessHours, LogCalls};
use crate::text::inline;

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
/// A line's own schedule takes precedence over the general one. Without either, Aircall's signals decide, the surest
/// first: the missed-call reason `out_of_opening_hours`, then that somebody answered. Only of an unanswered inbound call
/// does it matter whether Aircall said that the line was open when the call came.
pub fn check(hours: &BusinessHours, call: &Call) -> HoursCheck {
    match schedule_of(hours, &call.line) {
        Some((schedule, name)) => check_schedule(schedule, name, call),
        None => check_aircall(call),
    }
}

/// The schedule that applies to the line, and what it is called.
fn schedule_of<'h>(hours: &'h BusinessHours, line: &Line) -> Option<(&'h Schedule, &'static str)> {
    let own = hours.lines.get(&line.id).map(|schedule| (schedule, "the line's own schedule"));
    own.or_else(|| Some((hours.schedule.as_ref()?, "the general schedule")))
}

/// The name of the line's time zone, if [`check`] asks what time it was there.
pub(crate) fn deciding_zone(hours: &BusinessHours, call: &Call) -> Option<String> {
    let (schedule, _) = schedule_of(hours, &call.line).filter(|_| hours.log_calls == LogCalls::DuringBusinessHours)?;
    let zone = schedule.time_zone.is_none().then(|| time_zone_of(&call.line))?;
    Some(zone.iana_name().unwrap_or("UTC").to_owned())
}

/// The time zone of a line; UTC if Aircall names none or an unknown one.
pub fn time_zone_of(line: &Line) -> TimeZone {
    known_zone(line).unwrap_or(TimeZone::UTC)
}

/// The time zone of a line by its IANA name, or by its name in Rails.
fn known_zone(line: &Line) -> Option<TimeZone> {
    let name = line.time_zone.as_deref()?.trim();
    let zone = Zone::parse(name).or_else(|error| rails_zones::iana_name(name).map_or(Err(error), Zone::parse));
    zone.ok().map(|zone| zone.time_zone().clone())
}

/// Why UTC stands for the time zone of a line, if it does, to be put behind a comma.
pub(crate) fn why_utc(line: &Line) -> Option<String> {
    match (&line.time_zone, known_zone(line)) {
        (_, Some(_)) => None,
        (Some(name), None) => Some(format!("as Aircall's time zone of the line is unknown: {}", inline(name))),
        (None, None) => Some("as Aircall names no time zone of the line".to_owned()),
    }
}

fn check_schedule(schedule: &Schedule, name: &str, call: &Call) -> HoursCheck {
    let (zone, why_utc) = match &schedule.time_zone {
        Some(zone) => (zone.time_zone().clone(), None),
        None => (time_zone_of(&call.line), why_utc(&call.line)),
    };
    let local = zone.to_datetime(call.started_at);
    let zone = [Some(zone.iana_name().unwrap_or("UTC").to_owned()), why_utc];
    let zone = zone.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let when = format!("{} ({zone})", local.strftime("%A %Y-%m-%d %H:%M"));
    let (is_open, reason) = match schedule.at(local) {
        Opening::Open(period) => (true, format!("The call started {when}: open {period} by {name}.")),
        Opening::Closed => (false, format!("The call started {when}: closed by {name}.")),
        Opening::Holiday => (false, format!("The call started {when}: a holiday in {name}.")),
    };
    HoursCheck { is_open, reason }
}

fn check_aircall(call: &Call) -> HoursCheck {
    let is_outside = call.missed_call_reason == Some(MissedCallReason::OutOfOpeningHours);
    let (is_open, reason) = match (call.direction, call.line.open) {
        _ if is_outside => (false, "Aircall says that the call came outside opening hours."),
        (Direction::Outbound, _) => {
            (true, "Aircall's opening hours are for inbound calls: an outbound one counts as open.")
        }
        (Direction::Inbound, _) if call.answered_at.is_some() => {
            (true, "The call was answered, so the line counts as open.")
        }
        (Direction::Inbound, Some(false)) => (false, "Aircall says that the line was closed when the call came."),
        (Direction::Inbound, Some(true)) => (true, "Aircall says that the line was open when the call came."),
        (Direction::Inbound, None) => {
            (true, "Aircall does not say whether the line was open when the call came, so it counts as open.")
        }
    };
    HoursCheck { is_open, reason: reason.to_owned() }
}

//! The Task's `Description`: labelled lines, then the comments.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::call::{Call, Comment, Direction, Line, MissedCallReason};
use crate::call_type::CallType;
use crate::hours::zone_of;
use crate::settings::Settings;
use crate::text::{duration, length, one_line, plain, prefix};

/// Longest `Description`.
pub(crate) const DESCRIPTION: usize = 32_000;

/// What stands where a description had to be cut.
const CUT: &str = "\n… (cut: Salesforce takes no more)";

/// The description of `call`.
pub(crate) fn describe(call: &Call, settings: &Settings) -> String {
    let call_type = CallType::classify(call);
    let zone = zone_of(&call.line);
    let mut lines = Vec::new();
    let mut line = |label: &str, value: String| lines.push(format!("{label}: {value}"));

    let direction = match call.direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    };
    line("Direction", direction.to_owned());
    line("Type", kind(call_type).to_owned());
    if let Some(number) = call.party.phone() {
        let label = if call.direction == Direction::Inbound { "From" } else { "To" };
        line(label, number.international());
    }
    line("Aircall line", aircall_line(&call.line));
    let took_part = call.answered_at.is_some() || call.direction == Direction::Outbound;
    let user = call.user.as_ref().filter(|_| took_part);
    if let Some(user) = user.and_then(|user| user.name.as_deref().or(user.email.as_deref())) {
        let label = if call.direction == Direction::Inbound { "Answered by" } else { "Called by" };
        line(label, one_line(user));
    }
    line("Started", local(call.started_at, &zone));
    line("Duration", duration(call.talk_seconds()));
    line("Waiting time", duration(call.waiting_seconds()));
    if let Some(reason) = call.missed_call_reason.as_ref().filter(|_| !call_type.is_answered()) {
        line("Missed reason", in_words(reason));
    }
    if settings.recording_link {
        let asset = || call.asset.as_deref().map(one_line).filter(|asset| !asset.is_empty());
        let in_aircall = || "in Aircall; its link is not there yet".to_owned();
        if call_type == CallType::Voicemail {
            line("Voicemail", asset().unwrap_or_else(in_aircall));
        } else if call.recording.is_some() || call.asset.is_some() {
            line("Recording", asset().unwrap_or_else(in_aircall));
        }
    }
    let tags: Vec<String> = call.tags.iter().map(|tag| one_line(&tag.name)).filter(|tag| !tag.is_empty()).collect();
    if !tags.is_empty() {
        line("Tags", tags.join(", "));
    }
    lines.extend(call.comments.iter().map(|comment| written(comment, &zone)));
    cut_to(&plain(&lines.join("\n")), DESCRIPTION)
}

/// `text`, cut to `room` if it does not fit, and then saying so.
pub(crate) fn cut_to(text: &str, room: usize) -> String {
    if length(text) <= room {
        return text.to_owned();
    }
    match room.checked_sub(length(CUT)) {
        Some(room) => format!("{}{CUT}", prefix(text, room).trim_end()),
        None => prefix(text, room).to_owned(),
    }
}

fn kind(call_type: CallType) -> &'static str {
    match call_type {
        CallType::OutboundAnswered => "Outbound answered call",
        CallType::OutboundUnanswered => "Outbound unanswered call",
        CallType::InboundAnswered => "Inbound answered call",
        CallType::Missed => "Missed call",
        CallType::Voicemail => "Voicemail",
    }
}

pub(crate) fn aircall_line(number: &Line) -> String {
    let label = one_line(&number.label());
    match number.digits.as_deref().map(one_line) {
        Some(digits) if digits != label => format!("{label} ({digits})"),
        _ => label,
    }
}

/// `2026-03-04 11:28:54 CET (Europe/Vienna)`.
pub(crate) fn local(at: Timestamp, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    let written = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    if name == "UTC" { written } else { format!("{written} ({name})") }
}

fn in_words(reason: &MissedCallReason) -> String {
    match reason {
        MissedCallReason::OutOfOpeningHours => "the number was outside its opening hours".to_owned(),
        MissedCallReason::ShortAbandoned => "the caller hung up within seconds".to_owned(),
        MissedCallReason::AbandonedInIvr => "the caller hung up in the menu".to_owned(),
        MissedCallReason::AbandonedInClassic => "the caller hung up while waiting".to_owned(),
        MissedCallReason::NoAvailableAgent => "nobody was available".to_owned(),
        MissedCallReason::AgentsDidNotAnswer => "nobody answered".to_owned(),
        MissedCallReason::Other(reason) => one_line(&reason.replace('_', " ")),
    }
}

/// `Comment (2026-03-04 11:30:21 CET (Europe/Vienna), Ada Demo): …`; a comment of several lines stays so.
fn written(comment: &Comment, zone: &TimeZone) -> String {
    let when = comment.posted_at.map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string());
    let who = comment.posted_by.as_ref().and_then(|user| user.name.as_deref()).map(one_line);
    let about = [when, who].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let about = if about.is_empty() { about } else { format!(" ({about})") };
    format!("Comment{about}: {}", comment.content.trim().replace("\r\n", "\n"))
}

//! The Task's `Description`: labelled lines, then the comments.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::call::{Call, CallId, Comment, Direction, Line, MissedCallReason};
use crate::call_flow::label;
use crate::call_type::CallType;
use crate::hours::{time_zone_of, why_utc};
use crate::settings::Settings;
use crate::text::{duration, https, inline, length, one_line, prefix, quote, without_references};

/// Longest `Description`.
pub(crate) const MAX_DESCRIPTION: usize = 32_000;

/// The label of the line that says why UTC stands for the time zone of the line.
pub(crate) const TIME_ZONE: &str = "Time zone";

/// The note at the end of a truncated description.
const TRUNCATION_NOTE: &str = "\n… (cut: Salesforce takes no more)";

/// The line in place of the comments that do not fit.
const OLDER_LEFT_OUT: &str = "… (older comments left out: Salesforce takes no more)";

/// The description of `call`.
pub(crate) fn describe(call: &Call, settings: &Settings) -> String {
    let call_type = CallType::classify(call);
    let zone = time_zone_of(&call.line);
    let mut lines = Vec::new();
    let mut line = |label: &str, value: String| lines.push(format!("{label}: {value}"));

    let direction = match call.direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    };
    line("Direction", direction.to_owned());
    line("Type", call_type.title().to_owned());
    if let Some(phone) = call.party.phone() {
        let label = if call.direction == Direction::Inbound { "From" } else { "To" };
        line(label, phone.international());
    }
    line("Aircall line", format_line(&call.line));
    let is_participant = call.answered_at.is_some() || call.direction == Direction::Outbound;
    if let Some(choices) = call.flow.menu_path() {
        line("Menu (IVR)", choices);
    }
    if is_participant {
        describe_users(call, &zone, &mut line);
    }
    if let Some(members) = call.flow.conference_members() {
        line("Conference of", members);
    }
    if let Some(CallId(id)) = call.flow.callback_of {
        line("Call-back of", format!("Aircall's call {id}"));
    }
    line("Started", format_local(call.started_at, &zone));
    if let Some(why) = why_utc(&call.line) {
        line(TIME_ZONE, format!("UTC, {why}"));
    }
    line("Duration", duration(call.talk_seconds()));
    line("Waiting time", duration(call.waiting_seconds()));
    if let Some(reason) = call.missed_call_reason.as_ref().filter(|_| !call_type.is_answered()) {
        line("Missed reason", describe_reason(reason));
    }
    if settings.recording_link {
        let asset = || call.asset.as_deref().and_then(https);
        let without_link = || "in Aircall; its link is not there yet".to_owned();
        if call_type == CallType::Voicemail {
            line("Voicemail", asset().unwrap_or_else(without_link));
        } else if call.recording.is_some() || call.asset.is_some() {
            line("Recording", asset().unwrap_or_else(without_link));
        }
    }
    let tags: Vec<String> = call.tags.iter().map(|tag| inline(&tag.name)).filter(|tag| !tag.is_empty()).collect();
    if !tags.is_empty() {
        line("Tags", tags.join(", "));
    }
    let comments: Vec<String> =
        call.comments.iter().map(|comment| without_references(&format_comment(comment, &zone))).collect();
    with_newest(&without_references(&lines.join("\n")), &comments)
}

/// Says who had the call, one after the other.
fn describe_users(call: &Call, zone: &TimeZone, line: &mut impl FnMut(&str, String)) {
    let first = call.first_handler().and_then(label);
    let mut last = first.clone();
    if let Some(first) = first {
        line(if call.direction == Direction::Inbound { "Answered by" } else { "Called by" }, first);
    }
    for transfer in &call.flow.transfers {
        let by = transfer.by.as_ref().and_then(label);
        let details = [Some(short_local(transfer.at, zone)), by].into_iter().flatten().collect::<Vec<_>>().join(", ");
        line(&format!("Transferred ({details})"), transfer.destination());
        last = transfer.to.as_ref().and_then(label).or(last);
    }
    let user = call.user.as_ref().and_then(label);
    if let Some(user) = user.filter(|user| last.as_ref() != Some(user)) {
        line("Last handled by", user);
    }
}

/// `head` with the comments. If they do not fit, the oldest are left out.
fn with_newest(head: &str, comments: &[String]) -> String {
    let with = |comments: &[String], note: Option<&str>| {
        let lines = [Some(head), note].into_iter().flatten().chain(comments.iter().map(String::as_str));
        lines.collect::<Vec<_>>().join("\n")
    };
    let all = with(comments, None);
    if length(&all) <= MAX_DESCRIPTION {
        return all;
    }
    let fitting = (1..comments.len()).map(|first| with(&comments[first..], Some(OLDER_LEFT_OUT)));
    let fitting = fitting.filter(|text| length(text) <= MAX_DESCRIPTION);
    let newest = || match comments {
        [_, .., newest] => with(std::slice::from_ref(newest), Some(OLDER_LEFT_OUT)),
        _ => all,
    };
    fitting.into_iter().next().unwrap_or_else(|| truncate_with_note(&newest(), MAX_DESCRIPTION))
}

/// `text`, truncated to `limit` if it does not fit, with a note that says so if there is room for it.
pub(crate) fn truncate_with_note(text: &str, limit: usize) -> String {
    if length(text) <= limit {
        return text.to_owned();
    }
    match limit.checked_sub(length(TRUNCATION_NOTE)) {
        Some(limit) => format!("{}{TRUNCATION_NOTE}", prefix(text, limit).trim_end()),
        None => prefix(text, limit).to_owned(),
    }
}

pub(crate) fn format_line(line: &Line) -> String {
    let label = inline(&line.label());
    match line.digits.as_deref().map(one_line) {
        Some(digits) if digits != label && !digits.is_empty() => format!("{label} ({digits})"),
        _ => label,
    }
}

/// `2026-03-04 11:28:54 CET (Europe/Vienna)`.
pub(crate) fn format_local(at: Timestamp, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    let written = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    if name == "UTC" { written } else { format!("{written} ({name})") }
}

/// `2026-03-04 11:28 CET`.
fn short_local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

fn describe_reason(reason: &MissedCallReason) -> String {
    match reason {
        MissedCallReason::OutOfOpeningHours => "the number was outside its opening hours".to_owned(),
        MissedCallReason::ShortAbandoned => "the caller hung up within seconds".to_owned(),
        MissedCallReason::AbandonedInIvr => "the caller hung up in the menu".to_owned(),
        MissedCallReason::AbandonedInClassic => "the caller hung up while waiting".to_owned(),
        MissedCallReason::NoAvailableAgent => "nobody was available".to_owned(),
        MissedCallReason::AgentsDidNotAnswer => "nobody answered".to_owned(),
        MissedCallReason::Other(reason) => inline(&reason.replace('_', " ")),
    }
}

/// `Comment (2026-03-04 11:30 CET, Ada Demo): …`; the further lines of a comment are quoted.
fn format_comment(comment: &Comment, zone: &TimeZone) -> String {
    let when = comment.posted_at.map(|at| short_local(at, zone));
    let who = comment.posted_by.as_ref().and_then(|user| user.name.as_deref()).map(inline);
    let details = [when, who].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let details = if details.is_empty() { details } else { format!(" ({details})") };
    let text = quote(comment.content.trim()).collect::<Vec<_>>().join("\n");
    // The first line stands behind what is ours.
    format!("Comment{details}: {}", text.strip_prefix("> ").unwrap_or(&text))
}

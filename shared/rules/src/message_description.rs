//! The `Description` of a message's Task, and of a conversation's.

use jiff::tz::TimeZone;

use crate::call::{Direction, Party};
use crate::description::{DESCRIPTION, aircall_line, cut_to, local};
use crate::hours::zone_of;
use crate::message::{Channel, Media, Message};
use crate::messages::Messages;
use crate::task::Part;
use crate::text::{one_line, plain};

/// The description, and those of its parts that are messages of a conversation.
pub(crate) fn describe(messages: &Messages) -> (String, Vec<Part>) {
    if messages.conversation().is_none() {
        return (stored(&cut_to(&plain(&single(messages.first())), DESCRIPTION)), Vec::new());
    }
    let first = messages.first();
    let messages = messages.in_order();
    let mut channels: Vec<String> = Vec::new();
    for message in &messages {
        let channel = channel(message);
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    let zone = zone_of(&first.line);
    let day = zone.to_datetime(first.sent_at).date();
    let head = [
        format!("Channel: {}", channels.join(", ")),
        format!("With: {}", party(&first.party)),
        format!("Aircall line: {}", aircall_line(&first.line)),
        format!("Day: {day} ({})", zone.iana_name().unwrap_or("UTC")),
    ];
    let parts: Vec<Part> = messages.iter().map(|message| part(message, &zone)).collect();
    let texts = head.map(|line| plain(&line)).into_iter().chain(parts.iter().map(|part| part.text.clone()));
    (stored(&cut_to(&texts.collect::<Vec<_>>().join("\n"), DESCRIPTION)), parts)
}

/// As Salesforce may store it, which keeps no white space around a text.
fn stored(text: &str) -> String {
    text.trim_end().to_owned()
}

/// What may be long comes last, so that it is what is cut.
fn single(message: &Message) -> String {
    let zone = zone_of(&message.line);
    let mut lines = Vec::new();
    let mut line = |label: &str, value: String| lines.push(format!("{label}: {value}"));
    line("Channel", channel(message));
    let is_inbound = message.direction == Direction::Inbound;
    line("Direction", if is_inbound { "Inbound" } else { "Outbound" }.to_owned());
    let writer = message.written_by.as_ref().unwrap_or(&message.party);
    line(if is_inbound { "From" } else { "To" }, party(writer));
    if !message.group.is_empty() {
        line("Group", message.group.iter().map(party).collect::<Vec<_>>().join(", "));
    }
    line("Aircall line", aircall_line(&message.line));
    if let (Some(user), false) = (user(message), is_inbound) {
        line("Sent by", user);
    }
    line(if is_inbound { "Received" } else { "Sent" }, local(message.sent_at, &zone));
    if let Some(state) = state(message) {
        line("Delivery", state);
    }
    lines.extend(message.media.iter().map(|media| attachment(media, &zone)));
    lines.extend(message.text.as_ref().map(|text| format!("Message:\n{}", text.replace("\r\n", "\n"))));
    lines.join("\n")
}

/// `[11:28:54 CET] From Ada Demo (delivered):`, and what it says below.
fn part(message: &Message, zone: &TimeZone) -> Part {
    let time = message.sent_at.to_zoned(zone.clone()).strftime("%H:%M:%S %Z").to_string();
    let by = match message.direction {
        Direction::Inbound => party(message.written_by.as_ref().unwrap_or(&message.party)),
        Direction::Outbound => user(message).unwrap_or_else(|| one_line(&message.line.label())),
    };
    let state = state(message).filter(|_| message.direction == Direction::Outbound);
    let state = state.map(|state| format!(" ({state})")).unwrap_or_default();
    let mut lines = vec![format!("[{time}] From {by}{state}:")];
    // Nobody writes in somebody else's name.
    let indented = |line: &str| if stamp(line).is_some() { format!(" {line}") } else { line.to_owned() };
    let text = message.text.as_ref().map(|text| text.replace("\r\n", "\n"));
    lines.extend(text.iter().flat_map(|text| text.split('\n')).map(indented));
    lines.extend(message.media.iter().map(|media| attachment(media, zone)));
    Part { id: message.id.clone(), text: stored(&plain(&lines.join("\n"))) }
}

/// The time with which a message of a conversation begins: what of its first line never changes.
pub(crate) fn stamp(line: &str) -> Option<&str> {
    let time = line.strip_prefix('[')?;
    let is_time = |(index, sign): (usize, char)| if index % 3 == 2 { sign == ':' } else { sign.is_ascii_digit() };
    let end = line.find("] From ")?;
    (time.len() > 8 && time.is_char_boundary(8) && time[..8].char_indices().all(is_time)).then(|| &line[..=end])
}

fn channel(message: &Message) -> String {
    match &message.channel {
        Channel::Sms if message.media.is_empty() => "SMS".to_owned(),
        Channel::Sms => "MMS".to_owned(),
        Channel::WhatsApp => "WhatsApp".to_owned(),
        Channel::Other(name) => one_line(name),
    }
}

fn party(party: &Party) -> String {
    match party {
        Party::Phone(number) => number.international(),
        Party::Unusable(text) => one_line(text),
        Party::Anonymous => "unknown".to_owned(),
    }
}

fn user(message: &Message) -> Option<String> {
    let user = message.user.as_ref()?;
    user.name.as_deref().or(user.email.as_deref()).map(one_line)
}

/// As Aircall spells it, so that a word nobody knew of says what it says.
fn state(message: &Message) -> Option<String> {
    message.state.as_ref().map(|state| one_line(&state.0.replace('_', " "))).filter(|state| !state.is_empty())
}

/// `Attachment: bill.pdf (application/pdf), link expires 2026-03-04 12:28:54 CET (Europe/Vienna): https://…`
fn attachment(media: &Media, zone: &TimeZone) -> String {
    let name = media.name.as_deref().map(one_line);
    let file_type = media.file_type.as_deref().map(one_line);
    let what = match (name, file_type) {
        (Some(name), Some(file_type)) => format!("{name} ({file_type})"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "file".to_owned(),
    };
    let Some(url) = media.url.as_deref().map(one_line).filter(|url| !url.is_empty()) else {
        return format!("Attachment: {what}");
    };
    let expires = media.expires_at().map_or_else(
        || "link expires, Aircall does not say when".to_owned(),
        |at| format!("link expires {}", local(at, zone)),
    );
    format!("Attachment: {what}, {expires}: {url}")
}

//! The `Description` of the Task of a message or conversation.

use jiff::tz::TimeZone;

use crate::call::{Direction, Party};
use crate::description::{MAX_DESCRIPTION, TIME_ZONE, format_line, format_local, truncate_with_note};
use crate::hours::{time_zone_of, why_utc};
use crate::message::{Channel, Media, Message};
use crate::messages::Messages;
use crate::task::Part;
use crate::text::{https, inline, length, max_quoted_length, quote, references, without_references};

/// The description, and its parts: one for each message of a conversation, none for a single message.
pub(crate) fn describe(messages: &Messages) -> (String, Vec<Part>) {
    if messages.conversation().is_none() {
        let text = without_references(&describe_single(messages.first()));
        return (as_stored(&truncate_with_note(&text, MAX_DESCRIPTION)), Vec::new());
    }
    let first = messages.first();
    let part_label = part_label(messages);
    let messages = messages.in_order();
    let mut channels: Vec<String> = Vec::new();
    for message in &messages {
        let channel = channel_label(message);
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    let zone = time_zone_of(&first.line);
    let day = zone.to_datetime(first.sent_at).date();
    let mut head = vec![
        format!("Channel: {}", channels.join(", ")),
        format!("With: {}", party_label(&first.party)),
        format!("Aircall line: {}", format_line(&first.line)),
        format!("Day: {day} ({})", zone.iana_name().unwrap_or("UTC")),
    ];
    head.extend(part_label.map(|part| format!("Part: {part}")));
    head.extend(why_utc(&first.line).map(|why| format!("{TIME_ZONE}: UTC, {why}")));
    let parts: Vec<Part> = messages.iter().map(|message| conversation_part(message, &zone)).collect();
    let texts = head.iter().map(|line| without_references(line)).chain(parts.iter().map(|part| part.text.clone()));
    (as_stored(&truncate_with_note(&texts.collect::<Vec<_>>().join("\n"), MAX_DESCRIPTION)), parts)
}

/// Which part of its conversation it is, and where the others are; none of a conversation that has one part only.
fn part_label(messages: &Messages) -> Option<String> {
    let part = messages.conversation()?.part();
    match (part, messages.is_closed()) {
        (1, false) => None,
        (part, false) => Some(part.to_string()),
        (part, true) => Some(format!("{part} (full: messages that arrived later are in the next one)")),
    }
}

/// The text as Salesforce stores it: Salesforce may remove white space at the end.
fn as_stored(text: &str) -> String {
    text.trim_end().to_owned()
}

/// The text comes last, because it may be long and truncation removes the end.
fn describe_single(message: &Message) -> String {
    let zone = time_zone_of(&message.line);
    let mut lines = Vec::new();
    let mut line = |label: &str, value: String| lines.push(format!("{label}: {value}"));
    line("Channel", channel_label(message));
    let is_inbound = message.direction == Direction::Inbound;
    line("Direction", if is_inbound { "Inbound" } else { "Outbound" }.to_owned());
    let writer = message.written_by.as_ref().unwrap_or(&message.party);
    line(if is_inbound { "From" } else { "To" }, party_label(writer));
    if !message.group.is_empty() {
        line("Group", message.group.iter().map(party_label).collect::<Vec<_>>().join(", "));
    }
    line("Aircall line", format_line(&message.line));
    if let (Some(user), false) = (user_label(message), is_inbound) {
        line("Sent by", user);
    }
    line(if is_inbound { "Received" } else { "Sent" }, format_local(message.sent_at, &zone));
    if let Some(why) = why_utc(&message.line) {
        line(TIME_ZONE, format!("UTC, {why}"));
    }
    if let Some(state) = state_label(message) {
        line("Delivery", state);
    }
    lines.extend(message.media.iter().map(|media| attachment(media, &zone)));
    if let Some(text) = &message.text {
        lines.push("Message:".to_owned());
        lines.extend(quote(text));
    }
    lines.join("\n")
}

/// `[11:28:54 CET] From Ada Demo (delivered):`, followed by the quoted text of the message.
fn conversation_part(message: &Message, zone: &TimeZone) -> Part {
    let time = message.sent_at.to_zoned(zone.clone()).strftime("%H:%M:%S %Z").to_string();
    let writer = match message.direction {
        Direction::Inbound => party_label(message.written_by.as_ref().unwrap_or(&message.party)),
        Direction::Outbound => user_label(message).unwrap_or_else(|| inline(&message.line.label())),
    };
    let state = state_label(message).filter(|_| message.direction == Direction::Outbound);
    let state = state.map(|state| format!(" ({state})")).unwrap_or_default();
    let mut lines = vec![format!("[{time}] From {writer}{state}:")];
    lines.extend(message.text.iter().flat_map(|text| quote(text)));
    lines.extend(message.media.iter().map(|media| attachment(media, zone)));
    Part { id: message.id.clone(), text: as_stored(&without_references(&lines.join("\n"))) }
}

/// The longest `[11:28:54 CET] From ` and `:`.
const MAX_PREFIX: usize = "[11:28:54 +00:00] From :".len();
/// A delivery state that most messages reach may be as long.
const LONG_STATE: usize = "undelivered".len();

/// The most characters that messages take up in the description of their conversation, each with a line break, as its
/// delivery state changes.
#[derive(Debug, Default)]
pub(crate) struct MaxLength<'a> {
    /// The last party, and the length of its label: the messages of a conversation have the same.
    party: Option<(&'a Party, usize)>,
}

impl<'a> MaxLength<'a> {
    pub(crate) fn of(&mut self, message: &'a Message) -> usize {
        let label = |text: String| length(&text) + references(&text);
        let writer = match message.direction {
            Direction::Inbound => self.party(message.written_by.as_ref().unwrap_or(&message.party)),
            Direction::Outbound => {
                let state = state_label(message).map_or(0, label).max(LONG_STATE);
                label(user_label(message).unwrap_or_else(|| inline(&message.line.label()))) + state + " ()".len()
            }
        };
        let text = message.text.as_deref().map_or(0, |text| max_quoted_length(text) + references(text));
        let attached = |media| label(attachment(media, &time_zone_of(&message.line))) + 1;
        MAX_PREFIX + writer + text + message.media.iter().map(attached).sum::<usize>() + 1
    }

    fn party(&mut self, party: &'a Party) -> usize {
        if let Some((_, length)) = self.party.filter(|(known, _)| *known == party) {
            return length;
        }
        let label = party_label(party);
        let length = length(&label) + references(&label);
        self.party = Some((party, length));
        length
    }
}

/// The bracketed time with which a message of a conversation begins: the part of its first line that never changes.
pub(crate) fn timestamp_prefix(line: &str) -> Option<&str> {
    let time = line.strip_prefix('[')?;
    let is_time = |(index, c): (usize, char)| if index % 3 == 2 { c == ':' } else { c.is_ascii_digit() };
    let end = line.find("] From ")?;
    (time.len() > 8 && time.is_char_boundary(8) && time[..8].char_indices().all(is_time)).then(|| &line[..=end])
}

fn channel_label(message: &Message) -> String {
    match &message.channel {
        Channel::Sms if message.media.is_empty() => "SMS".to_owned(),
        Channel::Sms => "MMS".to_owned(),
        Channel::WhatsApp => "WhatsApp".to_owned(),
        Channel::Other(name) => inline(name),
    }
}

fn party_label(party: &Party) -> String {
    match party {
        Party::Phone(phone) => phone.international(),
        Party::Unusable(text) => inline(text),
        Party::Anonymous => "unknown".to_owned(),
    }
}

fn user_label(message: &Message) -> Option<String> {
    let user = message.user.as_ref()?;
    user.name.as_deref().or(user.email.as_deref()).map(inline)
}

/// As Aircall spells it, so that states unknown to us are readable too.
fn state_label(message: &Message) -> Option<String> {
    message.state.as_ref().map(|state| inline(&state.0.replace('_', " "))).filter(|state| !state.is_empty())
}

/// `Attachment: bill.pdf (application/pdf), link expires 2026-03-04 12:28:54 CET (Europe/Vienna): https://…`
fn attachment(media: &Media, zone: &TimeZone) -> String {
    let name = media.name.as_deref().map(inline);
    let file_type = media.file_type.as_deref().map(inline);
    let label = match (name, file_type) {
        (Some(name), Some(file_type)) => format!("{name} ({file_type})"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "file".to_owned(),
    };
    let Some(url) = media.url.as_deref().and_then(https) else {
        return format!("Attachment: {label}");
    };
    let expires = media.expires_at().map_or_else(
        || "link expires, Aircall does not say when".to_owned(),
        |at| format!("link expires {}", format_local(at, zone)),
    );
    format!("Attachment: {label}, {expires}: {url}")
}

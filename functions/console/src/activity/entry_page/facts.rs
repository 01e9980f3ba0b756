//! What Aircall says about a call or message: its facts, and its comments or texts.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::{Call, Comment, Direction, Interaction, Message, Messages};
use store::Entry;

use crate::activity::{entry_title, phones};
use crate::web::when::Local;

/// A fact from Aircall about the call or message.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) text: String,
    pub(super) when: Option<Local>,
}

/// A comment or a message.
pub(super) struct PostView {
    pub(super) text: String,
    pub(super) by: String,
    pub(super) posted: Option<Local>,
}

/// What Aircall says about the call or message.
pub(super) fn facts(entry: &Entry, interaction: &Interaction, zone: &TimeZone) -> Vec<Fact> {
    let user = interaction.user().and_then(|user| match (&user.name, &user.email) {
        (Some(name), Some(email)) => Some(format!("{name} ({email})")),
        (one, other) => one.clone().or_else(|| other.clone()),
    });
    let contact = interaction.contact().and_then(|contact| {
        let name: Vec<&str> = [&contact.first_name, &contact.last_name].into_iter().flatten().map(|s| &**s).collect();
        let name = Some(name.join(" ")).filter(|name| !name.is_empty());
        let all: Vec<String> =
            [name, contact.company_name.clone(), contact.email.clone()].into_iter().flatten().collect();
        Some(all.join(", ")).filter(|all| !all.is_empty())
    });
    let line = interaction.line();
    let line = match &line.digits {
        Some(digits) if line.name.is_some() => format!("{} ({digits})", line.label()),
        _ => line.label(),
    };
    let facts = [
        Some(text("Type", entry_title::entry_title(entry, interaction).to_owned())),
        Some(text("Number", phones::shown(interaction))),
        contact.map(|contact| text("Contact in Aircall", contact)),
        Some(text("Line", line)),
        user.map(|user| text("Aircall user", user)),
    ];
    let specific = match interaction {
        Interaction::Call(call) => call_facts(call, zone),
        Interaction::Messages(messages) => message_facts(messages, zone),
        Interaction::Unreadable(event) => vec![text("Field", event.path.clone())],
    };
    let updates = [Some(text("Updates", times(entry.version))), when("Last change", Some(entry.updated_at), zone)];
    facts.into_iter().flatten().chain(specific).chain(updates.into_iter().flatten()).collect()
}

fn text(label: &'static str, text: String) -> Fact {
    Fact { label, text, when: None }
}

fn when(label: &'static str, at: Option<Timestamp>, zone: &TimeZone) -> Option<Fact> {
    at.map(|at| Fact { label, text: String::new(), when: Some(Local::new(at, zone)) })
}

fn call_facts(call: &Call, zone: &TimeZone) -> Vec<Fact> {
    let tags: Vec<&str> = call.tags.iter().map(|tag| tag.name.as_str()).collect();
    let is_over = call.ended_at.is_some();
    let facts = [
        when("Started", Some(call.started_at), zone),
        when("Answered", call.answered_at, zone),
        when("Ended", call.ended_at, zone),
        is_over.then(|| text("Talk time", duration(call.talk_seconds()))),
        is_over.then(|| text("Waiting time", duration(call.waiting_seconds()))),
        (!tags.is_empty()).then(|| text("Tags", tags.join(", "))),
        Some(text("Aircall ID", call.id.0.to_string())),
    ];
    facts.into_iter().flatten().collect()
}

fn message_facts(messages: &Messages, zone: &TimeZone) -> Vec<Fact> {
    let all = messages.in_order();
    let id = || text("Aircall ID", messages.first().id.to_string());
    let facts = [
        when(if all.len() > 1 { "First message" } else { "Sent" }, Some(messages.first().sent_at), zone),
        when("Last message", Some(messages.last().sent_at).filter(|_| all.len() > 1), zone),
        Some(messages.conversation().map_or_else(id, |_| text("Messages", all.len().to_string()))),
    ];
    facts.into_iter().flatten().collect()
}

/// The comments on a call, or the messages.
pub(super) fn posts(interaction: &Interaction, zone: &TimeZone) -> Vec<PostView> {
    match interaction {
        Interaction::Call(call) => call.comments.iter().map(|comment| PostView::comment(comment, zone)).collect(),
        Interaction::Messages(messages) => {
            messages.in_order().into_iter().map(|message| PostView::message(message, zone)).collect()
        }
        Interaction::Unreadable(_) => Vec::new(),
    }
}

/// How often the entry was updated: by events, or by deciding again.
fn times(version: u64) -> String {
    if version == 1 { "1 time".to_owned() } else { format!("{version} times") }
}

/// `90` as `1 min 30 s`.
fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, seconds) => format!("{hours} h {minutes} min {seconds} s"),
    }
}

impl PostView {
    fn comment(comment: &Comment, zone: &TimeZone) -> Self {
        Self {
            text: comment.content.clone(),
            by: comment.posted_by.as_ref().and_then(|user| user.name.clone()).unwrap_or_default(),
            posted: comment.posted_at.map(|at| Local::new(at, zone)),
        }
    }

    fn message(message: &Message, zone: &TimeZone) -> Self {
        let name = |user: &rules::User| user.name.clone().or_else(|| user.email.clone());
        let files = message.media.iter().map(|media| media.name.clone().unwrap_or_else(|| "a file".to_owned()));
        let by = match message.direction {
            Direction::Inbound => "Received".to_owned(),
            Direction::Outbound => message.user.as_ref().and_then(name).unwrap_or_else(|| "Sent".to_owned()),
        };
        let state = message.state.iter().map(|state| state.0.replace('_', " "));
        Self {
            text: message.text.iter().cloned().chain(files).collect::<Vec<_>>().join("\n"),
            by: [by].into_iter().chain(state).collect::<Vec<_>>().join(", "),
            posted: Some(Local::new(message.sent_at, zone)),
        }
    }
}

//! Messages: merging their events, deciding about them, conversations, and their Tasks.

mod conversations;
mod deciding;
mod merging;
mod parts;
mod tasks;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use rules::decide::decide;
use rules::revise::{Held, base_from_current, revise};
use rules::settings::{InternalCalls, LogCalls, MessageTasks, Settings};
use rules::{
    Channel, Company, Conversation, DeliveryState, DigestKey, Direction, Document, E164, Line, LineId, Media, Message,
    MessageDocument, MessageEvent, MessageId, MessageSnapshot, Messages, OwnLines, Party, SkipReason, Task, TaskStatus,
    User, Verdict,
};

use crate::support::{Timestamp, at, call};

fn phone(text: &str) -> Party {
    Party::Phone(E164::parse(text).unwrap())
}

/// The snapshot of a `message.received` event.
fn received() -> MessageSnapshot {
    MessageSnapshot {
        event: MessageEvent::Received,
        at: at("2026-03-23T10:00:02Z"),
        id: MessageId::new("1774260000123abc"),
        is_group: false,
        direction: Some(Direction::Inbound),
        sent_at: None,
        created_at: Some(at("2026-03-23T10:00:00.123Z")),
        channel: None,
        line: Some(call(rules::CallType::Missed).line),
        party: Some(phone("+33612345678")),
        is_contacts_party: false,
        participants: BTreeSet::new(),
        user: None,
        contact: None,
        text: Some("Hello\nthere".to_owned()),
        media: Vec::new(),
        state: Some(DeliveryState("received".to_owned())),
    }
}

/// A status update that contains only the delivery state.
fn status(state: &str, seconds: i64) -> MessageSnapshot {
    MessageSnapshot {
        event: MessageEvent::StatusUpdated,
        at: received().at + SignedDuration::from_secs(seconds),
        direction: None,
        created_at: None,
        line: None,
        party: None,
        text: None,
        state: Some(DeliveryState(state.to_owned())),
        ..received()
    }
}

fn merged(snapshots: &[MessageSnapshot]) -> MessageDocument {
    snapshots.iter().cloned().map(MessageDocument::from).reduce(MessageDocument::merge).unwrap()
}

/// The tenant's key for digests of phone numbers.
fn key() -> DigestKey {
    DigestKey::new([7; 32])
}

/// The messages of a document of which nothing was stored before.
fn messages_of(document: &MessageDocument) -> Vec<Message> {
    document.messages(&key(), &OwnLines::default(), |_| false)
}

fn message() -> Message {
    messages_of(&merged(&[received()])).remove(0)
}

fn sent() -> Message {
    let user = User { id: Some(7), name: Some("Ada Demo".to_owned()), email: Some("ada@example.com".to_owned()) };
    Message { direction: Direction::Outbound, user: Some(user), ..message() }
}

fn single(message: Message) -> Messages {
    Messages::from_message(message, 1, None)
}

fn task(message: Message) -> Task {
    Task::from_messages(&single(message), TaskStatus::Completed, "Grace Example")
}

/// The `n`th message of a conversation, a second after the previous one.
fn nth(n: i64) -> Message {
    let sent_at = message().sent_at + SignedDuration::from_secs(n);
    let text = Some(format!("No. {n}."));
    Message { id: MessageId::new(&n.to_string()), sent_at, text, ..if n % 2 == 0 { message() } else { sent() } }
}

fn per_conversation() -> Settings {
    Settings { message_tasks: MessageTasks::PerConversation, ..Settings::default() }
}

fn conversation(messages: impl IntoIterator<Item = (Message, u64)>) -> Messages {
    let as_messages = |(message, version)| {
        let conversation = Conversation::for_message(&message, &per_conversation(), &Company::default(), &key());
        Messages::from_message(message, version, conversation)
    };
    messages.into_iter().map(as_messages).reduce(Messages::merge).unwrap()
}

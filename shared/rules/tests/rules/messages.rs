//! Messages: merging their events, deciding about them, and their Tasks.

mod texts;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use rules::decide::decide;
use rules::revise::{Held, base_from_current, revise};
use rules::settings::{LogCalls, MessageTasks, Settings};
use rules::{
    Channel, Conversation, DeliveryState, DigestKey, Direction, Document, E164, Line, LineId, Media, Message,
    MessageDocument, MessageEvent, MessageId, MessageSnapshot, Messages, Party, SkipReason, Task, TaskStatus, User,
    Verdict,
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
    document.messages(&key(), |_| false)
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
        let conversation = Conversation::for_message(&message, &per_conversation(), &key());
        Messages::from_message(message, version, conversation)
    };
    messages.into_iter().map(as_messages).reduce(Messages::merge).unwrap()
}

fn conversation_task(ordinals: &[i64]) -> Task {
    conversation_task_at(ordinals, 0)
}

/// The Task of a conversation of the messages with these ordinals, all in the delivery state of this `round`.
fn conversation_task_at(ordinals: &[i64], round: usize) -> Task {
    let state = Some(DeliveryState(format!("state {round}")));
    let messages = conversation(ordinals.iter().map(|n| (Message { state: state.clone(), ..nth(*n) }, 1)));
    Task::from_messages(&messages, TaskStatus::Completed, "Grace Example")
}

fn held(task: &Task, description: &str) -> Held {
    Held {
        subject: Some(task.subject.clone()),
        status: Some(task.status.as_str().to_owned()),
        talk_seconds: None,
        activity_date: Some(task.activity_date.to_string()),
        call_disposition: None,
        description: Some(description.to_owned()),
    }
}

/// Snapshots that contradict each other in any field, even for one event at the same time, and omit optional fields.
fn any_snapshot() -> impl Strategy<Value = MessageSnapshot> {
    let state = prop_oneof!["sent", "delivered", "failed", "odd"];
    (0u8..3, 0i64..3, any::<bool>(), proptest::option::of(state), proptest::option::of("[ab]"), any::<bool>()).prop_map(
        |(event, second, is_complete, state, text, inbound)| MessageSnapshot {
            event: [MessageEvent::Received, MessageEvent::Sent, MessageEvent::StatusUpdated][usize::from(event)],
            at: received().at + SignedDuration::from_secs(second),
            direction: is_complete.then_some(if inbound { Direction::Inbound } else { Direction::Outbound }),
            party: is_complete.then(|| phone(if inbound { "+33612345678" } else { "+14155550132" })),
            is_contacts_party: second == 1,
            user: text.as_ref().map(|text| User { id: None, name: Some(text.clone()), email: state.clone() }),
            participants: text.iter().map(|text| Party::Unusable(text.clone())).collect(),
            line: received().line.filter(|_| is_complete),
            state: state.map(DeliveryState),
            text,
            ..received()
        },
    )
}

proptest! {
    #[test]
    fn merging_is_commutative_associative_and_idempotent(a in any_snapshot(), b in any_snapshot(), c in any_snapshot()) {
        let [a, b, c] = [a, b, c].map(MessageDocument::from);
        prop_assert_eq!(a.clone().merge(b.clone()), b.clone().merge(a.clone()));
        prop_assert_eq!(a.clone().merge(b.clone()).merge(c.clone()), a.clone().merge(b.merge(c)));
        prop_assert_eq!(a.clone().merge(a.clone()), a);
    }

    #[test]
    fn any_order_with_duplicates_gives_the_same_message(
        order in Just(vec![0usize, 1, 2, 3]).prop_shuffle(),
        duplicates in proptest::collection::vec(0usize..4, 0..6),
    ) {
        let events = [received(), status("sent", 0), status("delivered", 0), status("read", 9)];
        let shuffled: Vec<_> = order.into_iter().chain(duplicates).map(|index| events[index].clone()).collect();
        prop_assert_eq!(merged(&shuffled), merged(&events));
        prop_assert_eq!(messages_of(&merged(&shuffled))[0].state.clone(), Some(DeliveryState("read".to_owned())));
    }

    #[test]
    fn a_conversation_is_the_same_in_any_order_with_duplicates_and_older_versions(
        order in Just((0..10).collect::<Vec<i64>>()).prop_shuffle(),
        duplicates in proptest::collection::vec((0i64..10, 1u64..3), 0..20),
    ) {
        let versioned = |n: i64, version: u64| {
            let state = Some(DeliveryState(format!("version {version}")));
            (Message { state, ..nth(n) }, version)
        };
        let duplicates = duplicates.into_iter().map(|(n, version)| versioned(n, version));
        let shuffled = order.into_iter().map(|n| versioned(n, 3)).chain(duplicates);
        let messages = conversation(shuffled);
        prop_assert_eq!(&messages, &conversation((0..10).map(|n| versioned(n, 3))));
        let texts: Vec<_> = messages.in_order().iter().map(|message| message.text.clone().unwrap()).collect();
        prop_assert_eq!(texts, (0..10).map(|n| format!("No. {n}.")).collect::<Vec<_>>());
    }

    #[test]
    fn documents_round_trip(snapshots in proptest::collection::vec(any_snapshot(), 1..5)) {
        let document = merged(&snapshots);
        let stored = serde_json::to_string(&document).unwrap();
        prop_assert_eq!(serde_json::from_str::<MessageDocument>(&stored).unwrap(), document);
        let document = Document::Messages(conversation([(nth(1), 3), (nth(2), 4)]));
        let stored = serde_json::to_value(&document).unwrap();
        prop_assert_eq!(Document::from_stored(stored, at("2026-03-23T10:00:00Z")).unwrap(), document);
    }

    /// In any order of updates, and wherever a person adds notes in between, each message appears exactly once.
    #[test]
    fn a_task_with_notes_of_a_person_contains_each_message_once_and_in_order(
        order in Just((0..8).collect::<Vec<i64>>()).prop_shuffle(),
        notes in proptest::collection::vec((0usize..8, 0usize..8), 0..4),
    ) {
        let mut base = conversation_task(&order[..1]);
        let mut description = base.description.clone();
        for count in 2..=order.len() {
            for (note, (_, line)) in notes.iter().enumerate().filter(|(_, (when, _))| *when == count) {
                // Between two messages, not within one.
                let blocks: Vec<&str> = description.split("\n[").collect();
                let line = line % (blocks.len() + 1);
                let (before, after) = (blocks[..line].join("\n["), blocks[line..].join("\n["));
                let open = if line > 0 && line < blocks.len() { "[" } else { "" };
                description = format!("{before}\nMy note {note}\n{open}{after}");
            }
            let ours = conversation_task_at(&order[..count], count / 2);
            let revision = revise(Some(&base), &held(&base, &description), &ours);
            description = revision.description.unwrap_or(description);
            base = ours;
        }
        let positions = |text: &str| description.match_indices(text).map(|(at, _)| at).collect::<Vec<_>>();
        let messages: Vec<Vec<usize>> = (0..8).map(|n| positions(&format!("No. {n}."))).collect();
        prop_assert!(messages.iter().all(|found| found.len() == 1), "{}", description);
        prop_assert!(messages.is_sorted(), "{}", description);
        for (note, _) in notes.iter().enumerate().filter(|(_, (when, _))| *when >= 2) {
            prop_assert_eq!(positions(&format!("My note {note}")).len(), 1, "{}", description);
        }
    }

    /// Salesforce's `STRING_TOO_LONG` cannot happen; it counts UTF-16 code units.
    #[test]
    fn every_field_fits_salesforce_s_limits(text in "(\\PC|\n){0,300}", repeat in 1usize..200, name in "\\PC{0,300}") {
        let mut message = message();
        message.line.name = Some(name.clone());
        message.text = Some(text.repeat(repeat));
        let length = |text: &str| text.encode_utf16().count();
        let conversation = conversation([(message.clone(), 1), (Message { id: MessageId::new("2"), ..message.clone() }, 1)]);
        for messages in [single(message), conversation] {
            let task = Task::from_messages(&messages, TaskStatus::Completed, &name);
            prop_assert!(length(&task.subject) <= 255);
            prop_assert!(length(&task.description) <= 32_000);
            prop_assert!(length(&task.key) <= 64);
        }
    }
}

#[test]
fn a_status_update_with_only_a_state_waits_for_its_message() {
    assert_eq!(messages_of(&merged(&[status("delivered", 5)])), []);
    let message = messages_of(&merged(&[status("delivered", -1), received()])).remove(0);
    assert_eq!((message.text.as_deref(), message.state.unwrap().0.as_str()), (Some("Hello\nthere"), "received"));
    assert_eq!(message.sent_at, received().created_at.unwrap());
}

#[test]
fn a_complete_status_update_counts_as_the_message() {
    let complete = MessageSnapshot { event: MessageEvent::StatusUpdated, ..received() };
    assert_eq!(messages_of(&merged(&[complete])), [message()]);
}

#[test]
fn a_received_event_with_only_an_id_is_still_a_message() {
    let bare = MessageSnapshot { event: MessageEvent::Received, ..status("odd", 0) };
    let message = messages_of(&merged(&[bare])).remove(0);
    assert_eq!((message.direction, message.party), (Direction::Inbound, Party::Anonymous));
    assert_eq!((message.sent_at, message.line.label().as_str()), (received().at, "Aircall"));
}

#[test]
fn a_group_message_yields_one_message_for_each_external_participant() {
    let ours = received().line.unwrap().digits.unwrap();
    let participants = ["+33612345678", "+14155550132", &ours].map(phone).into();
    let snapshot = MessageSnapshot { is_group: true, participants, ..received() };
    let messages = messages_of(&merged(&[snapshot]));
    let to: Vec<String> = messages.iter().map(|message| message.party.phone().unwrap().to_string()).collect();
    assert_eq!(to, ["+14155550132", "+33612345678"]);
    assert_eq!(messages.iter().map(|message| &message.id).collect::<BTreeSet<_>>().len(), 2);
    let [other, writer] = [&messages[0], &messages[1]].map(|message| task(message.clone()));
    assert_eq!(writer.subject, "SMS received from Grace Example to Product line");
    assert_eq!(other.subject, "SMS received from +33 6 12 34 56 78 to Product line");
    assert!(other.description.contains("Group: +1 415-555-0132, +33 6 12 34 56 78"), "{}", other.description);
}

#[test]
fn ids_of_group_messages_hold_keyed_digests() {
    let participants = ["+33612345678", "+14155550132"].map(phone).into();
    let group = merged(&[MessageSnapshot { is_group: true, participants, ..received() }]);
    let ids = |key: [u8; 32]| group.messages(&DigestKey::new(key), |_| false).into_iter().map(|message| message.id);
    let own: BTreeSet<MessageId> = ids([7; 32]).collect();
    assert!(own.iter().all(|id| id.as_str().starts_with("1774260000123abc-x") && id.as_str().len() == 33), "{own:?}");
    assert!(ids([8; 32]).all(|id| !own.contains(&id)));
}

#[test]
fn a_group_message_that_has_an_entry_under_its_former_id_keeps_it() {
    let former = MessageId::new("1774260000123abc-x5a1b1d8b3b7c6e");
    let participants = ["+33612345678", "+14155550132"].map(phone).into();
    let group = merged(&[MessageSnapshot { is_group: true, participants, ..received() }]);
    let asked = std::cell::RefCell::new(Vec::new());
    let first = |id: &MessageId| {
        asked.borrow_mut().push(id.clone());
        asked.borrow().len() == 1
    };
    let messages = group.messages(&key(), first);
    let former_ids: Vec<MessageId> = asked.into_inner();
    assert!(former_ids.iter().all(|id| id.as_str().len() == former.as_str().len()), "{former_ids:?}");
    assert_eq!(messages[0].id, former_ids[0]);
    assert_ne!(messages[1].id, former_ids[1]);
}

#[track_caller]
fn check(settings: &Settings, message: Message, verdict: Verdict) {
    let decision = decide(&Document::Messages(single(message)), settings, None).unwrap();
    assert_eq!((decision.verdict, decision.call_type()), (verdict, None), "{:?}", decision.trace);
}

#[test]
fn messages_are_logged_as_completed_at_any_time() {
    let mut settings = Settings::default();
    settings.business_hours.log_calls = LogCalls::DuringBusinessHours;
    let mut closed = message();
    closed.line.open = Some(false);
    check(&settings, closed, Verdict::Log(TaskStatus::Completed));
}

#[test]
fn disabled_messages_unselected_lines_and_short_codes_are_skipped() {
    let off = Settings { log_messages: false, ..Settings::default() };
    check(&off, message(), Verdict::Skip(SkipReason::MessagesOff));
    let other = Settings { lines: Some(BTreeSet::from([LineId(1)])), ..Settings::default() };
    check(&other, message(), Verdict::Skip(SkipReason::LineNotSelected));
    let short = Message { party: Party::Unusable("3030".to_owned()), ..message() };
    check(&Settings::default(), short, Verdict::Skip(SkipReason::NotAPhoneNumber));
}

#[test]
fn new_settings_do_not_apply_to_messages_already_decided() {
    let document = Document::Messages(single(message()));
    let logged = decide(&document, &Settings::default(), None).unwrap();
    let off = Settings { log_messages: false, ..Settings::default() };
    assert_eq!(decide(&document, &off, Some(&logged)), Some(logged));
}

#[test]
fn only_logged_messages_belong_to_a_conversation() {
    assert_eq!(Conversation::for_message(&message(), &Settings::default(), &key()), None);
    assert!(Conversation::for_message(&message(), &per_conversation(), &key()).is_some());
    let off = Settings { log_messages: false, ..per_conversation() };
    assert_eq!(Conversation::for_message(&message(), &off, &key()), None);
}

#[test]
fn the_key_of_a_conversation_holds_a_keyed_digest_of_the_phone_number() {
    let conversation = |key: &DigestKey| Conversation::for_message(&message(), &per_conversation(), key).unwrap();
    let own = conversation(&key()).key();
    assert_eq!(own, "conversation-397375-x0c62936dc1df064-2026-03-23");
    assert_eq!(rules::messages::redact_key(&own), own);
    assert_ne!(own, conversation(&DigestKey::new([8; 32])).key());
}

#[test]
fn a_conversation_that_was_stored_before_digests_keeps_its_key() {
    let conversation = Conversation::for_message(&message(), &per_conversation(), &key()).unwrap().unkeyed();
    let stored = serde_json::to_value(&conversation).unwrap();
    let read: Conversation = serde_json::from_value(stored).unwrap();
    assert_eq!(read.key(), "conversation-397375-33612345678-2026-03-23");
    assert_eq!(rules::messages::redact_key(&read.key()), "conversation-397375-…-2026-03-23");
}

#[test]
fn the_day_of_a_conversation_is_in_the_line_s_time_zone() {
    let late = Message { sent_at: at("2026-03-23T23:30:00Z"), ..message() };
    assert_eq!(Conversation::for_message(&late, &per_conversation(), &key()).unwrap().day.to_string(), "2026-03-24");
    assert_eq!(task(late).activity_date.to_string(), "2026-03-24");
}

#[test]
fn subjects_use_aircall_s_wording() {
    assert_eq!(task(message()).subject, "SMS received from Grace Example to Product line");
    assert_eq!(task(sent()).subject, "SMS sent from Ada Demo via Product line to Grace Example");
    let without_user = Message { user: None, ..sent() };
    assert_eq!(task(without_user).subject, "SMS sent via Product line to Grace Example");
}

#[test]
fn the_description_contains_all_details_of_the_message() {
    let url = "https://media.example.com/a.pdf?X-Amz-Date=20260323T100000Z&X-Amz-Expires=3600".to_owned();
    let media = |name: &str, url| Media { name: Some(name.to_owned()), file_type: None, url };
    let message = Message {
        channel: Channel::WhatsApp,
        state: Some(DeliveryState("delivered".to_owned())),
        media: vec![media("a.pdf", Some(url)), media("b.png", Some("https://media.example.com/b.png".to_owned()))],
        ..sent()
    };
    insta::assert_snapshot!(task(message).description, @r"
    Channel: WhatsApp
    Direction: Outbound
    To: +33 6 12 34 56 78
    Aircall line: Product line (+43 1 234567)
    Sent by: Ada Demo
    Sent: 2026-03-23 11:00:00 CET (Europe/Vienna)
    Delivery: delivered
    Attachment: a.pdf, link expires 2026-03-23 12:00:00 CET (Europe/Vienna): https://media.example.com/a.pdf?X-Amz-Date=20260323T100000Z&X-Amz-Expires=3600
    Attachment: b.png, link expires, Aircall does not say when: https://media.example.com/b.png
    Message:
    Hello
    there
    ");
}

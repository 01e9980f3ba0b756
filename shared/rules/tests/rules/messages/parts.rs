//! The parts of a conversation that is too long for one Task and one item of the table.

use std::collections::BTreeMap;

use rules::Topic;

use super::*;

/// The entries of a conversation, and in which of them each message is: as the routes of their aggregates say.
#[derive(Default)]
struct Parts {
    entries: Vec<Option<Document>>,
    routes: BTreeMap<MessageId, usize>,
    /// The part that new messages are routed to.
    open: usize,
}

impl Parts {
    fn of(updates: impl IntoIterator<Item = Vec<(Message, u64)>>) -> Self {
        let mut parts = Self::default();
        for update in updates {
            parts.add(update);
        }
        parts
    }

    /// Adds messages that arrive together.
    fn add(&mut self, messages: Vec<(Message, u64)>) {
        let mut updates: BTreeMap<usize, Vec<(Message, u64)>> = BTreeMap::new();
        for (message, version) in messages {
            let route = *self.routes.entry(message.id.clone()).or_insert(self.open);
            updates.entry(route).or_default().push((message, version));
        }
        while let Some((index, messages)) = updates.pop_first() {
            self.entries.resize(self.entries.len().max(index + 1), None);
            let update = Document::Messages(of_part(index, messages.clone()));
            let (merged, excess) = Document::merge_within_limit(self.entries[index].as_ref(), update);
            self.entries[index] = Some(merged);
            for (message, version) in messages.into_iter().filter(|(message, _)| excess.contains(&message.id)) {
                self.open = self.open.max(index + 1);
                self.routes.insert(message.id.clone(), index + 1);
                updates.entry(index + 1).or_default().push((message, version));
            }
        }
    }

    fn messages(&self) -> Vec<&Messages> {
        let messages = self.entries.iter().map(|document| match document {
            Some(Document::Messages(messages)) => messages,
            other => panic!("{other:?}"),
        });
        messages.collect()
    }

    fn tasks(&self) -> Vec<Task> {
        let task = |messages| Task::from_messages(messages, TaskStatus::Completed, "Grace Example");
        self.messages().into_iter().map(task).collect()
    }
}

/// Messages of the part with this index.
fn of_part(index: usize, messages: impl IntoIterator<Item = (Message, u64)>) -> Messages {
    let as_messages = |(message, version)| {
        let first = Conversation::for_message(&message, &per_conversation(), &Company::default(), &key());
        let part = (0..index).fold(first, |part, _| part.unwrap().next_part(&key()));
        Messages::from_message(message, version, part)
    };
    messages.into_iter().map(as_messages).reduce(Messages::merge).unwrap()
}

/// The bytes that a part and its Task take up in the table.
fn stored_len(messages: &Messages) -> usize {
    let task = Task::from_messages(messages, TaskStatus::Completed, "Grace Example");
    serde_json::to_string(&Document::Messages(messages.clone())).unwrap().len()
        + serde_json::to_string(&task).unwrap().len()
}

fn long(n: i64, words: usize) -> Message {
    Message { text: Some(format!("No. {n}. {}", "word ".repeat(words))), ..nth(n) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In whatever order and however often messages arrive, alone or together, each is in one part, with its last version.
    #[test]
    fn each_message_is_in_exactly_one_part_and_in_order(
        order in Just((0..30).collect::<Vec<i64>>()).prop_shuffle(),
        words in proptest::collection::vec(0usize..3_000, 30),
        duplicates in proptest::collection::vec((0i64..30, 1u64..4), 0..30),
        together in 1usize..12,
    ) {
        let words = |n: i64| words[usize::try_from(n).unwrap()];
        let versioned = |n: i64, version: u64| {
            (Message { state: Some(DeliveryState(format!("version {version}"))), ..long(n, words(n)) }, version)
        };
        let repeated = duplicates.into_iter().map(|(n, version)| versioned(n, version));
        let twice = order.iter().map(|n| versioned(*n, 2)).chain(repeated);
        let arriving: Vec<_> = twice.chain(order.iter().map(|n| versioned(*n, 4))).collect();
        let parts = Parts::of(arriving.chunks(together).map(<[_]>::to_vec));
        let mut ids: Vec<&MessageId> = Vec::new();
        for messages in parts.messages() {
            let in_order = messages.in_order();
            prop_assert!(in_order.is_sorted_by_key(|message| message.sent_at));
            prop_assert!(in_order.iter().all(|message| message.state == Some(DeliveryState("version 4".to_owned()))));
            ids.extend(in_order.iter().map(|message| &message.id));
        }
        ids.sort();
        let mut expected: Vec<MessageId> = (0..30).map(|n| nth(n).id).collect();
        expected.sort();
        prop_assert_eq!(ids, expected.iter().collect::<Vec<_>>());
    }

    /// Whatever the messages are, the description of their part has room for all of them.
    #[test]
    fn no_description_of_a_part_is_cut(
        texts in proptest::collection::vec(("(\\PC|[\n\r\u{2028}]|@\\{){0,60}", 1usize..40, any::<bool>()), 1..60),
        name in proptest::option::of("\\PC{0,40}"),
    ) {
        let user = User { id: None, name, email: Some("ada@example.com".to_owned()) };
        let messages: Vec<_> = texts.into_iter().enumerate().map(|(n, (text, repeat, has_media))| {
            let media = Media { name: Some(text.clone()), file_type: None, url: Some("https://media.example.com/a".to_owned()) };
            let n = i64::try_from(n).unwrap();
            let media = if has_media { vec![media] } else { Vec::new() };
            (Message { text: Some(text.repeat(repeat)), user: Some(user.clone()), media, ..nth(n) }, 1)
        }).collect();
        let parts = Parts::of(messages.chunks(7).map(<[_]>::to_vec));
        for (task, messages) in parts.tasks().iter().zip(parts.messages()) {
            prop_assert!(!task.description.ends_with(CUT), "{} of {}", task.parts.len(), task.description.len());
            prop_assert_eq!(task.parts.len(), messages.in_order().len());
        }
    }
}

const CUT: &str = "… (cut: Salesforce takes no more)";

#[test]
fn three_thousand_messages_are_in_no_more_parts_than_needed() {
    let parts = Parts::of((0..300).map(|batch| (0..10).map(|n| (long(batch * 10 + n, 4), 1)).collect()));
    let tasks = parts.tasks();
    let (last, full) = tasks.split_last().unwrap();
    assert!(full.iter().all(|task| (26_000..=32_000).contains(&task.description.chars().count())));
    assert!(!last.description.ends_with(CUT));
    let all: String = tasks.iter().map(|task| task.description.as_str()).collect();
    for n in 0..3_000 {
        assert_eq!(all.matches(&format!("> No. {n}. word")).count(), 1, "{n}");
    }
    assert_eq!(tasks.len(), 8);
}

#[test]
fn the_parts_have_the_subject_of_the_conversation_and_say_which_they_are() {
    let parts = Parts::of((0..30).map(|n| vec![(long(n, 2_000), 1)]));
    let tasks = parts.tasks();
    let subject = "SMS conversation with Grace Example on Product line";
    let subjects: Vec<&str> = tasks.iter().map(|task| task.subject.as_str()).collect();
    assert_eq!(subjects[..3], [subject, &format!("{subject} (part 2)"), &format!("{subject} (part 3)")]);
    let key = "conversation-397375-x0c62936dc1df064-2026-03-23";
    let keys: Vec<&str> = tasks.iter().map(|task| task.key.as_str()).collect();
    assert_eq!(keys[..3], [key, &format!("{key}-2"), &format!("{key}-3")]);
    let line = |task: &Task| task.description.lines().find(|line| line.starts_with("Part: ")).map(str::to_owned);
    let full = " (full: messages that arrived later are in the next one)";
    assert_eq!(line(&tasks[0]), Some(format!("Part: 1{full}")));
    assert_eq!(line(tasks.last().unwrap()), Some(format!("Part: {}", tasks.len())));
    assert_eq!(line(&Parts::of([vec![(nth(1), 1)]]).tasks()[0]), None);
    let reason = |index: usize| {
        let document = parts.entries[index].as_ref().unwrap();
        let decision = decide(document, &per_conversation(), &Company::default(), None).unwrap();
        decision.trace.finding(Topic::Message).unwrap().to_owned()
    };
    assert!(reason(0).starts_with("It is a message conversation."));
    assert!(reason(1).starts_with("It is part 2 of a message conversation."));
}

#[test]
fn a_closed_part_takes_no_message_however_short_but_updates_its_own() {
    let mut parts = Parts::of((0..6).map(|n| vec![(long(n, 1_400), 1)]));
    let first = parts.entries[0].clone().unwrap();
    let short = Document::Messages(of_part(0, [(nth(9), 1)]));
    assert_eq!(Document::merge_within_limit(Some(&first), short), (first.clone(), vec![nth(9).id]));
    let read = Message { state: Some(DeliveryState("read".to_owned())), ..long(0, 1_400) };
    let update = Document::Messages(of_part(0, [(read.clone(), 2)]));
    let (updated, excess) = Document::merge_within_limit(Some(&first), update);
    assert_eq!(excess, []);
    let Document::Messages(messages) = updated else { panic!("{updated:?}") };
    assert_eq!(messages.in_order()[0].state, read.state);
    parts.add(vec![(nth(9), 1)]);
    assert_eq!(parts.routes[&nth(9).id], 1);
}

#[test]
fn a_message_that_is_too_long_for_any_part_has_one_of_its_own() {
    let parts = Parts::of([vec![(long(1, 20_000), 1)], vec![(nth(2), 1), (long(3, 20_000), 1), (nth(4), 1)]]);
    let tasks = parts.tasks();
    assert_eq!(tasks.iter().map(|task| task.parts.len()).collect::<Vec<_>>(), [1, 1, 1, 1]);
    assert!(tasks[0].description.ends_with(CUT));
}

#[test]
fn each_part_fits_into_a_table_item() {
    let link = |n: i64| format!("https://media.example.com/{n}?{}", "x".repeat(1_500));
    let media = |n| Media { name: None, file_type: None, url: Some(link(n)) };
    let pictures = |n: i64| Message { media: (0..10).map(media).collect(), ..nth(n) };
    let japanese = |n: i64| Message { text: Some("日本語".repeat(if n % 50 == 0 { 3_000 } else { 12 })), ..nth(n) };
    let emoji = |n: i64| Message { text: Some("👋🏽".repeat(100)), ..nth(n) };
    let short = |n: i64| Message { text: Some("ok".to_owned()), ..nth(2 * n) };
    let kinds = [(&pictures as &dyn Fn(i64) -> Message, 9), (&japanese, 100), (&emoji, 100), (&short, 100)];
    for (message, batches) in kinds {
        let parts = Parts::of((0..batches).map(|batch| (0..10).map(|n| (message(batch * 10 + n), 1)).collect()));
        for messages in parts.messages() {
            assert!(stored_len(messages) < 390_000, "{}", stored_len(messages));
        }
    }
}

#[test]
fn a_conversation_of_a_version_that_did_not_divide_it_keeps_its_messages_and_goes_on_in_a_second_part() {
    let before = conversation((0..900).map(|n| (long(n, 4), 1)));
    let stored = serde_json::to_value(Document::Messages(before.clone())).unwrap();
    assert_eq!((stored.get("closed"), stored["conversation"].get("part")), (None, None));
    let known = Document::from_stored(stored, at("2026-03-23T10:00:00Z")).unwrap();
    let update = Document::Messages(of_part(0, [(long(7, 4), 2), (nth(1_000), 1)]));
    let (Document::Messages(merged), excess) = Document::merge_within_limit(Some(&known), update) else { panic!() };
    assert_eq!((merged.in_order().len(), excess), (900, vec![nth(1_000).id]));
    assert_eq!(merged.key(), before.key());
}

#[test]
fn the_parts_of_a_conversation_under_a_former_key_have_keys_without_the_phone_number() {
    let first = Conversation::for_message(&message(), &per_conversation(), &Company::default(), &key()).unwrap();
    let former = first.clone().unkeyed();
    assert_eq!(former.next_part(&key()).unwrap(), first.next_part(&key()).unwrap());
    assert_eq!(first.next_part(&key()).unwrap().key(), format!("{}-2", first.key()));
}

#[test]
fn the_longest_key_of_a_part_fits_its_field() {
    let line = Line { id: LineId(u64::MAX), ..message().line };
    let message = Message { line, party: phone("+999999999999999"), ..message() };
    let first = Conversation::for_message(&message, &per_conversation(), &Company::default(), &key());
    let parts: Vec<Conversation> = std::iter::successors(first, |part| part.next_part(&key())).collect();
    assert_eq!(parts.len(), 99);
    assert!(parts.iter().all(|part| part.key().len() <= 64));
}

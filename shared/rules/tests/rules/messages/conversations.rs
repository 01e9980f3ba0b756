//! Conversations: which messages belong to one, its key, and what fits into it.

use super::*;

proptest! {
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
}

#[test]
fn only_logged_messages_belong_to_a_conversation() {
    assert_eq!(Conversation::for_message(&message(), &Settings::default(), &Company::default(), &key()), None);
    assert!(Conversation::for_message(&message(), &per_conversation(), &Company::default(), &key()).is_some());
    let off = Settings { log_messages: false, ..per_conversation() };
    assert_eq!(Conversation::for_message(&message(), &off, &Company::default(), &key()), None);
    let own_lines = message().party.phone().cloned().into_iter().collect();
    let company = Company { own_lines, connected_since: None };
    let external = Settings { internal_calls: InternalCalls::DoNothing, ..per_conversation() };
    assert_eq!(Conversation::for_message(&message(), &external, &company, &key()), None);
    assert!(Conversation::for_message(&message(), &external, &Company::default(), &key()).is_some());
}

#[test]
fn the_key_of_a_conversation_holds_a_keyed_digest_of_the_phone_number() {
    let conversation =
        |key: &DigestKey| Conversation::for_message(&message(), &per_conversation(), &Company::default(), key).unwrap();
    let own = conversation(&key()).key();
    assert_eq!(own, "conversation-397375-x0c62936dc1df064-2026-03-23");
    assert_eq!(rules::messages::redact_key(&own), own);
    assert_ne!(own, conversation(&DigestKey::new([8; 32])).key());
}

#[test]
fn a_conversation_that_was_stored_before_digests_keeps_its_key() {
    let conversation =
        Conversation::for_message(&message(), &per_conversation(), &Company::default(), &key()).unwrap().unkeyed();
    let stored = serde_json::to_value(&conversation).unwrap();
    let read: Conversation = serde_json::from_value(stored).unwrap();
    assert_eq!(read.key(), "conversation-397375-33612345678-2026-03-23");
    assert_eq!(rules::messages::redact_key(&read.key()), "conversation-397375-…-2026-03-23");
}

#[test]
fn the_day_of_a_conversation_is_in_the_line_s_time_zone() {
    let late = Message { sent_at: at("2026-03-23T23:30:00Z"), ..message() };
    assert_eq!(
        Conversation::for_message(&late, &per_conversation(), &Company::default(), &key()).unwrap().day.to_string(),
        "2026-03-24"
    );
    assert_eq!(task(late).activity_date.to_string(), "2026-03-24");
}

#[test]
fn the_longest_conversation_key_fits_its_field() {
    let long = Line { id: LineId(u64::MAX), ..message().line };
    let message = Message { line: long, party: phone("+999999999999999"), ..message() };
    assert!(
        Conversation::for_message(&message, &per_conversation(), &Company::default(), &key()).unwrap().key().len()
            <= 64
    );
    let _: Timestamp = message.sent_at;
}

#[test]
fn a_day_of_800_messages_fits_into_a_table_item() {
    let long = |n: i64| Message { text: Some("日本語".repeat(if n % 50 == 0 { 3_000 } else { 12 })), ..nth(n) };
    let messages = conversation((0..800).rev().map(|n| (long(n), 1)));
    assert_eq!(messages, conversation((0..800).map(|n| (long(n), 1))));
    let task = Task::from_messages(&messages, TaskStatus::Completed, "Grace Example");
    let stored = serde_json::to_string(&Document::Messages(messages)).unwrap().len();
    let stored = stored + serde_json::to_string(&task).unwrap().len();
    assert!(stored < 390_000, "{stored}");
    assert!(task.description.ends_with("… (cut: Salesforce takes no more)"));
}

#[test]
fn a_day_of_200_messages_with_pictures_fits_into_a_table_item() {
    let link = |n: i64| format!("https://media.example.com/{n}?{}", "x".repeat(1_500));
    let media = |n| Media { name: None, file_type: None, url: Some(link(n)) };
    let pictures = |n: i64| Message { media: (0..10).map(media).collect(), ..nth(n) };
    let messages = conversation((0..200).map(|n| (pictures(n), 1)));
    let stored = serde_json::to_string(&Document::Messages(messages)).unwrap().len();
    assert!(stored < 390_000, "{stored}");
}

#[test]
fn a_conversation_takes_no_more_messages_than_its_table_item_has_room_for() {
    let long = |n: i64| Message { text: Some("日本語".repeat(12)), ..nth(n) };
    let update = |messages: Vec<(Message, u64)>| Document::Messages(conversation(messages));
    let mut full = update((0..600).map(|n| (long(n), 1)).collect());
    let mut excess = Vec::new();
    let mut count = 600;
    while excess.is_empty() {
        assert!(count < 2_000, "it never gets full");
        (full, excess) = full.merge_within_limit(update((count..count + 10).map(|n| (long(n), 1)).collect()));
        count += 10;
    }
    let Document::Messages(messages) = &full else { panic!("{full:?}") };
    let task = Task::from_messages(messages, TaskStatus::Completed, "Grace Example");
    let stored = serde_json::to_string(&full).unwrap().len() + serde_json::to_string(&task).unwrap().len();
    assert!((330_000..350_000).contains(&stored), "{stored}");
    // The last ones are left out. Each message is in the conversation or left out.
    assert_eq!(messages.in_order().len() + excess.len(), usize::try_from(count).unwrap());
    assert_eq!(excess.first(), Some(&nth(count - 1).id));
    // A message that is in it is still updated.
    let read = Message { state: Some(DeliveryState("read".to_owned())), ..messages.in_order()[0].clone() };
    let (updated, excess) = full.merge_within_limit(update(vec![(read.clone(), 2)]));
    let Document::Messages(messages) = &updated else { panic!("{updated:?}") };
    assert_eq!((&messages.in_order()[0].state, excess), (&read.state, Vec::new()));
}

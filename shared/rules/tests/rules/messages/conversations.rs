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

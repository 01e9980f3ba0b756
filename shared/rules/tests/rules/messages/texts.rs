//! The texts of Tasks of messages, and how a later message is added to them.

use super::*;

#[test]
fn a_conversation_lists_its_messages_in_order() {
    let task = conversation_task(&[2, 1]);
    assert_eq!(task.subject, "SMS conversation with Grace Example on Product line");
    assert_eq!(task.key, "conversation-397375-x0c62936dc1df064-2026-03-23");
    insta::assert_snapshot!(task.description, @r"
    Channel: SMS
    With: +33 6 12 34 56 78
    Aircall line: Product line (+43 1 234567)
    Day: 2026-03-23 (Europe/Vienna)
    [11:00:01 CET] From Ada Demo (state 0):
    No. 1.
    [11:00:02 CET] From +33 6 12 34 56 78:
    No. 2.
    ");
}

#[test]
fn a_long_text_is_truncated_at_the_end_between_two_emoji() {
    let text = "👩‍👩‍👧‍👦".repeat(10_000);
    let description = task(Message { text: Some(text), ..message() }).description;
    assert!(description.ends_with("👩‍👩‍👧‍👦\n… (cut: Salesforce takes no more)"));
    assert!((31_980..=32_000).contains(&description.encode_utf16().count()));
}

#[test]
fn right_to_left_text_and_line_breaks_are_kept() {
    let text = "שלום עולם\r\n\r\n  مرحبا 👋🏽\u{200f}\n the end";
    let description = task(Message { text: Some(text.to_owned()), ..message() }).description;
    assert!(description.ends_with(&format!("Message:\n{}", text.replace("\r\n", "\n"))));
}

#[test]
fn an_abridged_event_erases_nothing_in_either_order() {
    let ada = User { id: Some(7), name: Some("Ada Demo".to_owned()), email: Some("ada@example.com".to_owned()) };
    let complete = MessageSnapshot { user: Some(ada.clone()), ..received() };
    let line = complete.line.clone().unwrap();
    let abridged = MessageSnapshot {
        event: MessageEvent::StatusUpdated,
        at: complete.at + SignedDuration::from_secs(9),
        line: Some(Line { name: None, digits: None, time_zone: None, open: None, ..line.clone() }),
        party: Some(phone("+14155550132")),
        is_contacts_party: true,
        user: Some(User { name: None, email: None, ..ada.clone() }),
        ..received()
    };
    let unusable = MessageSnapshot {
        party: Some(Party::Unusable("33612345678".to_owned())),
        is_contacts_party: false,
        ..abridged.clone()
    };
    for later in [abridged, unusable] {
        for order in [[complete.clone(), later.clone()], [later, complete.clone()]] {
            let message = messages_of(&merged(&order)).remove(0);
            assert_eq!((&message.line, &message.party), (&line, &phone("+33612345678")));
            assert_eq!(message.user.as_ref(), Some(&ada));
        }
    }
}

#[test]
fn two_identical_texts_are_both_added_to_an_edited_description() {
    let identical = |id: &str| (Message { id: MessageId::new(id), text: Some("ok".to_owned()), ..message() }, 1);
    let task = |messages: Messages| Task::from_messages(&messages, TaskStatus::Completed, "Grace Example");
    let (one, both) = (task(conversation([identical("1")])), task(conversation([identical("1"), identical("2")])));
    let edited = format!("{}\nMy note", one.description.replace("Channel", "My channel"));
    let description = revise(Some(&one), &held(&one, &edited), &both).description.unwrap();
    assert_eq!(description.matches("\nok").count(), 2, "{description}");
    assert!(description.ends_with("\nok\nMy note"), "{description}");
}

#[test]
fn a_text_cannot_imitate_another_message_s_header() {
    let text = "Hi\n[11:30:02 CET] From Robin Rep (delivered):\nYes, you get the refund.";
    let messages = conversation([(Message { text: Some(text.to_owned()), ..message() }, 1)]);
    let task = Task::from_messages(&messages, TaskStatus::Completed, "Grace Example");
    assert_eq!(task.description.lines().filter(|line| line.starts_with('[')).count(), 1, "{}", task.description);
    assert!(task.description.contains("\n [11:30:02 CET] From Robin Rep"), "{}", task.description);
}

#[test]
fn trailing_white_space_is_removed() {
    let spaced = |text: &str| Message { text: Some(text.to_owned()), ..message() };
    assert_eq!(task(spaced("Hi \n")).description, task(spaced("Hi")).description);
    let tasks = [" ok \n\n", " ok"].map(|text| {
        let messages = conversation([(spaced(text), 1)]);
        Task::from_messages(&messages, TaskStatus::Completed, "Grace Example").description
    });
    assert_eq!(tasks[0], tasks[1]);
}

#[test]
fn repeating_an_update_whose_outcome_was_lost_adds_no_message_twice() {
    let (first, second, third) = (conversation_task(&[1]), conversation_task(&[1, 2]), conversation_task(&[1, 2, 3]));
    // Salesforce holds the second, but only the first was recorded as written.
    let revision = revise(Some(&first), &held(&second, &second.description), &third);
    assert_eq!(revision.description, Some(third.description.clone()));
    // The same applies when the base is the Task found in Salesforce.
    let base = base_from_current(&held(&second, &second.description), &third);
    assert_eq!(revise(Some(&base), &held(&second, &second.description), &third).description, Some(third.description));
}

#[test]
fn a_message_s_task_has_no_call_fields() {
    let task = task(message());
    assert_eq!((task.direction, task.talk_seconds, task.call_disposition.clone()), (None, None, None));
    let ours = Task { subject: "x".to_owned(), ..task.clone() };
    let revision = revise(Some(&task), &held(&task, &task.description), &ours);
    assert_eq!((revision.talk_seconds, revision.subject.as_deref()), (None, Some("x")));
}

#[test]
fn the_longest_conversation_key_fits_its_field() {
    let long = Line { id: LineId(u64::MAX), ..message().line };
    let message = Message { line: long, party: phone("+999999999999999"), ..message() };
    assert!(Conversation::for_message(&message, &per_conversation(), &key()).unwrap().key().len() <= 64);
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

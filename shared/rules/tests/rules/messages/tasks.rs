//! The Tasks of messages, and how later messages are added to them.

use super::*;

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
        status: Some(task.status),
        talk_seconds: None,
        activity_date: Some(task.activity_date.to_string()),
        call_disposition: None,
        description: Some(description.to_owned()),
    }
}

proptest! {
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
            let revision = revise(std::slice::from_ref(&base), &held(&base, &description), &ours);
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
    > Hello
    > there
    ");
}

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
    > No. 1.
    [11:00:02 CET] From +33 6 12 34 56 78:
    > No. 2.
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
    assert!(description.ends_with("Message:\n> שלום עולם\n>\n>   مرحبا 👋🏽\n>  the end"), "{description}");
}

#[test]
fn two_identical_texts_are_both_added_to_an_edited_description() {
    let identical = |id: &str| (Message { id: MessageId::new(id), text: Some("ok".to_owned()), ..message() }, 1);
    let task = |messages: Messages| Task::from_messages(&messages, TaskStatus::Completed, "Grace Example");
    let (one, both) = (task(conversation([identical("1")])), task(conversation([identical("1"), identical("2")])));
    let edited = format!("{}\nMy note", one.description.replace("Channel", "My channel"));
    let description = revise(std::slice::from_ref(&one), &held(&one, &edited), &both).description.unwrap();
    assert_eq!(description.matches("\n> ok").count(), 2, "{description}");
    assert!(description.ends_with("\n> ok\nMy note"), "{description}");
}

#[test]
fn a_text_cannot_imitate_another_message_s_header() {
    let text = "Hi\n[11:30:02 CET] From Robin Rep (delivered):\nYes, you get the refund.";
    let messages = conversation([(Message { text: Some(text.to_owned()), ..message() }, 1)]);
    let task = Task::from_messages(&messages, TaskStatus::Completed, "Grace Example");
    assert_eq!(task.description.lines().filter(|line| line.starts_with('[')).count(), 1, "{}", task.description);
    assert!(task.description.contains("\n> [11:30:02 CET] From Robin Rep"), "{}", task.description);
}

proptest! {
    /// Whatever others write, the lines that are not quoted are ours.
    #[test]
    fn no_line_of_others_can_be_taken_for_ours(
        text in "(Tags: |\\[11:00:02 CET\\] From A:|[\n\r\u{b}\u{c}\u{85}\u{2028}\u{2029}\u{202e}\u{200b} ]|a){1,12}",
    ) {
        let lines = |text: &str, name: &str| {
            let mut message = sent();
            message.text = Some(text.to_owned());
            message.user = Some(User { id: None, name: Some(name.to_owned()), email: None });
            message.media = vec![Media { name: Some(name.to_owned()), file_type: None, url: Some(text.to_owned()) }];
            let conversation = Task::from_messages(&conversation([(message.clone(), 1)]), TaskStatus::Completed, name);
            let all = [task(message).description, conversation.description].join("\n");
            let is_break = |c: char| c.is_control() || "\u{2028}\u{2029}".contains(c);
            let ours: Vec<String> = all.split(is_break).filter(|line| !line.starts_with('>')).map(str::to_owned).collect();
            ours.into_iter().map(|line| line.chars().take(3).collect::<String>()).collect::<Vec<_>>()
        };
        prop_assert_eq!(lines(&text, &format!("A{text}")), lines("Hi", "Ada"));
    }
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
    let revision = revise(std::slice::from_ref(&first), &held(&second, &second.description), &third);
    assert_eq!(revision.description, Some(third.description.clone()));
    // The same applies when the base is the Task found in Salesforce.
    let base = base_from_current(&held(&second, &second.description), &third);
    assert_eq!(
        revise(std::slice::from_ref(&base), &held(&second, &second.description), &third).description,
        Some(third.description)
    );
}

#[test]
fn a_message_s_task_has_no_call_fields() {
    let task = task(message());
    assert_eq!((task.direction, task.talk_seconds, task.call_disposition.clone()), (None, None, None));
    let ours = Task { subject: "x".to_owned(), ..task.clone() };
    let revision = revise(std::slice::from_ref(&task), &held(&task, &task.description), &ours);
    assert_eq!((revision.talk_seconds, revision.subject.as_deref()), (None, Some("x")));
}

//! Message bodies in every shape that was observed or documented, sent to the webhook URL.

use local::demo::bodies::MessageBody;
use serde_json::{Value, json};

use crate::support::TestEnv;

/// The body of a received message with these fields of its data replaced; null removes a field.
fn received(id: u64, changes: Value) -> Value {
    changed(MessageBody::inbound(id).event(), changes)
}

fn changed(mut event: Value, changes: Value) -> Value {
    let data = event["data"].as_object_mut().unwrap();
    for (field, value) in changes.as_object().unwrap() {
        if value.is_null() {
            data.remove(field);
        } else {
            data.insert(field.clone(), value.clone());
        }
    }
    event
}

async fn env() -> TestEnv {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env
}

#[tokio::test]
async fn every_shape_of_a_body_is_the_same_message() {
    let env = env().await;
    let flat = MessageBody::inbound(1).event();
    let mut nested = MessageBody::inbound(2).event();
    nested["data"] = json!({"id": "of something else", "message": nested["data"].take()});
    let mut split = MessageBody::inbound(3).event();
    let number = split["data"].as_object_mut().unwrap().remove("number").unwrap();
    split["data"] = json!({"number": number, "message": split["data"].take()});
    let at = |time: Value| json!({"created_at": time.clone(), "sent_at": time});
    let bodies = [
        flat,
        nested,
        split,
        received(4, json!({"id": 4})),
        received(5, at(json!(1_772_618_400))),
        received(6, at(json!("2026-03-04T10:00:00.000Z"))),
        received(7, at(json!("2026-03-04T11:00:00+01:00"))),
        received(8, json!({"sent_at": null})),
        received(9, json!({"created_at": null, "sent_at": null, "updated_at": null})),
        received(10, json!({"external_number": null, "raw_digits": "+33 6 39 98 00 01"})),
        received(11, json!({"external_number": "+33639980001", "channel": "sms", "user": {}})),
        received(12, json!({"direction": null, "media_details": null, "contact": null, "origin": {"odd": [1]}})),
        received(13, json!({"external_number": null, "contact": {"phone_numbers": [{"value": "+33 6 39 98 00 01"}]}})),
        received(14, json!({"brand_new": [[[]]], "status": 7})),
    ];
    let count = bodies.len();
    env.post_all(bodies).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), count);
    for id in 1..=count {
        let task = env.task_of(&format!("message-{id}"));
        let description = task["Description"].as_str().unwrap();
        assert_eq!(task["Subject"], "SMS received from Lou Sample to Support line", "{id}");
        assert_eq!(task["ActivityDate"], "2026-03-04", "{id}");
        assert!(description.ends_with(&format!("Message:\n> This is message {id}.")), "{description}");
        assert!(description.contains("Received: 2026-03-04 11:00:00 CET (Europe/Paris)"), "{id}: {description}");
        assert!(
            description.starts_with("Channel: SMS\nDirection: Inbound\nFrom: +33 6 39 98 00 01\n"),
            "{description}"
        );
    }
}

#[tokio::test]
async fn channels_media_and_delivery_states_appear_in_the_description() {
    let env = env().await;
    let file = json!({"file_name": "oven.jpg", "file_type": "image/jpeg",
        "presigned_url": "https://media.example.com/oven.jpg?X-Amz-Date=20260304T100000Z&X-Amz-Expires=3600"});
    let cases = [
        (json!({"channel": "whatsapp"}), "Channel: WhatsApp"),
        (json!({"channel": "telepathy"}), "Channel: telepathy"),
        (json!({"status": "lost_in_space"}), "Delivery: lost in space"),
        (json!({"media_details": [file]}), "Channel: MMS"),
        (
            json!({"media_details": [file]}),
            "oven.jpg (image/jpeg), link expires 2026-03-04 12:00:00 CET (Europe/Paris): https://",
        ),
        (
            json!({"media_url": ["https://media.example.com/a.png"]}),
            "file, link expires, Aircall does not say when: https://media.example.com/a.png",
        ),
        (json!({"body": null, "media_url": "https://media.example.com/b.png"}), "https://media.example.com/b.png"),
        (
            json!({"body": null, "template_content": "Your order is on its way."}),
            "Message:\n> Your order is on its way.",
        ),
        (json!({"id": "1779973182949pqnihpvazdyw6336"}), "Channel: SMS"),
    ];
    let count = cases.len();
    env.post_all(cases.iter().zip(1..).map(|((changes, _), id)| received(id, changes.clone()))).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), count);
    for ((changes, expected), id) in cases.iter().zip(1..) {
        let key = changes["id"].as_str().map_or_else(|| format!("message-{id}"), |id| format!("message-{id}"));
        let task = env.task_of(&key);
        let description = task["Description"].as_str().unwrap();
        assert!(description.contains(expected), "{expected}: {description}");
    }
}

#[tokio::test]
async fn a_status_update_may_come_first_and_may_carry_only_id_and_status() {
    let env = env().await;
    let whole = MessageBody::outbound(1);
    let bare = MessageBody::outbound(2);
    let mut bare_status = bare.status_updated("delivered", 3);
    bare_status["data"] = json!({"id": "2", "status": "delivered"});
    let mut orphan = bare_status.clone();
    orphan["data"]["id"] = json!("3");
    env.post_all([whole.status_updated("delivered", 3), bare_status, orphan]).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 1, "the first carries a whole message, the others wait for their messages");
    env.post_all([whole.event(), bare.event()]).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 2);
    for message in [whole, bare] {
        let task = env.task_of(&message.key());
        let description = task["Description"].as_str().unwrap();
        assert!(description.contains("Delivery: delivered") && description.ends_with(message.text()), "{description}");
    }
}

#[tokio::test]
async fn a_group_message_is_one_task_for_each_external_participant() {
    let env = env().await;
    env.contact("Max Muster", "+33639980002");
    let id = "0a1b2c3d-0a1b-4a1b-8a1b-0a1b2c3d4e5f";
    // The line is among the participants, and one participant occurs twice.
    let participants = json!(["+33 6 39 98 00 01", "+33639980002", "+33 1 99 00 01 00", "+33639980001"]);
    let mut event = MessageBody::outbound(1).event();
    event["event"] = json!("group_message.sent");
    let event = changed(
        event,
        json!({"id": null, "external_number": null, "group_message_id": id,
        "group_conversation_id": "c-1", "participants": participants}),
    );
    let mut status = event.clone();
    status["event"] = json!("group_message.status_updated");
    status["data"] = json!({"group_message_id": id, "status": "delivered"});
    env.post_all([status, event.clone(), event]).await;
    env.wait_until_idle().await;
    let tasks = env.records("Task");
    let mut subjects: Vec<&str> = tasks.iter().map(|task| task["Subject"].as_str().unwrap()).collect();
    subjects.sort_unstable();
    let subject = |name: &str| format!("SMS sent from Robin Rep via Support line to {name}");
    assert_eq!(subjects, [subject("Lou Sample"), subject("Max Muster")]);
    for task in &tasks {
        assert!(task["Aircall_Key__c"].as_str().unwrap().starts_with(&format!("message-{id}-")));
        assert!(task["Description"].as_str().unwrap().contains("Delivery: delivered"));
    }
}

#[tokio::test]
async fn odd_messages_do_not_affect_others() {
    let env = env().await;
    let good = MessageBody::inbound(1);
    let odd = received(2, json!({"number": null, "external_number": "+33 6 39 98 00 01"}));
    let short_code = received(3, json!({"external_number": "3030"}));
    let nobody = received(4, json!({"external_number": null}));
    env.post_all([odd, short_code, nobody, good.event()]).await;
    env.wait_until_idle().await;
    env.task_of(&good.key());
    assert_eq!(env.task_of("message-2")["Subject"], "SMS received from Lou Sample to Aircall");
    for id in [3, 4] {
        let entry = env.activity(&format!("message-{id}")).await;
        assert_eq!(entry["state"], "skipped", "{entry}");
    }
    assert_eq!(env.records("Task").len(), 2);
}

#[tokio::test]
async fn twenty_thousand_emoji_are_cut_at_a_character_boundary_with_a_notice() {
    let env = env().await;
    let message = MessageBody::inbound(1).saying(&"😀".repeat(20_000));
    let uncut = MessageBody::inbound(2).saying("שלום\n\nمرحبا 👩‍👩‍👧 \u{200f}ok");
    // Escaped as many JSON libraries do: twelve bytes per emoji.
    let mut escaped = MessageBody::inbound(3).saying(message.text()).event();
    escaped["token"] = json!(env.tenant.webhook_token);
    let escaped = escaped.to_string().replace('😀', "\\ud83d\\ude00");
    assert_eq!(env.post_raw(escaped).await.status(), reqwest::StatusCode::OK);
    env.post_all([message.event(), uncut.event()]).await;
    env.wait_until_idle().await;
    let task = env.task_of(&message.key());
    assert_eq!(env.task_of("message-3")["Description"], task["Description"]);
    let description = task["Description"].as_str().unwrap();
    assert!(description.ends_with("😀\n… (cut: Salesforce takes no more)"));
    assert!((31_990..=32_000).contains(&description.encode_utf16().count()));
    let task = env.task_of(&uncut.key());
    assert!(task["Description"].as_str().unwrap().ends_with("\n> שלום\n>\n> مرحبا 👩\u{200d}👩\u{200d}👧 ok"));
}

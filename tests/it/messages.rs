//! Messages from the webhook to Salesforce: one Task per message, or one per conversation and day.

use jiff::SignedDuration;
use local::demo::bodies::{CallBody, Line, MessageBody};
use proptest::prelude::{Just, Strategy};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::TestEnv;

impl TestEnv {
    /// The Task of a key; panics unless there is exactly one.
    #[track_caller]
    pub(crate) fn task_of(&self, key: &str) -> Value {
        let tasks: Vec<Value> = self.records("Task").into_iter().filter(|task| task["Aircall_Key__c"] == key).collect();
        assert_eq!(tasks.len(), 1, "Tasks of {key}");
        tasks[0].clone()
    }
}

/// Ten messages of one conversation, some of them within one second.
fn ten_messages() -> Vec<MessageBody> {
    let message = |n: u64| {
        let body = if n.is_multiple_of(3) { MessageBody::inbound(n) } else { MessageBody::outbound(n) };
        let milliseconds = i64::try_from(n).unwrap() * 400;
        let sent_at = body.sent_at() + SignedDuration::from_millis(milliseconds);
        body.at(sent_at).saying(&format!("This is No. {n}."))
    };
    (11..=20).map(message).collect()
}

/// All events of these messages, with repeats, in a shuffled order that is the same in every run.
fn shuffled(messages: &[MessageBody], runner: &mut TestRunner) -> Vec<Value> {
    let events_of = |message: &MessageBody| [message.event(), message.event(), message.status_updated("delivered", 4)];
    let events: Vec<Value> = messages.iter().flat_map(events_of).collect();
    Just(events).prop_shuffle().new_tree(runner).expect("an order").current()
}

fn description(task: &Value) -> String {
    task["Description"].as_str().expect("a description").to_owned()
}

/// Asserts that the description holds each text once, in this order.
#[track_caller]
fn check_order(description: &str, texts: &[&str]) {
    let positions: Vec<Vec<usize>> =
        texts.iter().map(|text| description.match_indices(text).map(|(at, _)| at).collect()).collect();
    assert!(positions.iter().all(|positions| positions.len() == 1) && positions.is_sorted(), "{description}");
}

#[tokio::test]
async fn ten_messages_shuffled_and_repeated_are_ten_tasks() {
    let env = TestEnv::new().await;
    let contact = env.contact("Lou Sample", "+33639980001");
    let messages = ten_messages();
    env.post_all(shuffled(&messages, &mut TestRunner::deterministic())).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 10);
    for message in &messages {
        let task = env.task_of(&message.key());
        assert_eq!(
            (&task["WhoId"], &task["Status"], &task["TaskSubtype"]),
            (&json!(contact), &json!("Completed"), &json!("Task"))
        );
        assert_eq!(
            (&task["Type"], &task["CallType"], &task["CallDurationInSeconds"]),
            // A new org lists no type of messages.
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert!(description(&task).ends_with(&format!("Message:\n> {}", message.text())));
        assert!(description(&task).contains("Delivery: delivered"));
    }
}

#[tokio::test]
async fn ten_messages_shuffled_and_repeated_are_one_conversation_in_order() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    let contact = env.contact("Lou Sample", "+33639980001");
    let messages = ten_messages();
    let mut runner = TestRunner::deterministic();
    // In three parts, so that the Task is created early and later messages are inserted in its middle.
    for part in shuffled(&messages, &mut runner).chunks(10) {
        env.post_all(part.to_vec()).await;
        env.wait_until_idle().await;
    }
    assert_eq!(env.records("Task").len(), 1);
    let task = env.task_of(&env.conversation_key(&messages[0]).await);
    assert_eq!((&task["WhoId"], &task["ActivityDate"]), (&json!(contact), &json!("2026-03-04")));
    assert_eq!(task["Subject"], "SMS conversation with Lou Sample on Support line");
    let texts: Vec<&str> = messages.iter().map(MessageBody::text).collect();
    check_order(&description(&task), &texts);
    let entry = env.activity(&env.conversation_key(&messages[0]).await).await;
    assert_eq!((&entry["kind"], &entry["call_type"]), (&json!("conversation"), &Value::Null));
    assert_eq!(entry["messages"].as_array().unwrap().len(), 10);
    assert_eq!(env.entries().await.len(), 1);
}

#[tokio::test]
async fn text_that_a_person_added_to_a_conversation_keeps_its_position() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    env.contact("Lou Sample", "+33639980001");
    let messages = ten_messages();
    let post = async |indexes: &[usize]| {
        env.post_all(indexes.iter().map(|n| messages[*n].event())).await;
        env.wait_until_idle().await;
        env.task_of(&env.conversation_key(&messages[0]).await)
    };
    let task = post(&[1, 4]).await;
    let noted = description(&task).replace("This is No. 12.\n", "This is No. 12.\r\nShe means the red one.\r\n");
    let id = task["Id"].as_str().unwrap();
    env.edit("Task", id, json!({"Description": format!("{noted}\nI call her."), "Status": "Deferred"})).await;
    let task = post(&[2, 5, 0]).await;
    let texts = ["No. 11.", "No. 12.", "She means the red one.", "No. 15.", "No. 16.", "I call her."];
    check_order(&description(&task), &texts);
    check_order(&description(&task), &["No. 12.", "No. 13.", "No. 15."]);
    assert_eq!(task["Status"], "Deferred");
    // Posting all again adds nothing twice.
    let task = post(&[0, 1, 2, 3, 4, 5]).await;
    check_order(&description(&task), &["No. 11.", "No. 12.", "No. 13.", "No. 14.", "No. 15.", "No. 16."]);
}

#[tokio::test]
async fn a_message_stays_in_its_task_when_the_setting_changes() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let [alone, together] = [MessageBody::outbound(31), MessageBody::outbound(32)];
    env.post(alone.event()).await;
    env.wait_until_idle().await;
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    env.post_all([together.event(), alone.status_updated("delivered", 5)]).await;
    env.wait_until_idle().await;
    env.put_settings(json!({"message_tasks": "per_message"})).await;
    env.post_all([together.status_updated("delivered", 5), alone.status_updated("read", 9)]).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 2);
    assert!(description(&env.task_of(&alone.key())).contains("Delivery: read"));
    let conversation = description(&env.task_of(&env.conversation_key(&together).await));
    assert!(conversation.contains("(delivered)") && !conversation.contains(alone.text()), "{conversation}");
}

#[tokio::test]
async fn a_conversation_has_one_task_per_day_in_the_time_zone_of_the_line() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    env.contact("Lou Sample", "+33639980001");
    // In Paris, 23:59 and a minute past midnight.
    let late = MessageBody::inbound(41).at("2026-03-04T22:59:00Z".parse().unwrap());
    let early = MessageBody::inbound(42).at("2026-03-04T23:01:00Z".parse().unwrap());
    // The status of yesterday's message arrives today.
    env.post_all([late.event(), early.event(), late.status_updated("read", 7200)]).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 2);
    for (message, day) in [(late, "2026-03-04"), (early, "2026-03-05")] {
        let task = env.task_of(&env.conversation_key(&message).await);
        assert_eq!(task["ActivityDate"], day);
        check_order(&description(&task), &[message.text()]);
    }
}

#[tokio::test]
async fn a_message_and_a_call_from_one_new_number_at_once_make_one_record() {
    for settings in [json!({}), json!({"message_tasks": "per_conversation"})] {
        let env = TestEnv::with(salesforce_sandbox::Options { index_lag_ms: 60_000, ..Default::default() }).await;
        env.put_settings(settings).await;
        env.put_settings(json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true}))
            .await;
        let (call, message) = (CallBody::inbound(51), MessageBody::inbound(52));
        env.post_all([call.event("call.ended"), message.event()]).await;
        env.wait_until_idle().await;
        let tasks = env.records("Task");
        assert_eq!((env.records("Contact").len(), env.records("Case").len(), tasks.len()), (1, 1, 2));
        assert!(tasks.iter().all(|task| task["WhoId"] == env.records("Contact")[0]["Id"]));
    }
}

#[tokio::test]
async fn a_message_at_night_is_logged_where_calls_are_not() {
    let env = TestEnv::new().await;
    let weekday = json!([{"opens": "09:00", "closes": "18:00"}]);
    let hours = json!({"log_calls": "during_business_hours", "numbers": {}, "schedule": {"time_zone": null,
        "weekly": {"monday": weekday, "wednesday": weekday}, "holidays": []}});
    env.put_settings(json!({"business_hours": hours})).await;
    env.contact("Lou Sample", "+33639980001");
    let night = "2026-03-04T02:30:00Z".parse().unwrap();
    let (call, message) =
        (CallBody::inbound(61).at(night), MessageBody::inbound(62).at(night).on(&Line::default().closed()));
    env.post_all([call.event("call.ended"), message.event()]).await;
    env.wait_until_idle().await;
    assert!(!env.is_logged(&call));
    assert_eq!(env.task_of(&message.key())["Status"], "Completed");
    assert!(env.finding(&message.key(), "message").await.contains("at any time of day"));
}

#[tokio::test]
async fn the_owner_is_the_sender_or_the_user_who_connected_salesforce() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let robin = env.insert(
        "User",
        json!({"Username": "robin.rep@example.com", "Email": "robin.rep@example.com", "LastName": "Rep"}),
    );
    let (sent, received) = (MessageBody::outbound(71), MessageBody::inbound(72));
    env.post_all([sent.event(), received.event()]).await;
    env.wait_until_idle().await;
    assert_eq!(env.task_of(&sent.key())["OwnerId"], robin);
    assert_eq!(env.task_of(&sent.key())["Subject"], "SMS sent from Robin Rep via Support line to Lou Sample");
    assert_eq!(env.task_of(&received.key())["OwnerId"], env.tenant.org.admin_user_id());
    assert_eq!(env.task_of(&received.key())["Subject"], "SMS received from Lou Sample to Support line");
}

#[tokio::test]
async fn messages_are_skipped_with_a_reason_when_logging_them_is_switched_off() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"log_messages": false, "message_tasks": "per_conversation"})).await;
    env.contact("Lou Sample", "+33639980001");
    let message = MessageBody::inbound(81);
    env.post(message.event()).await;
    env.wait_until_idle().await;
    let entry = env.activity(&message.key()).await;
    assert_eq!(
        (&entry["state"], &entry["reason"]),
        (&json!("skipped"), &json!("The settings say not to log messages."))
    );
    assert_eq!((&entry["kind"], env.records("Task").len()), (&json!("message"), 0));
}

#[tokio::test]
async fn an_org_without_the_sms_task_type_gets_messages_without_a_type_and_calls_with_theirs() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env
        .fault(json!([{"path": "/composite", "method": "POST", "times": 1, "status": 200, "body": [{"success": false, "errors": [
            {"statusCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "message": "bad value for restricted picklist field: SMS",
             "fields": ["Type"]}]}]}]))
        .await;
    let (message, call) = (MessageBody::inbound(91), CallBody::inbound(92));
    env.post(message.event()).await;
    env.wait_until_idle().await;
    env.end([&call]).await;
    assert_eq!(env.task_of(&message.key())["Type"], Value::Null);
    assert_eq!(env.task(&call)["Type"], "Call");
}

#[tokio::test]
async fn the_activity_log_can_be_filtered_by_messages() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let (message, call) = (MessageBody::inbound(101), CallBody::inbound(102));
    env.post_all([message.event(), call.event("call.ended")]).await;
    env.wait_until_idle().await;
    for (query, key) in
        [("type=messages", message.key()), ("type=missed", call.key()), ("search=message-101", message.key())]
    {
        let answer = env.admin(reqwest::Method::GET, &format!("/api/activity?{query}")).send().await.unwrap();
        let page: Value = answer.json().await.unwrap();
        let keys: Vec<&Value> = page["entries"].as_array().unwrap().iter().map(|entry| &entry["key"]).collect();
        assert_eq!(keys, [&json!(key)], "{query}");
    }
    for path in [format!("/activity/{}", message.key()), "/activity?type=messages".to_owned()] {
        let answer = env.admin(reqwest::Method::GET, &path).send().await.unwrap();
        let page = answer.text().await.unwrap();
        assert!(page.contains("Message received"), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_preview_shows_how_a_message_would_be_logged() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let request = json!({"call": {"call_type": "message_received", "started_at_local": "2026-03-04T03:00",
        "external_number": "+33639980001"}});
    let answer = env.admin(reqwest::Method::POST, "/api/preview").json(&request).send().await.unwrap();
    let preview: Value = answer.json().await.unwrap();
    assert_eq!((&preview["would_log"], &preview["status"]), (&json!(true), &json!("completed")), "{preview}");
    assert_eq!(preview["task"]["Subject"], "SMS received from Lou Sample to Any line");
    assert_eq!((&preview["task"]["TaskSubtype"], &preview["task"]["Aircall_Key__c"]), (&json!("Task"), &Value::Null));
}

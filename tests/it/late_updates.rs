//! Events that arrive after the Task was created, and changes that people made to it meanwhile.

use local::demo::bodies::{CallBody, User};
use serde_json::{Value, json};

use crate::support::TestEnv;

fn call() -> CallBody {
    let robin = User::new(2002, "Robin Rep", "robin.rep@example.com");
    CallBody::inbound(1).answered_after(5).by(&robin).tagged_after(600, "Order").commented_after(900, "Wants two more.")
}

/// An environment where [`call`] has ended and its Task exists, without the tag and the comment.
async fn env() -> (TestEnv, CallBody, Value) {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let call = call();
    env.end([&call]).await;
    let task = env.task(&call);
    assert_eq!(task["CallDisposition"], Value::Null);
    (env, call, task)
}

/// Posts an event and waits until no entry is pending.
async fn post_and_settle(env: &TestEnv, event: Value) {
    env.post(event).await;
    env.wait_until_idle().await;
}

fn description(task: &Value) -> &str {
    task["Description"].as_str().expect("a description")
}

#[tokio::test]
async fn a_late_tag_and_a_late_comment_update_the_task() {
    let (env, call, before) = env().await;
    post_and_settle(&env, call.event("call.tagged")).await;
    let tagged = env.task(&call);
    assert_eq!(tagged["CallDisposition"], "Order");
    assert!(description(&tagged).contains("Tags: Order"));
    post_and_settle(&env, call.event("call.commented")).await;
    let commented = env.task(&call);
    assert!(description(&commented).contains("Robin Rep): Wants two more."), "{commented:#}");
    assert_eq!(commented["Id"], before["Id"]);
    assert_eq!(env.records("Task").len(), 1);
}

#[tokio::test]
async fn a_tag_that_is_taken_off_is_taken_off_the_task() {
    let (env, call, _) = env().await;
    post_and_settle(&env, call.event("call.tagged")).await;
    let mut untagged = call.event("call.tagged");
    untagged["event"] = json!("call.untagged");
    untagged["timestamp"] = json!(untagged["timestamp"].as_i64().unwrap() + 5);
    untagged["data"]["tags"] = json!([]);
    post_and_settle(&env, untagged).await;
    let task = env.task(&call);
    assert_eq!(task["CallDisposition"], Value::Null);
    assert!(!description(&task).contains("Order"));
}

#[tokio::test]
async fn a_status_that_a_person_changed_survives() {
    let (env, call, before) = env().await;
    env.edit("Task", before["Id"].as_str().unwrap(), json!({"Status": "Waiting on someone else"})).await;
    post_and_settle(&env, call.event("call.commented")).await;
    let task = env.task(&call);
    assert_eq!(task["Status"], "Waiting on someone else");
    assert!(description(&task).contains("Wants two more."));
}

#[tokio::test]
async fn a_missed_call_that_turns_out_to_be_a_voicemail_takes_its_status_unless_a_person_changed_it() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let mut workflow = env.settings().await["call_workflow"].clone();
    workflow["missed"] = json!("in_progress");
    workflow["voicemail"] = json!("completed");
    env.put_settings(json!({"call_workflow": workflow})).await;
    let (untouched, changed) = (CallBody::inbound(1), CallBody::inbound(2));
    env.end([&untouched, &changed]).await;
    for call in [&untouched, &changed] {
        assert_eq!(env.task(call)["Status"], "In Progress");
    }
    env.edit("Task", env.task(&changed)["Id"].as_str().unwrap(), json!({"Status": "Deferred"})).await;
    let late = [&untouched, &changed].map(|call| call.clone().voicemail().event("call.voicemail_left"));
    env.post_all(late).await;
    env.wait_until_idle().await;
    assert_eq!(env.task(&untouched)["Status"], "Completed");
    assert_eq!(env.task(&changed)["Status"], "Deferred");
    assert_eq!(env.task(&changed)["Subject"], "Voicemail from Lou Sample on Support line");
}

#[tokio::test]
async fn a_text_that_a_person_added_survives() {
    let (env, call, before) = env().await;
    let texts = [
        ("below", format!("{}\nMy own note.", description(&before))),
        ("above", format!("My own note.\n\n{}", description(&before))),
        ("instead", "My own note.".to_owned()),
    ];
    for (second, (which, text)) in (0_i64..).zip(texts) {
        let task = json!({"Subject": "Ask Lou", "Description": text});
        env.edit("Task", before["Id"].as_str().unwrap(), task).await;
        let mut commented = call.event("call.commented");
        commented["timestamp"] = json!(commented["timestamp"].as_i64().unwrap() + second);
        commented["data"]["comments"][0]["content"] = json!(format!("Said {which}."));
        post_and_settle(&env, commented).await;
        let task = env.task(&call);
        assert!(description(&task).contains("My own note."), "{which}: {task:#}");
        assert!(description(&task).contains(&format!("Said {which}.")), "{which}: {task:#}");
        assert_eq!(task["Subject"], "Ask Lou");
    }
}

#[tokio::test]
async fn a_task_that_a_person_deleted_stays_deleted() {
    let (env, call, before) = env().await;
    env.delete("Task", before["Id"].as_str().unwrap()).await;
    post_and_settle(&env, call.event("call.commented")).await;
    assert!(env.records("Task").is_empty());
    let finding = env.finding(&call.key(), "task").await;
    assert_eq!(finding.matches("The Task is no longer visible in Salesforce").count(), 1, "{finding}");
}

#[tokio::test]
async fn changed_settings_do_not_affect_a_logged_call() {
    let (env, call, _) = env().await;
    let nothing = "do_nothing";
    env.put_settings(json!({"call_workflow": {
        "outbound_answered": nothing, "outbound_unanswered": nothing, "inbound_answered": nothing,
        "missed": nothing, "voicemail": nothing,
    }}))
    .await;
    post_and_settle(&env, call.event("call.commented")).await;
    assert!(description(&env.task(&call)).contains("Wants two more."));
    assert_eq!(env.activity(&call.key()).await["state"], "logged");
}

#[tokio::test]
async fn a_comment_on_a_call_that_is_not_logged_makes_no_task() {
    let env = TestEnv::new().await;
    let call = call();
    env.end([&call]).await;
    post_and_settle(&env, call.event("call.commented")).await;
    assert!(env.records("Task").is_empty());
    assert_eq!(env.activity(&call.key()).await["state"], "skipped");
}

#[tokio::test]
async fn a_call_without_an_ended_event_is_logged_when_a_comment_arrives() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let call = call();
    post_and_settle(&env, call.event("call.hungup")).await;
    assert!(env.records("Task").is_empty());
    post_and_settle(&env, call.event("call.commented")).await;
    assert_eq!(env.task(&call)["CallType"], "Inbound");
}

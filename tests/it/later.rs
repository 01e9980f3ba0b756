//! What Aircall says later, and what people changed meanwhile.

use local::demo::bodies::{CallBody, User};
use serde_json::{Value, json};

use crate::support::World;

fn call() -> CallBody {
    let robin = User::new(2002, "Robin Rep", "robin.rep@example.com");
    CallBody::inbound(1).answered_after(5).by(&robin).tagged_after(600, "Order").commented_after(900, "Wants two more.")
}

/// A world where [`call`] has ended and its Task is there, without the tag and the comment.
async fn world() -> (World, CallBody, Value) {
    let world = World::new().await;
    world.contact("Lou Sample", "+33639980001");
    let call = call();
    world.end([&call]).await;
    let task = world.task(&call);
    assert_eq!(task["CallDisposition"], Value::Null);
    (world, call, task)
}

/// Posts an event and waits until it has been dealt with.
async fn then(world: &World, event: Value) {
    world.post(event).await;
    world.settle().await;
}

fn description(task: &Value) -> &str {
    task["Description"].as_str().expect("a description")
}

#[tokio::test]
async fn a_late_tag_and_a_late_comment_update_the_task() {
    let (world, call, before) = world().await;
    then(&world, call.event("call.tagged")).await;
    let tagged = world.task(&call);
    assert_eq!(tagged["CallDisposition"], "Order");
    assert!(description(&tagged).contains("Tags: Order"));
    then(&world, call.event("call.commented")).await;
    let commented = world.task(&call);
    assert!(description(&commented).contains("Robin Rep): Wants two more."), "{commented:#}");
    assert_eq!(commented["Id"], before["Id"]);
    assert_eq!(world.records("Task").len(), 1);
}

#[tokio::test]
async fn a_tag_that_is_taken_off_is_taken_off_the_task() {
    let (world, call, _) = world().await;
    then(&world, call.event("call.tagged")).await;
    let mut untagged = call.event("call.tagged");
    untagged["event"] = json!("call.untagged");
    untagged["timestamp"] = json!(untagged["timestamp"].as_i64().unwrap() + 5);
    untagged["data"]["tags"] = json!([]);
    then(&world, untagged).await;
    let task = world.task(&call);
    assert_eq!(task["CallDisposition"], Value::Null);
    assert!(!description(&task).contains("Order"));
}

#[tokio::test]
async fn a_status_that_a_person_changed_survives() {
    let (world, call, before) = world().await;
    world.edit("Task", before["Id"].as_str().unwrap(), json!({"Status": "Waiting on someone else"})).await;
    then(&world, call.event("call.commented")).await;
    let task = world.task(&call);
    assert_eq!(task["Status"], "Waiting on someone else");
    assert!(description(&task).contains("Wants two more."));
}

#[tokio::test]
async fn a_missed_call_that_turns_out_to_be_a_voicemail_takes_its_status_unless_a_person_changed_it() {
    let world = World::new().await;
    world.contact("Lou Sample", "+33639980001");
    let mut workflow = world.settings().await["call_workflow"].clone();
    workflow["missed"] = json!("in_progress");
    workflow["voicemail"] = json!("completed");
    world.put_settings(json!({"call_workflow": workflow})).await;
    let (untouched, changed) = (CallBody::inbound(1), CallBody::inbound(2));
    world.end([&untouched, &changed]).await;
    for call in [&untouched, &changed] {
        assert_eq!(world.task(call)["Status"], "In Progress");
    }
    world.edit("Task", world.task(&changed)["Id"].as_str().unwrap(), json!({"Status": "Deferred"})).await;
    let late = [&untouched, &changed].map(|call| call.clone().voicemail().event("call.voicemail_left"));
    world.post_all(late).await;
    world.settle().await;
    assert_eq!(world.task(&untouched)["Status"], "Completed");
    assert_eq!(world.task(&changed)["Status"], "Deferred");
    assert_eq!(world.task(&changed)["Subject"], "Voicemail from Lou Sample on Support line");
}

#[tokio::test]
async fn a_text_that_a_person_added_survives() {
    let (world, call, before) = world().await;
    let texts = [
        ("below", format!("{}\nMy own note.", description(&before))),
        ("above", format!("My own note.\n\n{}", description(&before))),
        ("instead", "My own note.".to_owned()),
    ];
    for (second, (which, text)) in (0_i64..).zip(texts) {
        let task = json!({"Subject": "Ask Lou", "Description": text});
        world.edit("Task", before["Id"].as_str().unwrap(), task).await;
        let mut commented = call.event("call.commented");
        commented["timestamp"] = json!(commented["timestamp"].as_i64().unwrap() + second);
        commented["data"]["comments"][0]["content"] = json!(format!("Said {which}."));
        then(&world, commented).await;
        let task = world.task(&call);
        assert!(description(&task).contains("My own note."), "{which}: {task:#}");
        assert!(description(&task).contains(&format!("Said {which}.")), "{which}: {task:#}");
        assert_eq!(task["Subject"], "Ask Lou");
    }
}

#[tokio::test]
async fn a_task_that_a_person_deleted_stays_deleted() {
    let (world, call, before) = world().await;
    world.delete("Task", before["Id"].as_str().unwrap()).await;
    then(&world, call.event("call.commented")).await;
    assert!(world.records("Task").is_empty());
    let finding = world.finding(&call.key(), "task").await;
    assert_eq!(finding.matches("The Task is no longer to be seen in Salesforce").count(), 1, "{finding}");
}

#[tokio::test]
async fn other_settings_do_not_judge_a_logged_call_again() {
    let (world, call, _) = world().await;
    let nothing = "do_nothing";
    world
        .put_settings(json!({"call_workflow": {
            "outbound_answered": nothing, "outbound_unanswered": nothing, "inbound_answered": nothing,
            "missed": nothing, "voicemail": nothing,
        }}))
        .await;
    then(&world, call.event("call.commented")).await;
    assert!(description(&world.task(&call)).contains("Wants two more."));
    assert_eq!(world.activity(&call.key()).await["state"], "logged");
}

#[tokio::test]
async fn a_comment_on_a_call_that_is_not_logged_makes_no_task() {
    let world = World::new().await;
    let call = call();
    world.end([&call]).await;
    then(&world, call.event("call.commented")).await;
    assert!(world.records("Task").is_empty());
    assert_eq!(world.activity(&call.key()).await["state"], "skipped");
}

#[tokio::test]
async fn a_call_whose_end_was_never_told_is_logged_when_somebody_comments_on_it() {
    let world = World::new().await;
    world.contact("Lou Sample", "+33639980001");
    let call = call();
    then(&world, call.event("call.hungup")).await;
    assert!(world.records("Task").is_empty());
    then(&world, call.event("call.commented")).await;
    assert_eq!(world.task(&call)["CallType"], "Inbound");
}

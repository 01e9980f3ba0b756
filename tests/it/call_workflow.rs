//! The call workflow: each of the five call types is logged as Completed, as In Progress or not at all.

use local::demo::bodies::{CallBody, User};
use serde_json::{Value, json};

use crate::support::TestEnv;

/// One call of each type, with the type's name in the settings and its plural in a trace.
fn calls() -> [(&'static str, &'static str, CallBody); 5] {
    let robin = User::new(2002, "Robin Rep", "robin.rep@example.com");
    [
        ("outbound_answered", "outbound answered calls", CallBody::outbound(1).answered_after(5).lasting(60)),
        ("outbound_unanswered", "outbound unanswered calls", CallBody::outbound(2)),
        ("inbound_answered", "inbound answered calls", CallBody::inbound(3).answered_after(5).lasting(60).by(&robin)),
        ("missed", "missed calls", CallBody::inbound(4).by(&robin)),
        ("voicemail", "voicemails", CallBody::inbound(5).voicemail()),
    ]
}

/// An environment in which one call of each type has ended, all under the same workflow setting.
async fn env(log_as: &str) -> TestEnv {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let workflow: Value = calls().iter().map(|(name, ..)| ((*name).to_owned(), json!(log_as))).collect();
    env.put_settings(json!({"call_workflow": workflow})).await;
    env.end(calls().iter().map(|(.., call)| call)).await;
    env
}

async fn check_logged(log_as: &str, status: &str, place: &str) {
    let env = env(log_as).await;
    for (call_type, plural, call) in calls() {
        assert_eq!(env.task(&call)["Status"], status, "{call_type}");
        let entry = env.activity(&call.key()).await;
        assert_eq!(
            [&entry["state"], &entry["call_type"], &entry["status"]],
            ["logged", call_type, log_as],
            "{entry:#}"
        );
        assert_eq!(entry["reason"], format!("Logged as {place} on the Contact Lou Sample."));
        let finding = env.finding(&call.key(), "call_workflow").await;
        assert_eq!(finding, format!("The call workflow logs {plural} as {place}."));
    }
    assert_eq!(env.records("Task").len(), 5);
}

#[tokio::test]
async fn calls_of_all_five_types_can_be_logged_as_completed() {
    check_logged("completed", "Completed", "Completed (Past Activities)").await;
}

#[tokio::test]
async fn calls_of_all_five_types_can_be_logged_as_in_progress() {
    check_logged("in_progress", "In Progress", "In progress (Next Steps)").await;
}

#[tokio::test]
async fn calls_of_all_five_types_can_be_skipped_with_a_reason() {
    let env = env("do_nothing").await;
    for (call_type, plural, call) in calls() {
        let entry = env.activity(&call.key()).await;
        assert_eq!([&entry["state"], &entry["call_type"]], ["skipped", call_type], "{entry:#}");
        assert_eq!([&entry["status"], &entry["task_id"]], [&Value::Null, &Value::Null]);
        assert_eq!(entry["reason"], "The call workflow says to do nothing with calls of this type.");
        let finding = env.finding(&call.key(), "call_workflow").await;
        assert_eq!(finding, format!("The call workflow says \"do nothing\" for {plural}: not logged."));
    }
    assert!(env.records("Task").is_empty());
}

#[tokio::test]
async fn a_call_is_not_logged_before_it_has_ended() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let call = CallBody::inbound(1).voicemail();
    for event in ["call.created", "call.hungup"] {
        env.post(call.event(event)).await;
        env.wait_until_idle().await;
        let entry = env.activity(&call.key()).await;
        assert_eq!([&entry["state"], &entry["call_type"]], [&json!("open"), &Value::Null], "{event}: {entry:#}");
    }
    assert!(env.records("Task").is_empty());
    env.end([&call]).await;
    assert_eq!(env.task(&call)["Subject"], "Voicemail from Lou Sample on Support line");
}

//! An admin's first day: from a fresh browser and a deployment without tenants to a logged call.

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::CallBody;
use salesforce_sandbox::ValidationRule;
use serde_json::{Value, json};

use super::accessibility::NARROW;
use super::user::BrowserUser;
use crate::support::Running;

const PHONE: &str = "+33 6 39 98 00 01";

/// A missed call that ended a minute ago.
fn missed(id: u64) -> CallBody {
    CallBody::inbound(id).from(PHONE).at(Timestamp::now() - SignedDuration::from_secs(80))
}

/// Has the sandbox Aircall deliver `call.ended` to its webhooks.
async fn deliver(running: &Running, call: &CallBody) {
    let Value::Object(event) = call.event("call.ended") else { unreachable!("an event is an object") };
    let deliveries = running.stack.aircall().send(event).await.unwrap();
    assert_eq!(deliveries.len(), 1, "one webhook is subscribed: {deliveries:?}");
    assert!(deliveries[0].is_accepted(), "{deliveries:?}");
}

async fn connect_both_sides(admin: &BrowserUser, running: &Running) {
    admin.open("/").await;
    assert_eq!(admin.location().await, "/login");
    admin.press("Sign in with Salesforce").await;
    admin.press("Log In").await;
    admin.press("Allow").await;
    admin.wait_for_text("Salesforce is connected.").await;
    assert_eq!(admin.location().await, "/connections");

    let info = running.stack.info();
    admin.fill("#api_id", &info.aircall_api_id).await;
    admin.fill("#api_token", "not-the-token").await;
    admin.press("Connect Aircall").await;
    admin.wait_for_text("Nothing was saved yet").await;
    admin.fill("#api_token", &info.aircall_api_token).await;
    admin.press("Connect Aircall").await;
    admin.wait_for_text("Aircall is connected.").await;
    admin.wait_for_text("Example Company").await;
    assert!(!admin.driver.source().await.unwrap().contains(&info.aircall_api_token), "no page shows the token");
}

async fn change_missed_calls(admin: &BrowserUser) {
    admin.press("Call workflow").await;
    admin.choose("missed-completed").await;
    admin.press("Save changes").await;
    admin.wait_for_text("Saved").await;
    assert_eq!(admin.value("document.querySelector('#missed-completed').checked").await, true);
    admin.press("History").await;
    admin.wait_for_text("Alex Admin").await;
}

async fn see_a_logged_call(admin: &BrowserUser, running: &Running) {
    deliver(running, &missed(71)).await;
    admin.press("Activity").await;
    admin.reload_until_text("Logged as Completed (Past Activities) on the Contact Lou Sample.").await;
    admin.press("Missed call").await;
    admin.wait_for_text("Step by step").await;
    assert_eq!(admin.location().await, "/activity/call-71");
    let task = running.stack.salesforce().records("Task").pop().unwrap();
    let link = admin.named("Open the Task in Salesforce").await.attr("href").await.unwrap().unwrap();
    assert!(link.ends_with(&format!("/lightning/r/Task/{}/view", task["Id"].as_str().unwrap())), "{link}");
    assert_eq!(task["Status"], "Completed");
}

async fn retry_a_failed_call(admin: &BrowserUser, running: &Running) {
    let org = running.stack.salesforce();
    let rule = ValidationRule {
        sobject: "Task".to_owned(),
        field: "Subject".to_owned(),
        regex: Some("Missed".to_owned()),
        equals: None,
        message: "Missed calls belong to the front desk".to_owned(),
    };
    org.set_options(salesforce_sandbox::Options { validation_rules: vec![rule], ..org.options() });
    deliver(running, &missed(72)).await;
    admin.press("Activity").await;
    admin.reload_until_text("Missed calls belong to the front desk").await;
    admin.open("/activity/call-72").await;
    admin.wait_for_text("What went wrong").await;
    admin.wait_for_text("FIELD_CUSTOM_VALIDATION_EXCEPTION").await;

    admin.press("Retry").await;
    admin.wait_for_text("The call is being written again.").await;
    admin.reload_until_text("What went wrong").await;

    org.set_options(salesforce_sandbox::Options { validation_rules: Vec::new(), ..org.options() });
    admin.press("Retry").await;
    admin.reload_until_text("Logged as Completed (Past Activities) on the Contact Lou Sample.").await;
    assert!(!admin.text().await.contains("What went wrong"));
}

async fn preview_unsaved_settings(admin: &BrowserUser, running: &Running) {
    let tasks = running.stack.salesforce().records("Task").len();
    admin.press("Preview").await;
    admin.fill("#number", PHONE).await;
    admin.click_on("button[name=of][value=call]").await;
    admin.wait_for_text("It would be logged as Completed (Past Activities) on the Contact Lou Sample.").await;

    // The same call under unsaved settings, in another tab.
    admin.open("/call-workflow").await;
    admin.choose("missed-do_nothing").await;
    admin.press("Preview in a new tab").await;
    let tab = admin.driver.windows().await.unwrap().pop().unwrap();
    let before = admin.driver.window().await.unwrap();
    admin.driver.switch_to_window(tab).await.unwrap();
    admin.wait_for_text("With unsaved settings").await;
    admin.click_on("button[name=of][value=call]").await;
    admin.wait_for_text("It would not be logged.").await;
    admin.driver.close_window().await.unwrap();
    admin.driver.switch_to_window(before).await.unwrap();
    assert_eq!(running.stack.salesforce().records("Task").len(), tasks, "a preview writes nothing");
    admin.press("Save changes").await;
    admin.wait_for_text("Saved").await;
}

async fn sign_out_ends_the_session(admin: &BrowserUser) {
    let cookie = format!("session={}", admin.cookie("session", "/").await.unwrap());
    admin.press("Sign out").await;
    admin.wait_for_text("You are signed out.").await;
    assert_eq!(admin.cookie("session", "/").await, None);
    for page in ["/", "/activity", "/activity/call-71", "/call-workflow", "/general", "/connections", "/tokens"] {
        admin.open(page).await;
        assert!(admin.location().await.starts_with("/login"), "{page}");
    }
    admin.driver.back().await.unwrap();
    assert!(!admin.text().await.contains("Lou Sample"), "no page is cached");
    // A copy of the cookie is refused too.
    let status = admin.open_with(&cookie, "/api/settings").await;
    assert_eq!(status, reqwest::StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_connects_both_sides_sees_a_logged_call_retries_a_failed_one_and_signs_out() {
    let running = Running::start_with("first-day", local::Options { without_tenant: true, ..Default::default() }).await;
    let contact = json!({"LastName": "Sample", "FirstName": "Lou", "Phone": PHONE});
    running.stack.salesforce().insert("Contact", contact).unwrap();
    let admin = BrowserUser::new(&running.stack.info().console_url).await;
    connect_both_sides(&admin, &running).await;
    change_missed_calls(&admin).await;
    see_a_logged_call(&admin, &running).await;
    retry_a_failed_call(&admin, &running).await;
    preview_unsaved_settings(&admin, &running).await;
    sign_out_ends_the_session(&admin).await;
    admin.close().await;
}

#[tokio::test]
async fn settings_can_be_changed_on_a_phone() {
    let env = crate::support::TestEnv::new().await;
    let admin = BrowserUser::admin_of(&env).await;
    admin.set_viewport(NARROW).await;
    admin.open("/activity").await;
    admin.press("Menu").await;
    admin.press("Call workflow").await;
    admin.choose("voicemail-completed").await;
    admin.press("Save changes").await;
    admin.wait_for_text("Saved").await;
    assert_eq!(env.settings().await["call_workflow"]["voicemail"], "completed");
    admin.press("Menu").await;
    admin.press("Sign out").await;
    admin.wait_for_text("You are signed out.").await;
    admin.close().await;
}

//! All page checks on every page. The screenshots are saved in the target folder.

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::{CallBody, Contact, Line, User};
use reqwest::Method;
use serde_json::json;

use super::page_checks::PageChecks;
use super::user::BrowserUser;
use crate::support::TestEnv;

/// An environment with calls of all types and outcomes.
async fn busy_env() -> TestEnv {
    let env = TestEnv::new().await;
    connect_aircall(&env).await;
    env.contact("Lou Sample", "+33639980001");
    env.contact("Grace Example", "+33639980002");
    env.refuse("Task", "Subject", "Voicemail", "A voicemail needs a Case. Please open one first.");
    env.put_settings(json!({"numbers": [1001, 1002]})).await;
    let now = Timestamp::now();
    let (robin, press) = (
        User::new(2002, "Robin Rep", "robin.rep@example.com"),
        Line::new(1003, "Press line", "+44 20 7946 0100", "GB", "Europe/London"),
    );
    let calls: Vec<CallBody> = (0..36)
        .map(|i: u64| {
            let started =
                now - SignedDuration::from_hours(7 * i64::try_from(i).unwrap()) - SignedDuration::from_mins(10);
            let call = if i.is_multiple_of(3) { CallBody::outbound(1000 + i) } else { CallBody::inbound(1000 + i) };
            let call = call
                .at(started)
                .from(["+33 6 39 98 00 01", "+33 6 39 98 00 02", "+33 6 39 98 00 09"][usize::try_from(i % 3).unwrap()]);
            match i % 6 {
                0 => call
                    .answered_after(8)
                    .lasting(185)
                    .by(&robin)
                    .tagged("Order")
                    .tagged("Follow up")
                    .commented("Wants two more."),
                1 => call.voicemail(),
                2 => call.on(&press),
                4 => call
                    .answered_after(12)
                    .lasting(90)
                    .by(&robin)
                    .known_as(&Contact::new("Grace", "Example").at_company("Example Org"))
                    .recorded(),
                _ => call,
            }
        })
        .collect();
    env.end(&calls).await;
    env
}

async fn connect_aircall(env: &TestEnv) {
    let info = env.running.stack.info();
    let key = json!({"api_id": info.aircall_api_id, "api_token": info.aircall_api_token});
    let answer = env.admin(Method::PUT, "/api/connections/aircall").json(&key).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn the_activity_pages_pass_all_page_checks() {
    let env = busy_env().await;
    let admin = BrowserUser::admin_of(&env).await;
    let mut checks = PageChecks::default();
    checks.check_page(&admin, "activity", "/activity").await;
    checks.check_page(&admin, "activity-failed", "/activity?outcome=failed").await;
    checks.check_page(&admin, "activity-nothing-found", "/activity?search=%2B15550100999").await;
    checks.check_page(&admin, "activity-wrong-filter", "/activity?search=!!&from=2026-03-02&until=2026-03-01").await;
    checks.check_page(&admin, "activity-skipped", "/activity?outcome=skipped").await;
    checks.check_page(&admin, "decide-again", "/activity/decide-again?outcome=skipped").await;
    checks.check_page(&admin, "decide-again-nothing", "/activity/decide-again?search=call-1").await;
    checks.check_page(&admin, "entry-logged", "/activity/call-1000").await;
    checks.check_page(&admin, "entry-failed", "/activity/call-1001").await;
    checks.check_page(&admin, "entry-skipped", "/activity/call-1002").await;
    checks.assert_passed();
    admin.close().await;
}

#[tokio::test]
async fn the_preview_passes_all_page_checks() {
    let env = TestEnv::new().await;
    connect_aircall(&env).await;
    env.contact("Lou Sample", "+33639980001");
    let admin = BrowserUser::admin_of(&env).await;
    let mut checks = PageChecks::default();
    checks.check_page(&admin, "activity-empty", "/activity").await;
    checks.check_page(&admin, "preview", "/preview").await;
    admin.open("/preview").await;
    admin.fill("#number", "+33 6 39 98 00 01").await;
    admin.click_on("button[name=of][value=call]").await;
    admin.wait_for_text("It would be logged").await;
    checks.check_form_result(&admin, "preview-logged").await;
    admin.open("/preview").await;
    admin.fill("#number", "12").await;
    admin.click_on("button[name=of][value=call]").await;
    admin.wait_for_text("is a short code").await;
    checks.check_form_result(&admin, "preview-odd-number").await;
    admin.open("/preview").await;
    admin.fill("#field_text", "+33 6 12 34 56 78 ext. 12 / +1 415 555 0132").await;
    admin.click_on("button[name=of][value=field]").await;
    admin.wait_for_text("What the phone field means").await;
    checks.check_form_result(&admin, "preview-phone-field").await;
    admin.open("/preview").await;
    admin.fill("#field_text", "Private number").await;
    admin.click_on("button[name=of][value=field]").await;
    admin.wait_for_text("There is no phone number in it.").await;
    checks.check_form_result(&admin, "preview-phone-field-empty").await;
    checks.assert_passed();
    admin.close().await;
}

#[tokio::test]
async fn the_users_page_passes_all_page_checks() {
    let env = TestEnv::new().await;
    connect_aircall(&env).await;
    env.insert("User", json!({"Username": "kim@example.com", "LastName": "Kim", "Email": "kim@example.com"}));
    let admin = BrowserUser::admin_of(&env).await;
    let mut checks = PageChecks::default();
    checks.check_page(&admin, "users", "/users").await;
    checks.check_page(&admin, "users-choosing", "/users?choose=2002").await;
    checks.assert_passed();
    admin.close().await;
}

#[tokio::test]
async fn the_settings_pages_pass_all_page_checks() {
    let env = TestEnv::new().await;
    connect_aircall(&env).await;
    let week = json!({"monday": [{"opens": "09:00", "closes": "12:30"}, {"opens": "13:30", "closes": "18:00"}], "friday": [{"opens": "09:00", "closes": "15:00"}]});
    let schedule = json!({"time_zone": "Europe/Vienna", "weekly": week, "holidays": ["2026-12-25", "2027-01-01"]});
    let hours = json!({"log_calls": "during_business_hours", "schedule": schedule, "numbers": {"1003": schedule}});
    env.put_settings(json!({"business_hours": hours, "relate_to": "case", "create_case_if_none": true})).await;
    env.put_settings(json!({"unknown_number": "create_lead"})).await;
    let admin = BrowserUser::admin_of(&env).await;
    let mut checks = PageChecks::default();
    checks.check_page(&admin, "call-workflow", "/call-workflow").await;
    checks.check_page(&admin, "general", "/general").await;
    checks.check_page(&admin, "history", "/history").await;
    checks.check_page(&admin, "restore", "/history/1").await;
    checks.check_page(&admin, "no-such-page", "/nothing-here").await;
    admin.open("/general").await;
    admin.fill("#api_usage_limit", "95").await;
    admin.script("document.querySelector('#api_usage_limit').removeAttribute('max')").await;
    admin.fill("#api_usage_limit", "950").await;
    admin.press("Save changes").await;
    admin.wait_for_text("Nothing was saved yet").await;
    checks.check_form_result(&admin, "general-wrong").await;
    checks.assert_passed();
    // The last page has unsaved input, so the browser quits without the checks of `close`.
    admin.driver.quit().await.unwrap();
}

#[tokio::test]
async fn the_connection_pages_pass_all_page_checks() {
    let without_field = salesforce_sandbox::Options { unique_key_field: false, ..Default::default() };
    let env = TestEnv::with(without_field).await;
    let admin = BrowserUser::admin_of(&env).await;
    let mut checks = PageChecks::default();
    checks.check_page(&admin, "connections-half", "/connections").await;
    connect_aircall(&env).await;
    checks.check_page(&admin, "connections", "/connections").await;
    checks.check_page(&admin, "org-check", "/connections/salesforce/check").await;
    admin.open("/connections/salesforce/check").await;
    admin.press("Set up now").await;
    checks.check_form_result(&admin, "org-set-up").await;
    admin.open("/connections/salesforce/check").await;
    assert!(!admin.text().await.contains("Set up now"), "it is set up");
    checks.check_page(&admin, "tokens-none", "/tokens").await;
    admin.open("/tokens").await;
    admin.fill("#name", "Nightly report").await;
    admin.press("Create token").await;
    admin.wait_for_text("It is not shown again.").await;
    checks.check_form_result(&admin, "tokens-made").await;
    checks.check_page(&admin, "tokens", "/tokens").await;
    checks.assert_passed();
    admin.close().await;
}

#[tokio::test]
async fn the_sign_in_page_passes_all_page_checks() {
    let running = crate::support::Running::shared();
    let user = BrowserUser::new(&running.stack.info().console_url).await;
    let mut checks = PageChecks::default();
    checks.check_page(&user, "login", "/login").await;
    checks.check_page(&user, "login-wrong-domain", "/login?domain=example.com").await;
    checks.assert_passed();
    user.close().await;
}

//! Refresh token rotation, where each refresh invalidates the token that it used: no token is used twice, and this system
//! never invalidates its own connection.

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::CallBody;
use reqwest::{Method, StatusCode};
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::TestEnv;

const TOKEN: &str = "/services/oauth2/token";

/// An environment in an org that rotates refresh tokens, with a Contact for the calls' phone number.
async fn env() -> TestEnv {
    let env = TestEnv::with(Options { rotate_refresh_tokens: true, ..Options::default() }).await;
    env.contact("Lou Sample", "+33639980001");
    env
}

/// The number of refreshes so far.
async fn refreshes(env: &TestEnv) -> usize {
    env.api_calls().await.count("POST", TOKEN)
}

/// Asserts that the org is connected and that the stored refresh token is valid.
async fn assert_alive(env: &TestEnv) {
    let connection = env.connection().await;
    assert_eq!(connection["state"], "connected", "{connection:#}");
    assert!(env.tenant.org.has_grant(env.tokens().await["refresh_token"].as_str().unwrap()), "a dead token is stored");
}

/// Asserts that each of these calls is logged once.
fn assert_logged_once(env: &TestEnv, calls: &[CallBody]) {
    for call in calls {
        env.task(call);
    }
    assert_eq!(env.records("Task").len(), calls.len());
}

/// Stores the tokens of a new grant, as when an admin connects the org again.
async fn connect_again(env: &TestEnv) {
    let grant = env.tenant.org.issue_grant(&env.tenant.org.admin_user_id());
    let mut tokens = env.tokens().await;
    tokens["access_token"] = json!(grant.access_token);
    tokens["refresh_token"] = json!(grant.refresh_token);
    env.put_tokens(&tokens).await;
}

/// Waits until the token endpoint has received the request that the scripted fault is for.
async fn wait_for_refresh(env: &TestEnv) {
    env.until("a refresh is under way", async |env| env.faults_left().await == json!([])).await;
}

/// Runs two writers concurrently whose session has expired, while a refresh takes `delay_ms`.
async fn two_writers(delay_ms: u64) -> (TestEnv, Vec<CallBody>) {
    let env = env().await;
    let calls: Vec<_> = (1..=20).map(CallBody::inbound).collect();
    env.hold_writer().await;
    env.post_all(calls.iter().map(|call| call.event("call.ended"))).await;
    env.wait_for_empty_queues().await;
    env.expire_sessions().await;
    env.fault(json!([{"path": TOKEN, "delay_ms": delay_ms}])).await;
    env.break_lease().await;
    let other = async {
        wait_for_refresh(&env).await;
        // As if the first writer's lease had expired: only the refresh lease separates the two.
        env.break_lease().await;
        env.run_another_writer().await;
    };
    tokio::join!(env.run_another_writer(), other);
    env.wake().await;
    (env, calls)
}

#[tokio::test]
async fn two_writers_at_once_refresh_once() {
    let (env, calls) = two_writers(900).await;
    env.wait_until_idle().await;
    assert_logged_once(&env, &calls);
    assert_alive(&env).await;
    assert_eq!(refreshes(&env).await, 1);
}

#[tokio::test]
async fn a_writer_that_gives_up_waiting_for_anothers_refresh_retries() {
    let (env, calls) = two_writers(7_000).await;
    env.wait_until_idle().await;
    assert_logged_once(&env, &calls);
    assert_alive(&env).await;
    assert_eq!(refreshes(&env).await, 1);
}

#[tokio::test]
async fn sessions_that_expire_one_after_the_other_cost_one_refresh_each() {
    let env = env().await;
    let calls = [1, 2, 3, 4, 5].map(CallBody::inbound);
    for call in &calls {
        env.expire_sessions().await;
        env.end([call]).await;
    }
    assert_logged_once(&env, &calls);
    assert_alive(&env).await;
    assert_eq!(refreshes(&env).await, calls.len());
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_does_not_kill_the_connection() {
    let env = env().await;
    env.expire_sessions().await;
    env.fault(
        json!([{"path": TOKEN, "status": 503, "body": "<html>Down</html>", "times": 3}, {"path": TOKEN, "drop": true}]),
    )
    .await;
    let call = CallBody::inbound(1);
    env.post(call.event("call.ended")).await;
    env.until("the org is paused", async |env| env.connection().await["state"] == "paused").await;
    env.wait_until_idle().await;
    assert_logged_once(&env, &[call]);
    assert_alive(&env).await;
}

#[tokio::test]
async fn a_session_that_a_policy_blocks_is_not_refreshed() {
    let env = env().await;
    let body =
        json!([{"errorCode": "INVALID_SESSION_ID", "message": "This session is not valid for use with the REST API"}]);
    env.fault(json!([{"path": "/services/data", "status": 401, "body": body, "times": 99}])).await;
    env.post(CallBody::inbound(1).event("call.ended")).await;
    env.until("a reconnect is needed", async |env| env.connection().await["state"] == "reconnect_needed").await;
    assert_eq!(refreshes(&env).await, 0);
}

#[tokio::test]
async fn a_refresh_token_that_somebody_else_used_is_reported_and_replaced_by_reconnecting() {
    let env = env().await;
    // Somebody with a copy of the stored refresh token uses it first.
    let stored = env.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    let org = &env.tenant.org;
    let answer = env.refresh_as_somebody_else(&stored).await;
    let theirs = answer["refresh_token"].as_str().expect("a new one").to_owned();
    assert!(org.has_grant(&theirs) && !org.has_grant(&stored));
    env.expire_sessions().await;
    let call = CallBody::inbound(1);
    env.post(call.event("call.ended")).await;
    env.until("a reconnect is needed", async |env| env.connection().await["state"] == "reconnect_needed").await;
    // Using it again has invalidated their token too.
    assert!(!org.has_grant(&theirs));
    assert_eq!(refreshes(&env).await, 2, "one of theirs and one of ours: no invalid token is used twice");
    let reason = "Salesforce no longer accepts this connection: expired access/refresh token.";
    assert_eq!(env.connection().await["reason"], reason);
    let entry = env.activity(&call.key()).await;
    assert_eq!(
        [&entry["state"], &entry["reason"]],
        ["pending", &format!("Waiting until Salesforce is connected again: {reason}")]
    );

    connect_again(&env).await;
    env.forget_connection_state().await;
    env.make_due(&call.key()).await;
    env.wake().await;
    env.wait_until_idle().await;
    assert_logged_once(&env, &[call]);
    assert_alive(&env).await;
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_costs_the_connection_only_where_tokens_rotate() {
    for rotate_refresh_tokens in [false, true] {
        let env = TestEnv::with(Options { rotate_refresh_tokens, ..Options::default() }).await;
        env.contact("Lou Sample", "+33639980001");
        env.expire_sessions().await;
        env.fault(json!([{"path": TOKEN, "drop": true, "commit": true}])).await;
        let call = CallBody::inbound(1);
        env.post(call.event("call.ended")).await;
        if rotate_refresh_tokens {
            env.until("a reconnect is needed", async |env| env.connection().await["state"] == "reconnect_needed").await;
            assert_eq!(env.activity(&call.key()).await["state"], "pending");
        } else {
            env.wait_until_idle().await;
            assert_logged_once(&env, &[call]);
            assert_alive(&env).await;
        }
    }
}

#[tokio::test]
async fn tokens_that_an_admin_stores_while_ours_are_refused_are_used() {
    let env = env().await;
    env.expire_sessions().await;
    let body = json!({"error": "invalid_grant", "error_description": "expired access/refresh token"});
    env.fault(json!([{"path": TOKEN, "status": 400, "body": body, "delay_ms": 1_500}])).await;
    let call = CallBody::inbound(1);
    env.post(call.event("call.ended")).await;
    wait_for_refresh(&env).await;
    connect_again(&env).await;
    env.wait_until_idle().await;
    assert_logged_once(&env, &[call]);
    assert_alive(&env).await;
    assert_eq!(refreshes(&env).await, 1);
}

#[tokio::test]
async fn an_org_that_has_moved_is_found_at_its_new_address() {
    let env = env().await;
    env.end([&CallBody::inbound(1)]).await;
    let proxy = env.move_org(|_, _| None).await;
    let call = CallBody::inbound(2).from("+33 6 39 98 00 02");
    env.contact("Lee Sample", "+33639980002");
    env.end([&call]).await;
    env.task(&call);
    assert!(proxy.requests() >= 2, "{} requests", proxy.requests());
    assert_eq!(env.tokens().await["instance_url"].as_str().unwrap().trim_end_matches('/'), proxy.url);
    assert_alive(&env).await;
}

#[tokio::test]
async fn a_redirect_or_421_makes_the_writer_refresh_and_use_the_new_address() {
    for status in [301, 307, 421] {
        let env = env().await;
        let headers = json!({"location": "https://moved.example.com/services/data"});
        env.fault(json!([{"path": "/services/data", "status": status, "headers": headers}])).await;
        let call = CallBody::inbound(1);
        env.end([&call]).await;
        assert_logged_once(&env, &[call]);
        assert_eq!(refreshes(&env).await, 1, "{status}");
    }
}

impl TestEnv {
    /// Uses a refresh token as somebody who has a copy of it and of the app's secret.
    async fn refresh_as_somebody_else(&self, refresh_token: &str) -> Value {
        let org = &self.tenant.org;
        let (id, secret) = (org.client_id(), org.client_secret());
        let form =
            format!("grant_type=refresh_token&client_id={id}&client_secret={secret}&refresh_token={refresh_token}");
        let request = self.request(format!("{}{TOKEN}", self.tenant.salesforce_url));
        let answer =
            request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }
}

#[tokio::test]
async fn the_console_stores_the_tokens_of_a_session_that_it_renews() {
    let env = env().await;
    let before = env.tokens().await;
    env.expire_sessions().await;
    let page = env.admin(Method::GET, "/connections/salesforce/check").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(refreshes(&env).await, 1);
    let after = env.tokens().await;
    assert!(after["access_token"] != before["access_token"] && after["refresh_token"] != before["refresh_token"]);
    assert_alive(&env).await;
}

/// Makes the tenant's grant one that was made, and last refreshed, this many days ago, and runs the schedule.
async fn a_quiet_time(env: &TestEnv, days: i64) {
    let at = (Timestamp::now() - SignedDuration::from_hours(days * 24)).as_second().to_string();
    env.update_tenant(json!({
        "UpdateExpression": "SET salesforce.connected_at = :at REMOVE grant_refreshed_at, org_checked_at",
        "ExpressionAttributeValues": {":at": {"N": at}},
    }))
    .await;
    let schedule = env.running.stack.info().schedules["ReconcileFunctionGrants"].clone();
    assert!(env.request(schedule).send().await.unwrap().status().is_success());
    env.wait_for_empty_queues().await;
}

#[tokio::test]
async fn the_grant_of_a_quiet_org_is_refreshed_every_week() {
    let env = env().await;
    a_quiet_time(&env, 6).await;
    assert_eq!(refreshes(&env).await, 0);
    for week in 1..=4 {
        a_quiet_time(&env, 7).await;
        assert_eq!(refreshes(&env).await, week);
        assert_alive(&env).await;
    }
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_logged_once(&env, &[call]);
    assert_eq!(refreshes(&env).await, 4, "the session that the last refresh began is used");
}

#[tokio::test]
async fn the_dead_grant_of_a_quiet_org_is_found_before_a_call_comes() {
    let env = env().await;
    let stored = env.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    env.refresh_as_somebody_else(&stored).await;
    a_quiet_time(&env, 8).await;
    assert_eq!(env.connection().await["state"], "reconnect_needed");

    connect_again(&env).await;
    env.forget_connection_state().await;
    a_quiet_time(&env, 8).await;
    assert_alive(&env).await;
}

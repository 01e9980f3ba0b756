//! Tokens where each refresh kills the token that it used: nobody uses one twice, and no connection dies of us.

use local::demo::bodies::CallBody;
use reqwest::StatusCode;
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::World;

const TOKEN: &str = "/services/oauth2/token";

/// A world with a Contact of the callers, in an org that rotates refresh tokens.
async fn world() -> World {
    let world = World::with(Options { rotate_refresh_tokens: true, ..Options::default() }).await;
    world.contact("Lou Sample", "+33639980001");
    world
}

/// How many refreshes there were.
async fn refreshes(world: &World) -> usize {
    world.api_calls().await.of("POST", TOKEN)
}

/// The connection is alive, and the stored refresh token is the one that counts.
async fn is_alive(world: &World) {
    let connection = world.connection().await;
    assert_eq!(connection["state"], "connected", "{connection:#}");
    assert!(
        world.tenant.org.has_grant(world.tokens().await["refresh_token"].as_str().unwrap()),
        "a dead token is stored"
    );
}

/// Each of these calls is logged once.
fn are_logged_once(world: &World, calls: &[CallBody]) {
    for call in calls {
        world.task(call);
    }
    assert_eq!(world.records("Task").len(), calls.len());
}

/// New tokens of a new grant, as an admin who connects the org again gets them.
async fn connect_again(world: &World) {
    let grant = world.tenant.org.issue_grant(&world.tenant.org.admin_user_id());
    let mut tokens = world.tokens().await;
    tokens["access_token"] = json!(grant.access_token);
    tokens["refresh_token"] = json!(grant.refresh_token);
    world.put_tokens(&tokens).await;
}

/// The token endpoint has taken up what was scripted for it.
async fn refresh_is_under_way(world: &World) {
    world.until("a refresh is under way", async |world| world.faults_left().await == json!([])).await;
}

/// Two writers at once, whose session has expired, while a refresh takes so long.
async fn two_writers(delay_ms: u64) -> (World, Vec<CallBody>) {
    let world = world().await;
    let calls: Vec<_> = (1..=20).map(CallBody::inbound).collect();
    world.hold_writer().await;
    world.post_all(calls.iter().map(|call| call.event("call.ended"))).await;
    world.all_bells_are_heard().await;
    world.expire_sessions().await;
    world.fault(json!([{"path": TOKEN, "delay_ms": delay_ms}])).await;
    world.break_lease().await;
    let other = async {
        refresh_is_under_way(&world).await;
        // As if the lease of the first had run out: only the tokens' own lease keeps them apart.
        world.break_lease().await;
        world.run_another_writer().await;
    };
    tokio::join!(world.run_another_writer(), other);
    world.ring().await;
    (world, calls)
}

#[tokio::test]
async fn two_writers_at_once_refresh_once() {
    let (world, calls) = two_writers(900).await;
    world.settle().await;
    are_logged_once(&world, &calls);
    is_alive(&world).await;
    assert_eq!(refreshes(&world).await, 1);
}

#[tokio::test]
async fn a_writer_that_waits_in_vain_for_the_others_refresh_comes_again() {
    let (world, calls) = two_writers(7_000).await;
    world.settle().await;
    are_logged_once(&world, &calls);
    is_alive(&world).await;
    assert_eq!(refreshes(&world).await, 1);
}

#[tokio::test]
async fn many_sessions_that_expire_one_after_the_other_cost_a_refresh_each() {
    let world = world().await;
    let calls = [1, 2, 3, 4, 5].map(CallBody::inbound);
    for call in &calls {
        world.expire_sessions().await;
        world.end([call]).await;
    }
    are_logged_once(&world, &calls);
    is_alive(&world).await;
    assert_eq!(refreshes(&world).await, calls.len());
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_kills_nothing() {
    let world = world().await;
    world.expire_sessions().await;
    world.fault(json!([{"path": TOKEN, "status": 503, "body": "<html>Down</html>", "times": 3}, {"path": TOKEN, "drop": true}])).await;
    let call = CallBody::inbound(1);
    world.post(call.event("call.ended")).await;
    world.until("the org is paused", async |world| world.connection().await["state"] == "paused").await;
    world.settle().await;
    are_logged_once(&world, &[call]);
    is_alive(&world).await;
}

#[tokio::test]
async fn a_policy_that_keeps_the_token_out_is_no_reason_to_refresh() {
    let world = world().await;
    let body =
        json!([{"errorCode": "INVALID_SESSION_ID", "message": "This session is not valid for use with the REST API"}]);
    world.fault(json!([{"path": "/services/data", "status": 401, "body": body, "times": 99}])).await;
    world.post(CallBody::inbound(1).event("call.ended")).await;
    world.until("an admin is asked", async |world| world.connection().await["state"] == "reconnect_needed").await;
    assert_eq!(refreshes(&world).await, 0);
}

#[tokio::test]
async fn a_token_that_somebody_else_used_up_is_shown_and_mended_by_connecting_again() {
    let world = world().await;
    // Somebody has a copy of our refresh token, and was first.
    let stored = world.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    let org = &world.tenant.org;
    let answer = world.refresh_as_somebody_else(&stored).await;
    let theirs = answer["refresh_token"].as_str().expect("a new one").to_owned();
    assert!(org.has_grant(&theirs) && !org.has_grant(&stored));
    world.expire_sessions().await;
    let call = CallBody::inbound(1);
    world.post(call.event("call.ended")).await;
    world.until("an admin is asked", async |world| world.connection().await["state"] == "reconnect_needed").await;
    // Using it again has killed theirs as well.
    assert!(!org.has_grant(&theirs));
    assert_eq!(refreshes(&world).await, 2, "one of theirs, and one of ours: no dead token is used twice");
    let reason = "Salesforce no longer accepts this connection: expired access/refresh token.";
    assert_eq!(world.connection().await["reason"], reason);
    let entry = world.activity(&call.key()).await;
    assert_eq!(
        [&entry["state"], &entry["reason"]],
        ["pending", &format!("Waiting until Salesforce is connected again: {reason}")]
    );

    connect_again(&world).await;
    world.forget_connection_state().await;
    world.make_due(&call.key()).await;
    world.ring().await;
    world.settle().await;
    are_logged_once(&world, &[call]);
    is_alive(&world).await;
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_costs_the_connection_only_where_tokens_rotate() {
    for rotate_refresh_tokens in [false, true] {
        let world = World::with(Options { rotate_refresh_tokens, ..Options::default() }).await;
        world.contact("Lou Sample", "+33639980001");
        world.expire_sessions().await;
        world.fault(json!([{"path": TOKEN, "drop": true, "commit": true}])).await;
        let call = CallBody::inbound(1);
        world.post(call.event("call.ended")).await;
        if rotate_refresh_tokens {
            world
                .until("an admin is asked", async |world| world.connection().await["state"] == "reconnect_needed")
                .await;
            assert_eq!(world.activity(&call.key()).await["state"], "pending");
        } else {
            world.settle().await;
            are_logged_once(&world, &[call]);
            is_alive(&world).await;
        }
    }
}

#[tokio::test]
async fn tokens_that_an_admin_stores_while_ours_are_refused_are_taken() {
    let world = world().await;
    world.expire_sessions().await;
    let body = json!({"error": "invalid_grant", "error_description": "expired access/refresh token"});
    world.fault(json!([{"path": TOKEN, "status": 400, "body": body, "delay_ms": 1_500}])).await;
    let call = CallBody::inbound(1);
    world.post(call.event("call.ended")).await;
    refresh_is_under_way(&world).await;
    connect_again(&world).await;
    world.settle().await;
    are_logged_once(&world, &[call]);
    is_alive(&world).await;
    assert_eq!(refreshes(&world).await, 1);
}

#[tokio::test]
async fn an_org_that_has_moved_is_found_at_its_new_address() {
    let world = world().await;
    world.end([&CallBody::inbound(1)]).await;
    let door = world.move_org(|_, _| None).await;
    let call = CallBody::inbound(2).from("+33 6 39 98 00 02");
    world.contact("Lee Sample", "+33639980002");
    world.end([&call]).await;
    world.task(&call);
    assert!(door.requests() >= 2, "{} requests", door.requests());
    assert_eq!(world.tokens().await["instance_url"].as_str().unwrap().trim_end_matches('/'), door.url);
    is_alive(&world).await;
}

#[tokio::test]
async fn an_address_that_leads_to_another_one_is_left_for_it() {
    for status in [301, 307, 421] {
        let world = world().await;
        let headers = json!({"location": "https://moved.example.com/services/data"});
        world.fault(json!([{"path": "/services/data", "status": status, "headers": headers}])).await;
        let call = CallBody::inbound(1);
        world.end([&call]).await;
        are_logged_once(&world, &[call]);
        assert_eq!(refreshes(&world).await, 1, "{status}");
    }
}

impl World {
    /// Uses a refresh token, as whoever has a copy of it and the app's secret.
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

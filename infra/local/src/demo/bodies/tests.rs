//! The bodies have and lack the same fields as captured ones.

use serde_json::{Value, json};

use super::{CallBody, Contact, User};

fn robin() -> User {
    User::new(2002, "Robin Rep", "robin.rep@example.com")
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["event"].as_str()).collect()
}

#[test]
fn a_missed_call_names_an_agent_only_while_it_rings() {
    let call = CallBody::inbound(1).by(&robin());
    assert_eq!(call.event("call.ringing_on_agent")["data"]["user"]["email"], "robin.rep@example.com");
    for event in ["call.created", "call.hungup", "call.ended"] {
        assert!(!call.event(event)["data"].as_object().unwrap().contains_key("user"), "{event}");
    }
}

#[test]
fn hungup_has_no_voicemail_yet_and_ended_has_it() {
    let call = CallBody::inbound(1).lasting(17).voicemail();
    let hungup = &call.event("call.hungup")["data"];
    assert_eq!(
        (&hungup["status"], &hungup["voicemail"], &hungup["asset"]),
        (&json!("done"), &json!(null), &json!(null))
    );
    assert_eq!((&hungup["duration"], &hungup["missed_call_reason"]), (&json!(17), &json!("agents_did_not_answer")));
    let ended = call.event("call.ended");
    assert_eq!(ended["timestamp"], hungup["ended_at"].as_i64().unwrap() + 30);
    assert_eq!(ended["data"]["asset"], "https://assets.aircall.io/calls/1/voicemail");
    assert!(ended["data"]["voicemail"].is_string());
}

#[test]
fn a_snapshot_has_nothing_of_later_events() {
    let call = CallBody::outbound(1).answered_after(5).lasting(15).tagged("Order").commented("Two more.");
    let created = &call.event("call.created")["data"];
    assert_eq!(
        (&created["status"], &created["duration"], &created["answered_at"]),
        (&json!("initial"), &json!(0), &json!(null))
    );
    assert_eq!(call.event("call.answered")["data"]["ended_at"], json!(null));
    assert_eq!(call.event("call.hungup")["data"]["tags"], json!([]));
    assert_eq!(call.event("call.tagged")["data"]["tags"][0]["name"], "Order");
    assert_eq!(call.event("call.ended")["data"]["comments"], json!([]));
    assert_eq!(call.event("call.commented")["data"]["comments"][0]["content"], "Two more.");
}

#[test]
fn events_come_in_the_order_in_which_they_are_built() {
    let call = CallBody::inbound(1).by(&robin()).voicemail().tagged("Callback").commented("Called back.");
    let events = call.all_events();
    let expected = [
        "call.created",
        "call.ringing_on_agent",
        "call.hungup",
        "call.tagged",
        "call.ended",
        "call.voicemail_left",
        "call.commented",
    ];
    assert_eq!(names(&events), expected);
    let times: Vec<i64> = events.iter().map(|event| event["timestamp"].as_i64().unwrap()).collect();
    assert!(times.is_sorted());
}

#[test]
fn two_tags_are_two_events_and_the_last_has_both() {
    let call = CallBody::inbound(1).answered_after(3).by(&robin()).tagged("One").tagged_after(600, "Two");
    assert_eq!(names(&call.all_events()).iter().filter(|name| **name == "call.tagged").count(), 2);
    assert_eq!(call.event("call.tagged")["data"]["tags"].as_array().unwrap().len(), 2);
}

#[test]
fn a_recording_follows_after_ended() {
    let call = CallBody::outbound(1).answered_after(5).lasting(15).recorded();
    assert_eq!(call.event("call.ended")["data"]["recording"], json!(null));
    assert!(call.event("call.comm_assets_generated")["data"]["recording"].is_string());
}

#[test]
fn the_keys_are_those_of_a_captured_body() {
    let body = CallBody::outbound(1).token("secret").event("call.ended");
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&body), ["data", "event", "resource", "timestamp", "token"]);
    let call = [
        "answered_at",
        "archived",
        "asset",
        "comments",
        "cost",
        "direct_link",
        "direction",
        "duration",
        "ended_at",
        "hangup_cause",
        "id",
        "missed_call_reason",
        "number",
        "raw_digits",
        "recording",
        "started_at",
        "status",
        "tags",
        "teams",
        "user",
        "voicemail",
    ];
    assert_eq!(keys(&body["data"]), call);
    let known = CallBody::inbound(1).known_as(&Contact::new("Lou", "Sample")).event("call.created");
    assert_eq!(known["data"]["contact"]["first_name"], "Lou");
}

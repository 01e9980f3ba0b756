//! Webhook bodies of calls: genuine, odd and malformed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aircall::webhook::is_of_interest;
use aircall::{Webhook, WebhookError};
use proptest::prelude::*;
use rules::{Direction, MissedCallReason, Party, Snapshot};
use serde_json::{Value, json};

/// Parses a body that was received in April 2026.
fn parse(body: &str) -> Result<Webhook, WebhookError> {
    Webhook::parse(body, "2026-04-01T00:00:00Z".parse().unwrap())
}

/// A `call.ended` of a missed call, modelled on a captured one.
fn ended() -> Value {
    json!({
        "resource": "call", "event": "call.ended", "timestamp": 1_774_260_031, "token": "t",
        "data": {
            "id": 780_001, "direct_link": "https://api.aircall.io/v1/calls/780001", "direction": "inbound",
            "status": "done", "missed_call_reason": "agents_did_not_answer", "started_at": 1_774_259_984,
            "answered_at": null, "ended_at": 1_774_260_001, "duration": 17, "cost": "0.0", "hangup_cause": null,
            "voicemail": null, "recording": null, "asset": null, "raw_digits": "+44 20 7946 0958",
            "number": {"id": 397_375, "name": "Product line", "digits": "+43 1 234567", "country": "AT",
                "time_zone": "Europe/Vienna", "open": true, "availability_status": "custom", "messages": {}},
            "archived": false, "teams": [], "comments": [], "tags": []
        }
    })
}

fn read(body: &Value) -> Snapshot {
    match parse(&body.to_string()).unwrap() {
        Webhook::Call(report) => Snapshot { event: report.event, at: report.at, call: report.call() },
        Webhook::Message(_) | Webhook::Uninstalled(_) | Webhook::Other => panic!("not a call"),
    }
}

/// Parses [`ended`] with `value` at `pointer`.
fn read_with(pointer: &str, value: Value) -> Snapshot {
    let mut body = ended();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[key] = value;
    read(&body)
}

#[track_caller]
fn check_refused(pointer: &str, value: Value, expected: &str) {
    let mut body = ended();
    *body.pointer_mut(pointer).unwrap() = value;
    if pointer == "/data" {
        body["timestamp"] = json!(0);
    }
    assert_eq!(parse(&body.to_string()).unwrap_err().to_string(), expected);
}

#[test]
fn all_fields_of_a_missed_call_are_read() {
    let snapshot = read(&ended());
    assert_eq!(snapshot.at.as_second(), 1_774_260_031);
    let call = snapshot.call;
    assert_eq!((call.id.0, call.direction), (780_001, Direction::Inbound));
    assert_eq!(call.missed_call_reason, Some(MissedCallReason::AgentsDidNotAnswer));
    assert_eq!(call.party.phone().unwrap().as_str(), "+442079460958");
    assert_eq!(call.line.time_zone.as_deref(), Some("Europe/Vienna"));
    assert_eq!((call.user, call.contact, call.voicemail), (None, None, None));
}

#[test]
fn an_empty_user_object_means_no_user() {
    assert_eq!(read_with("/data/user", json!({})).call.user, None);
    assert_eq!(read_with("/data/user", json!(null)).call.user, None);
}

#[test]
fn times_may_be_milliseconds_or_iso_8601() {
    for time in [json!(1_774_259_984_000_i64), json!("2026-03-23T09:59:44Z"), json!("1774259984")] {
        assert_eq!(read_with("/data/started_at", time).call.started_at.as_second(), 1_774_259_984);
    }
}

#[test]
fn ids_may_be_text() {
    assert_eq!(read_with("/data/id", json!("780001")).call.id.0, 780_001);
}

#[test]
fn a_caller_without_a_number_is_anonymous() {
    assert_eq!(read_with("/data/raw_digits", json!("anonymous")).call.party, Party::Anonymous);
    assert_eq!(read_with("/data/raw_digits", json!(null)).call.party, Party::Anonymous);
}

#[test]
fn a_short_code_is_not_a_phone_number() {
    assert_eq!(read_with("/data/raw_digits", json!("3030")).call.party, Party::Unusable("3030".to_owned()));
}

#[test]
fn a_contacts_company_is_read_from_either_field() {
    for (key, other) in [("company", "x"), ("company_name", "y")] {
        let contact = json!({"id": 1, "first_name": "Ada", "last_name": "", key: "Example Ltd", "other": other,
            "emails": [{"value": "ada@example.com"}, {"value": "second@example.com"}]});
        let contact = read_with("/data/contact", contact).call.contact.unwrap();
        assert_eq!(contact.company_name.as_deref(), Some("Example Ltd"));
        assert_eq!((contact.first_name.as_deref(), contact.last_name.as_deref()), (Some("Ada"), None));
        assert_eq!(contact.email.as_deref(), Some("ada@example.com"));
    }
}

#[test]
fn a_comment_through_the_api_has_no_author() {
    let comments = json!([{"id": 1, "content": "Call back", "posted_at": 1_774_260_100, "posted_by": null}, "odd", {}]);
    let comments = read_with("/data/comments", comments).call.comments;
    assert_eq!(comments.len(), 1);
    assert_eq!((comments[0].content.as_str(), &comments[0].posted_by), ("Call back", &None));
}

#[test]
fn unknown_fields_and_events_are_ignored() {
    read_with("/data/brand_new", json!({"deep": [1]}));
    let mut body = ended();
    body["event"] = json!("call.teleported");
    assert_eq!(parse(&body.to_string()).unwrap(), Webhook::Other);
    assert!(!is_of_interest("call.teleported") && !is_of_interest("user.connected") && is_of_interest("call.ended"));
}

#[test]
fn an_uninstalled_app_is_known_by_the_event_alone() {
    let at = |body: &str| match parse(body).unwrap() {
        Webhook::Uninstalled(at) => at.map(jiff::Timestamp::as_second),
        other => panic!("{other:?}"),
    };
    let body = r#"{"event":"integration.deleted","resource":"integration","timestamp":1774254600,"token":"x",
        "data":{"integration_id":7,"company_id":8}}"#;
    assert_eq!(at(body), Some(1_774_254_600));
    assert_eq!(at(r#"{"event":"Integration.Deleted"}"#), None);
    for event in ["integration.deleted", "ai_voice_agent.summary", "call.hungup"] {
        assert!(is_of_interest(event), "{event}");
    }
}

#[test]
fn a_missing_or_malformed_required_field_is_reported() {
    check_refused("/data/id", json!("abc"), "data.id: is missing or malformed");
    check_refused("/data", json!([]), "data: is not an object");
    check_refused("/data", json!(null), "data: is missing");
    check_refused("/event", json!(7), "event: is missing or not a text");
    check_refused("/data", json!({"id": 7}), "timestamp: is missing or not a time");
}

#[test]
fn odd_values_in_unused_fields_do_not_fail_the_call() {
    let body = ended().to_string();
    for odd in ["1e999", "\"cut \\ud83d\"", &format!("{}{}", "[".repeat(5000), "]".repeat(5000))] {
        let body = body.replace("\"cost\":\"0.0\"", &format!("\"cost\":{odd}"));
        assert!(matches!(parse(&body), Ok(Webhook::Call(_))), "{odd:.20}");
    }
    let cut = body.replace("Product line", "Product \\ud83d");
    assert!(matches!(parse(&cut), Ok(Webhook::Call(_))));
}

proptest! {
    /// Parsing returns a call or an error and never panics, whatever the value of any field.
    #[test]
    fn no_value_of_any_field_panics(field in 0usize..24, value in any_json()) {
        let mut body = ended();
        let keys: Vec<String> = body["data"].as_object().unwrap().keys().cloned().collect();
        body["data"][&keys[field % keys.len()]] = value;
        let _ = parse(&body.to_string());
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z_]{1,8}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

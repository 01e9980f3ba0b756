//! Message bodies in every form that was seen or described.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aircall::{Webhook, WebhookError};
use proptest::prelude::*;
use rules::{Channel, Direction, MessageEvent, MessageSnapshot, Party};
use serde_json::{Value, json};

/// Parses a body that was received in April 2026.
fn parse(body: &str) -> Result<Webhook, WebhookError> {
    Webhook::parse(body, "2026-04-01T00:00:00Z".parse().unwrap())
}

/// A `message.received` whose fields are directly in `data`.
fn received() -> Value {
    json!({
        "resource": "message", "event": "message.received", "timestamp": 1_774_260_001, "token": "t",
        "data": {
            "id": "1774260000123abc", "direct_link": "https://api.aircall.io/v1/messages/1774260000123abc",
            "direction": "inbound", "status": "received", "channel": null, "body": "Hello", "media_details": [],
            "external_number": "+44 7700 900123", "created_at": 1_774_260_000_123_i64, "origin": "native",
            "number": {"id": 397_375, "name": "Product line", "digits": "+43 1 234567", "time_zone": "Europe/Vienna"}
        }
    })
}

fn read(body: &Value) -> MessageSnapshot {
    match parse(&body.to_string()).unwrap() {
        Webhook::Message(snapshot) => *snapshot,
        Webhook::Call(_) | Webhook::Uninstalled(_) | Webhook::Other => panic!("not a message"),
    }
}

fn read_with(key: &str, value: Value) -> MessageSnapshot {
    let mut body = received();
    body["data"][key] = value;
    read(&body)
}

#[test]
fn all_fields_of_a_message_are_read() {
    let message = read(&received());
    assert_eq!((message.event, message.is_group), (MessageEvent::Received, false));
    assert_eq!((message.id.as_str(), message.direction), ("1774260000123abc", Some(Direction::Inbound)));
    assert_eq!(message.created_at.unwrap().to_string(), "2026-03-23T10:00:00.123Z");
    assert_eq!(message.party.unwrap().phone().unwrap().as_str(), "+447700900123");
    assert_eq!((message.text.as_deref(), message.channel, message.user), (Some("Hello"), None, None));
}

#[test]
fn times_may_be_seconds_milliseconds_or_iso_8601() {
    let at = read(&received()).created_at.unwrap().as_second();
    for time in [
        json!(1_774_260_000),
        json!(1_774_260_000.0),
        json!("1774260000000"),
        json!("2026-03-23T10:00:00Z"),
        json!("2026-03-23T10:00:00"),
        json!("2026-03-23 11:00:00+01:00"),
    ] {
        assert_eq!(read_with("created_at", time.clone()).created_at.unwrap().as_second(), at, "{time}");
    }
    assert_eq!(read_with("created_at", json!("soon")).created_at, None);
}

#[test]
fn the_fields_may_be_in_a_nested_message() {
    let mut body = received();
    let mut message = body["data"].take();
    let line = message.as_object_mut().unwrap().remove("number").unwrap();
    body["data"] = json!({"id": 1, "direction": "outbound", "number": line, "body": null, "message": message});
    assert_eq!(read(&body), read(&received()));
}

#[test]
fn channels_are_recognised() {
    for (channel, expected) in [
        (json!("whatsapp"), Some(Channel::WhatsApp)),
        (json!("WhatsApp"), Some(Channel::WhatsApp)),
        (json!("sms"), Some(Channel::Sms)),
        (json!("telepathy"), Some(Channel::Other("telepathy".to_owned()))),
        (json!(null), None),
        (json!({}), None),
    ] {
        assert_eq!(read_with("channel", channel).channel, expected);
    }
}

#[test]
fn media_are_read_from_either_field() {
    let details =
        json!([{"file_name": "a.png", "file_type": "image/png", "presigned_url": "https://m.example.com/a"}, 7, {}]);
    let media = read_with("media_details", details).media;
    assert_eq!(
        (media.len(), media[0].name.as_deref(), media[0].url.as_deref()),
        (1, Some("a.png"), Some("https://m.example.com/a"))
    );
    for urls in [json!(["https://m.example.com/a"]), json!("https://m.example.com/a")] {
        assert_eq!(read_with("media_url", urls).media[0].url.as_deref(), Some("https://m.example.com/a"));
    }
}

#[test]
fn a_group_message_has_its_own_id_and_participants() {
    let mut body = received();
    body["event"] = json!("group_message.received");
    body["data"]["group_message_id"] = json!("0a1b2c3d-0a1b-4a1b-8a1b-0a1b2c3d4e5f");
    body["data"]["participants"] = json!(["+44 7700 900123", {"type": "external", "phone_number": "+44 7700 900124"}, {"type": "user", "id": 1}, ""]);
    let message = read(&body);
    assert_eq!((message.is_group, message.id.as_str()), (true, "0a1b2c3d-0a1b-4a1b-8a1b-0a1b2c3d4e5f"));
    let phones: Vec<&str> = message.participants.iter().filter_map(Party::phone).map(rules::E164::as_str).collect();
    assert_eq!(phones, ["+447700900123", "+447700900124"]);
}

#[test]
fn a_groups_participants_are_international_numbers_without_plus() {
    let participants = json!(["12025550147", 442_079_460_958_u64, "3545550", "32665", "+13105550193", "0170 5550"]);
    let body = json!({
        "resource": "message", "event": "group_message.received", "timestamp": 1_774_260_001, "token": "t",
        "data": {"id": "0a1b2c3d-0a1b-4a1b-8a1b-0a1b2c3d4e5f", "participants": participants, "body": "Hello", "status": "received",
            "created_at": "2026-03-23T10:00:00.520Z"}
    });
    let message = read(&body);
    assert_eq!((message.line, message.direction, message.party), (None, None, None));
    let phones: Vec<&str> = message.participants.iter().filter_map(Party::phone).map(rules::E164::as_str).collect();
    assert_eq!(phones, ["+12025550147", "+13105550193", "+3545550", "+442079460958"]);
    let others: Vec<&Party> = message.participants.iter().filter(|party| party.phone().is_none()).collect();
    assert_eq!(others, [&Party::Unusable("0170 5550".to_owned()), &Party::Unusable("32665".to_owned())]);
    let mut one = body;
    one["data"]["participants"] = json!("12025550147");
    assert_eq!(read(&one).participants.len(), 1);
}

#[test]
fn a_status_update_needs_only_an_id_and_a_status() {
    let body = json!({"event": "message.status_updated", "timestamp": 1_774_260_009, "data": {"id": 7, "status": "delivered"}});
    let message = read(&body);
    assert_eq!((message.id.as_str(), message.state.unwrap().0.as_str()), ("7", "delivered"));
    assert_eq!((message.direction, message.line, message.party), (None, None, None));
}

#[test]
fn a_missing_id_is_reported() {
    for (data, expected) in [(json!({}), "data.id: is missing or malformed"), (json!([]), "data: is not an object")] {
        let body = json!({"event": "message.sent", "timestamp": 1_774_260_009, "data": data});
        assert_eq!(parse(&body.to_string()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn odd_values_in_unused_fields_do_not_fail_the_message() {
    for odd in ["1e999", &format!("{}{}", "[".repeat(5000), "]".repeat(5000))] {
        let body = received().to_string().replace("\"origin\":\"native\"", &format!("\"origin\":{odd}"));
        assert!(matches!(parse(&body), Ok(Webhook::Message(_))), "{odd:.20}");
    }
}

proptest! {
    /// A message with an id is read, whatever the value of any other field.
    #[test]
    fn any_value_of_any_field_is_tolerated(field in 0usize..24, value in any_json()) {
        let mut body = received();
        let keys: Vec<String> = body["data"].as_object().unwrap().keys().filter(|key| *key != "id").cloned().collect();
        body["data"][&keys[field % keys.len()]] = value;
        prop_assert!(matches!(parse(&body.to_string()), Ok(Webhook::Message(_))));
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

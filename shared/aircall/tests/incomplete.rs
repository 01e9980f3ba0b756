//! Bodies of calls that leave things out, or have them in another form: an id and some time suffice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aircall::{Webhook, WebhookError};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rules::{CallDocument, CallReport, CallType, Direction, LineId, MissedCallReason, Party, User};
use serde_json::{Value, json};

const START: i64 = 1_774_259_984;

/// Parses a body that was received in April 2026.
fn parse_text(body: &str) -> Result<Webhook, WebhookError> {
    Webhook::parse(body, "2026-04-01T00:00:00Z".parse().unwrap())
}

fn user(id: u64, name: &str) -> Value {
    json!({
        "id": id, "direct_link": format!("https://api.aircall.io/v1/users/{id}"), "name": name,
        "email": format!("{}@example.com", name.to_lowercase()), "available": true,
        "availability_status": "available", "language": "en-US", "wrap_up_time": 0,
    })
}

/// The call of [`full`] with `value` for `key`.
fn call_with(key: &str, value: Value) -> CallReport {
    let mut body = full();
    body["data"][key] = value;
    match parse_text(&body.to_string()).unwrap() {
        Webhook::Call(report) => *report,
        Webhook::Message(_) | Webhook::Uninstalled(_) | Webhook::Other => panic!("not a call"),
    }
}

#[test]
fn the_menu_is_read_in_each_form_it_may_have() {
    let labels = |value: Value| -> Vec<(Option<String>, Option<String>, u8)> {
        let choices = call_with("ivr_options_selected", value).menu_choices;
        choices.into_iter().map(|choice| (choice.title, choice.key, choice.place)).collect()
    };
    let choice = |title: &str, key: &str, place| {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (text(title), text(key), place)
    };
    let timed = json!({"title": "Sales", "key": 1, "branch": "x", "created_at": "2026-03-23T09:59:50Z"});
    assert_eq!(labels(json!([timed])), [choice("Sales", "1", 0)]);
    assert_eq!(labels(timed), [choice("Sales", "1", 0)]);
    let untimed = json!([{"key": "2"}, {}, null, {"branch": "Orders"}, "Returns"]);
    assert_eq!(labels(untimed), [choice("", "2", 0), choice("Orders", "", 1), choice("Returns", "", 2)]);
    let many: Vec<Value> = (0..1_000).map(|n| json!({"key": n})).collect();
    assert!(labels(json!(many)).len() <= 256);
    for nothing in [json!(null), json!([]), json!({}), json!(7)] {
        assert_eq!(labels(nothing), []);
    }
}

#[test]
fn participants_have_the_name_of_webhooks_or_of_the_api() {
    let ordinary = call_with("archived", json!(false));
    assert_eq!((ordinary.participants.len(), ordinary.callback_of), (2, Some(rules::CallId(780_000))));
    let others = json!([{"type": "USER", "id": "9", "name": "Max"}, "+44 20 7946 0959"]);
    let report = call_with("conference_participants", others);
    let participants = &report.participants[2..];
    assert_eq!((participants[0].is_user, participants[0].id), (true, Some(9)));
    assert_eq!((participants[1].is_user, participants[1].phone.as_deref()), (false, Some("+44 20 7946 0959")));
}

/// A body with everything that real ones have.
fn full() -> Value {
    json!({
        "resource": "call", "event": "call.ended", "timestamp": START + 150, "token": "t",
        "data": {
            "id": 780_001, "direct_link": "https://api.aircall.io/v1/calls/780001", "call_uuid": "CA01", "direction": "inbound",
            "status": "done", "missed_call_reason": null, "started_at": START, "answered_at": START + 10,
            "ended_at": START + 120, "duration": 120, "cost": "0.0", "hangup_cause": null, "voicemail": null,
            "recording": "https://media.example.com/r.mp3", "asset": "https://assets.example.com/calls/780001/recording",
            "raw_digits": "+44 20 7946 0958",
            "participants": [{"type": "external", "phone_number": "+44 20 7946 0958"}, {"type": "user", "id": 7, "name": "Ada"}],
            "number": {"id": 397_375, "name": "Product line", "digits": "+44 20 7946 0100", "e164_digits": "+442079460100",
                "country": "GB", "time_zone": "Europe/London", "open": true, "availability_status": "custom", "messages": {}},
            "user": user(7, "Ada"), "transferred_by": user(6, "Max"), "transferred_to": user(7, "Ada"),
            "contact": {"id": 1, "first_name": "Lou", "last_name": "Sample", "company_name": "Example Ltd",
                "emails": [{"id": 1, "label": "Work", "value": "lou@example.com"}],
                "phone_numbers": [{"id": 2, "label": "Work", "value": "+44 20 7946 0958"}]},
            "ivr_options_selected": [{"id": "a1", "title": "Sales", "key": "1", "branch": "sales", "created_at": "2026-03-23T09:59:50Z"}],
            "automatic_callback_call_id": 780_000,
            "archived": false, "teams": [{"id": 1, "name": "Sales"}],
            "comments": [{"id": 1, "content": "Call back", "posted_at": START + 60, "posted_by": user(7, "Ada")}],
            "tags": [{"id": 1, "name": "VIP", "tagged_at": START + 70, "tagged_by": {}}],
            "ai_voice_agents": [],
        }
    })
}

/// The shapes of bodies that are documented or were seen.
fn shapes() -> Vec<Value> {
    let with = |event: &str, changes: Value| {
        let mut body = full();
        body["event"] = json!(event);
        for (key, value) in changes.as_object().unwrap() {
            body["data"][key] = value.clone();
        }
        body
    };
    let without = |mut body: Value, keys: &[&str]| {
        body["data"].as_object_mut().unwrap().retain(|key, _| !keys.contains(&key.as_str()));
        body
    };
    let ringing = json!({"status": "initial", "answered_at": null, "ended_at": null, "duration": 0, "recording": null, "asset": null});
    let absent =
        ["user", "contact", "transferred_by", "transferred_to", "participants", "call_uuid", "ai_voice_agents"];
    let missed =
        json!({"answered_at": null, "missed_call_reason": "agents_did_not_answer", "recording": null, "asset": null});
    vec![
        full(),
        without(with("call.created", ringing.clone()), &absent),
        with("call.created", json!({"direction": "outbound", "user": {}, "contact": {}, "number": {}})),
        with("call.ringing_on_agent", ringing),
        with("call.answered", json!({"status": "answered", "ended_at": null, "duration": 0})),
        with("call.hold", json!({"status": "answered", "ended_at": null, "duration": 0})),
        without(with("call.hungup", missed.clone()), &absent),
        without(with("call.voicemail_left", missed.clone()), &absent),
        without(with("call.archived", missed), &["missed_call_reason", "teams"]),
        without(with("call.comm_assets_generated", json!({})), &["comments", "tags"]),
        with("call.external_transferred", json!({"external_transferred_to": "+44 20 7946 0111"})),
        with("call.ended", json!({"number": null, "user": null, "contact": null})),
        with("call.ended", json!({"answered_at": null, "ai_voice_agents": [{"id": "va_1", "name": "Front desk"}]})),
        with(
            "call.ended",
            json!({"ai_voice_agents": [{"agent_id": "1", "agent_name": "Front desk", "started_at": START + 3}]}),
        ),
    ]
}

fn parse(body: &Value) -> Result<CallReport, WebhookError> {
    match parse_text(&body.to_string())? {
        Webhook::Call(report) => Ok(*report),
        Webhook::Message(_) | Webhook::Uninstalled(_) | Webhook::Other => panic!("not a call"),
    }
}

/// Reads the full body with `value` at `pointer` within `data`; `None` removes the key.
fn read(changes: &[(&str, Option<Value>)]) -> CallReport {
    let mut body = full();
    for (key, value) in changes {
        match value {
            Some(value) => body["data"][*key] = value.clone(),
            None => drop(body["data"].as_object_mut().unwrap().remove(*key)),
        }
    }
    parse(&body).unwrap()
}

fn read_with(key: &str, value: Value) -> CallReport {
    read(&[(key, Some(value))])
}

#[test]
fn every_shape_is_read() {
    for body in shapes() {
        let call = CallDocument::from(parse(&body).unwrap()).call();
        assert_eq!((call.id.0, call.started_at.as_second()), (780_001, START), "{body}");
    }
}

#[test]
fn an_id_and_a_time_suffice() {
    let report = parse(&json!({"event": "call.ended", "timestamp": START, "data": {"id": 7}})).unwrap();
    assert_eq!((report.id.0, report.at.as_second(), report.direction, report.tags), (7, START, None, None));
    assert!(report.line.is_unknown());
    for (key, value) in [
        ("started_at", json!(START)),
        ("answered_at", json!(START)),
        ("ended_at", json!(START)),
        ("comments", json!([{"content": "x", "posted_at": START}])),
        ("tags", json!([{"name": "x", "tagged_at": START}])),
    ] {
        let report = parse(&json!({"event": "call.commented", "data": {"id": 7, key: value}})).unwrap();
        assert_eq!(report.at.as_second(), START, "{key}");
    }
}

#[test]
fn what_cannot_be_read_names_the_field_and_the_call() {
    let error =
        parse(&json!({"event": "call.ended", "timestamp": 0, "data": {"id": "7", "started_at": "soon"}})).unwrap_err();
    assert_eq!((error.path.as_str(), error.key.as_deref()), ("timestamp", Some("call-7")));
    for id in [json!(null), json!({}), json!("abc"), json!(-7), json!(7.5), json!(true)] {
        let error = parse(&json!({"event": "call.ended", "timestamp": START, "data": {"id": id}})).unwrap_err();
        assert_eq!((error.path.as_str(), error.key), ("data.id", None), "{id}");
    }
    let error = parse_text(r#"{"event": "message.sent", "data": {"id": 7}}"#).unwrap_err();
    assert_eq!((error.path.as_str(), error.key.as_deref()), ("timestamp", Some("message-7")));
    for (body, path) in [("", "body"), ("[]", "body"), ("{}", "event"), (r#"{"event": "call.ended"}"#, "data")] {
        assert_eq!(parse_text(body).unwrap_err().path, path, "{body}");
    }
}

#[test]
fn a_line_that_aircall_does_not_name_is_unknown() {
    for number in [json!(null), json!({}), json!([]), json!("odd"), json!({"country": "GB"})] {
        assert!(read_with("number", number.clone()).line.is_unknown(), "{number}");
    }
    assert!(read(&[("number", None)]).line.is_unknown());
    let line = read_with("number", json!({"name": "Sales"})).line;
    assert_eq!((line.id, line.name.as_deref()), (LineId::UNKNOWN, Some("Sales")));
    assert_eq!(read_with("number", json!([{"id": "7"}])).line.id, LineId(7));
    assert_eq!(read_with("number", json!(7)).line.id, LineId(7));
    let line = read_with("number", json!({"id": 7, "e164_digits": "+442079460100"})).line;
    assert_eq!(line.digits.as_deref(), Some("+442079460100"));
}

#[test]
fn no_answer_is_read_in_each_form() {
    for none in [json!(0), json!("0"), json!(null), json!(""), json!("null"), json!(false), json!({}), json!([])] {
        assert_eq!(read_with("answered_at", none.clone()).answered_at, None, "{none}");
    }
    assert_eq!(read(&[("answered_at", None)]).answered_at, None);
    assert_eq!(read_with("answered_at", json!([START])).answered_at.unwrap().as_second(), START);
}

#[test]
fn words_are_read_in_each_case_and_others_count_as_missing() {
    for (word, expected) in [
        (json!("Inbound"), Some(Direction::Inbound)),
        (json!(" OUTBOUND "), Some(Direction::Outbound)),
        (json!("incoming"), Some(Direction::Inbound)),
        (json!(["outbound"]), Some(Direction::Outbound)),
        (json!("sideways"), None),
        (json!(7), None),
        (json!({}), None),
    ] {
        assert_eq!(read_with("direction", word.clone()).direction, expected, "{word}");
    }
    let reason = |word: &str| read_with("missed_call_reason", json!(word)).missed_call_reason;
    assert_eq!(reason("Out_Of_Opening_Hours"), Some(MissedCallReason::OutOfOpeningHours));
    assert_eq!(reason("short abandoned"), Some(MissedCallReason::ShortAbandoned));
    assert_eq!(reason("New Reason"), Some(MissedCallReason::Other("New Reason".to_owned())));
    let mut body = full();
    body["event"] = json!("Call.Ended");
    assert_eq!(parse(&body).unwrap(), parse(&full()).unwrap());
}

#[test]
fn a_call_without_a_direction_is_inbound_if_it_was_missed_or_has_a_voicemail() {
    let direction = |changes: &[(&str, Option<Value>)]| {
        let mut all = vec![("direction", None), ("teams", None), ("answered_at", None)];
        all.extend(changes.iter().cloned());
        CallDocument::from(read(&all)).call().direction
    };
    assert_eq!(direction(&[]), Direction::Outbound, "over without an answer, and with a user");
    assert_eq!(direction(&[("user", None)]), Direction::Inbound);
    assert_eq!(direction(&[("missed_call_reason", Some(json!("short_abandoned")))]), Direction::Inbound);
    assert_eq!(direction(&[("voicemail", Some(json!("https://media.example.com/v.mp3")))]), Direction::Inbound);
}

#[test]
fn lists_and_objects_are_read_in_each_others_place() {
    let tags = |value: Value| read_with("tags", value).tags.map(|tags| tags.into_iter().map(|tag| tag.name).collect());
    let vip: Option<Vec<String>> = Some(vec!["VIP".to_owned()]);
    for one in [
        json!([{"name": "VIP"}]),
        json!({"name": "VIP"}),
        json!({"0": {"name": "VIP"}}),
        json!(["VIP", null, 7, {}]),
        json!("VIP"),
    ] {
        assert_eq!(tags(one.clone()), vip, "{one}");
    }
    for none in [json!([]), json!({})] {
        assert_eq!(tags(none), Some(Vec::new()));
    }
    for silent in [json!(null), json!(7), json!(""), json!([null]), json!(false)] {
        assert_eq!(tags(silent.clone()), None, "{silent}");
    }
    assert_eq!(read(&[("tags", None)]).tags, None);
    let one = json!({"content": "Call back"});
    for comments in [json!([one]), one.clone(), json!({"0": one})] {
        assert_eq!(read_with("comments", comments).comments[0].content, "Call back");
    }
    let ada = User { id: Some(7), name: Some("Ada".to_owned()), email: Some("ada@example.com".to_owned()) };
    assert_eq!(read_with("user", json!([user(7, "Ada")])).user, Some(ada));
    assert_eq!(read_with("user", json!({"direct_link": "x"})).user, None);
    let contact = read_with("contact", json!([{"first_name": "Lou", "emails": "lou@example.com"}])).contact.unwrap();
    assert_eq!(contact.email.as_deref(), Some("lou@example.com"));
    let mut body = full();
    body["data"] = json!([body["data"].take()]);
    assert_eq!(parse(&body).unwrap(), parse(&full()).unwrap());
}

#[test]
fn the_other_party_may_only_be_among_the_participants() {
    let phone = |participants: Value| read(&[("raw_digits", None), ("participants", Some(participants))]).party;
    let expected = Some(Party::Phone(rules::E164::parse("+442079460958").unwrap()));
    assert_eq!(read(&[("raw_digits", None)]).party, expected);
    assert_eq!(phone(json!(["+44 20 7946 0958"])), expected);
    assert_eq!(phone(json!([{"phone_number": "+44 20 7946 0958"}, {"phone_number": "+44 20 7946 0959"}])), None);
    assert_eq!(phone(json!([])), None);
    let anonymous = read_with("raw_digits", json!("anonymous")).party;
    assert_eq!(anonymous, Some(Party::Anonymous), "what Aircall says counts");
    assert_eq!(read_with("raw_digits", json!(442_079_460_958_u64)).party, expected);
}

#[test]
fn repeated_keys_and_values_that_cannot_be_held_are_no_error() {
    let body = full().to_string();
    let repeated =
        body.replace("\"status\":", "\"status\":1,\"status\":").replace("\"event\":", "\"event\":7,\"event\":");
    let expected = parse(&full()).unwrap();
    assert_eq!(parse_text(&repeated).unwrap(), Webhook::Call(Box::new(expected.clone())));
    let odd = body
        .replace("\"country\":\"GB\"", &format!("\"country\":1e999,\"deep\":{}{}", "[".repeat(900), "]".repeat(900)));
    assert_eq!(parse_text(&odd).unwrap(), Webhook::Call(Box::new(expected)));
}

#[test]
fn a_voice_agents_events_tell_of_its_call() {
    let body = |event: &str| {
        json!({
            "resource": "ai_voice_agent", "event": event, "timestamp": START + 5, "token": "t",
            "data": {
                "id": 780_001, "call_id": 780_001, "call_uuid": "CA01", "ai_voice_agent_id": "va_1",
                "ai_voice_agent_name": "Front desk", "ai_voice_agent_session_id": "s_1", "number_id": 397_375,
                "external_caller_number": "+442079460958", "aircall_number": "+442079460100", "created_at": START + 5,
                "started_at": START + 3,
            }
        })
    };
    for event in
        ["ai_voice_agent.started", "ai_voice_agent.escalated", "ai_voice_agent.ended", "ai_voice_agent.summary"]
    {
        let call = CallDocument::from(parse(&body(event)).unwrap()).call();
        assert_eq!((call.id.0, call.line.id, call.started_at.as_second()), (780_001, LineId(397_375), START + 3));
        assert_eq!((CallType::classify(&call), call.ended_at), (CallType::InboundAnswered, None));
        assert_eq!(call.user.unwrap().name.as_deref(), Some("Front desk (voice agent)"));
        assert_eq!(call.party.phone().unwrap().as_str(), "+442079460958");
    }
    let ended = read(&[
        ("answered_at", None),
        ("user", None),
        ("ai_voice_agents", Some(json!([{"id": "va_1", "name": "Front desk"}]))),
    ]);
    let call = CallDocument::from(ended).call();
    assert_eq!((CallType::classify(&call), call.answered_at), (CallType::InboundAnswered, Some(call.started_at)));
    let error = parse(&json!({"event": "ai_voice_agent.ended", "timestamp": START, "data": {}})).unwrap_err();
    assert_eq!(error.path, "data.call_id");
}

/// A change of one value, wherever it is.
#[derive(Clone, Copy, Debug)]
enum Change {
    Remove,
    Null,
    Zero,
    True,
    Text,
    Number,
    List,
    EmptyList,
    Object,
    EmptyObject,
    Word,
}

const CHANGES: [Change; 11] = [
    Change::Remove,
    Change::Null,
    Change::Zero,
    Change::True,
    Change::Text,
    Change::Number,
    Change::List,
    Change::EmptyList,
    Change::Object,
    Change::EmptyObject,
    Change::Word,
];

/// All places of a body, but for its event.
fn pointers(value: &Value, path: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let path = format!("{path}/{key}");
        if path != "/event" && path != "/data" {
            all.push(path.clone());
        }
        pointers(child, &path, all);
    }
}

fn change(body: &mut Value, place: Index, change: Change) {
    let mut all = Vec::new();
    pointers(body, "", &mut all);
    if all.is_empty() {
        return;
    }
    let pointer = place.get(&all);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    if let (Change::Remove, Some(Value::Object(fields))) = (change, body.pointer_mut(parent)) {
        fields.remove(key);
        return;
    }
    let value = body.pointer_mut(pointer).unwrap();
    let old = value.take();
    *value = match change {
        Change::Remove | Change::Null => Value::Null,
        Change::Zero => json!(0),
        Change::True => json!(true),
        Change::Text => json!(old.as_str().map_or_else(|| old.to_string(), str::to_owned)),
        Change::Number => old.as_str().and_then(|text| text.parse().ok()).map_or(json!(7), |number: f64| json!(number)),
        Change::List => json!([old]),
        Change::EmptyList => json!([]),
        Change::Object => json!({"value": old}),
        Change::EmptyObject => json!({}),
        Change::Word => json!("Other Word"),
    };
}

/// The JSON text with the keys of each object in an order of its own.
fn reordered(value: &Value, seed: u64) -> String {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_by_key(|key| {
                key.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
            });
            let fields = keys.into_iter().map(|key| format!("{}:{}", json!(key), reordered(&fields[key], seed)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => {
            format!("[{}]", values.iter().map(|value| reordered(value, seed)).collect::<Vec<_>>().join(","))
        }
        value => value.to_string(),
    }
}

fn has_time(body: &Value) -> bool {
    let data = &body["data"];
    let is_time = |value: &Value| value.as_i64().is_some_and(|second| second > 0);
    [&body["timestamp"], &data["started_at"], &data["answered_at"], &data["ended_at"]].into_iter().any(is_time)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A body is read if it has an id and a time, whatever else is missing or of another type. Else the error names the
    /// field. Nothing panics, also not the merge.
    #[test]
    fn a_body_with_an_id_and_a_time_is_read(
        shape in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), select(&CHANGES[..])), 0..24),
        seed in any::<u64>(),
    ) {
        let mut body = shape.get(&shapes()).clone();
        for (place, kind) in changes {
            change(&mut body, place, kind);
        }
        let id = body["data"]["id"].as_u64().filter(|id| *id > 0);
        match parse_text(&reordered(&body, seed)) {
            Ok(Webhook::Call(report)) => {
                prop_assert!(id.is_none_or(|id| report.id.0 == id));
                prop_assert_eq!(parse_text(&body.to_string()), Ok(Webhook::Call(report.clone())));
                let document = CallDocument::from(*report);
                prop_assert_eq!(serde_json::from_value(json!(document)).ok(), Some(document));
            }
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(error) => {
                prop_assert!(["data.id", "timestamp"].contains(&error.path.as_str()), "{error}");
                prop_assert!(id.is_none() || !has_time(&body), "{error}");
                prop_assert_eq!(error.key.is_some(), error.path == "timestamp");
            }
        }
    }

    /// The events of one call merge to the same call in any order, with any keys left out.
    #[test]
    fn incomplete_events_merge_in_any_order(
        changes in proptest::collection::vec((any::<Index>(), any::<Index>(), select(&CHANGES[..])), 0..24),
        order in Just((0..14).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let mut bodies = shapes();
        for (body, place, kind) in changes {
            let body = &mut bodies[body.index(14)];
            let (id, timestamp) = (body["data"]["id"].take(), body["timestamp"].take());
            change(body, place, kind);
            body["data"]["id"] = id;
            body["timestamp"] = timestamp;
        }
        let merged = |order: &[usize]| {
            let documents = order.iter().map(|at| CallDocument::from(parse(&bodies[*at]).unwrap()));
            documents.reduce(CallDocument::merge).unwrap()
        };
        let sorted: Vec<usize> = (0..14).collect();
        prop_assert_eq!(merged(&order), merged(&sorted));
    }
}

#[test]
fn a_time_that_cannot_be_is_none() {
    for impossible in
        [json!(1.5), json!(0), json!("1985-01-01T00:00:00Z"), json!("4821-01-01T00:00:00Z"), json!(90_000_000_000_i64)]
    {
        let report = call_with("ended_at", impossible.clone());
        assert_eq!((report.ended_at, report.started_at.is_some()), (None, true), "{impossible}");
        let comments = json!([{"id": 1, "content": "a", "posted_at": impossible}]);
        assert_eq!(call_with("comments", comments).comments[0].posted_at, None, "{impossible}");
        let mut body = full();
        let told = jiff::Timestamp::from_second(START + 120).ok();
        body["timestamp"] = impossible.clone();
        let Webhook::Call(report) = parse_text(&body.to_string()).unwrap() else { panic!("not a call") };
        assert_eq!(Some(report.at), told, "{impossible}");
    }
}

#[test]
fn an_event_that_is_older_than_what_it_tells_has_the_time_of_that() {
    let mut body = full();
    body["timestamp"] = json!("2019-01-01T00:00:00Z");
    let report = parse(&body).unwrap();
    assert_eq!((report.at.as_second(), report.ended_at.unwrap().as_second()), (START + 120, START + 120));
}

#[test]
fn who_is_assigned_has_the_call_by_that_event_alone() {
    let mut body = full();
    body["data"]["assigned_to"] = user(8, "Max");
    let document = |event: &str, after: i64| {
        let mut body = body.clone();
        (body["event"], body["timestamp"]) = (json!(event), json!(START + after));
        CallDocument::from(parse(&body).unwrap())
    };
    let (ended, assigned, tagged) =
        (document("call.ended", 150), document("call.assigned", 300), document("call.tagged", 600));
    for (documents, expected) in
        [(vec![&ended, &tagged], 7), (vec![&ended, &assigned, &tagged], 8), (vec![&tagged, &assigned, &ended], 8)]
    {
        let merged = documents.into_iter().cloned().reduce(CallDocument::merge).unwrap();
        assert_eq!(merged.call().user.and_then(|user| user.id), Some(expected));
    }
}

#[test]
fn tags_without_names_say_nothing() {
    assert_eq!(call_with("tags", json!([{"id": 1}, {"name": " "}])).tags, None);
    assert_eq!(call_with("tags", json!([{"id": 1}, {"name": "VIP"}])).tags.unwrap().len(), 1);
    assert_eq!(call_with("tags", json!([])).tags, Some(Vec::new()));
}

//! What is read of a body in which something is missing or has another form.

use aircall::Webhook;
use rules::{CallDocument, CallType, Direction, LineId, MissedCallReason, Party, User};
use serde_json::{Value, json};

use crate::bodies::{START, full, parse, parse_text, read, read_with, shapes, user};

#[test]
fn the_menu_is_read_in_each_form_it_may_have() {
    let labels = |value: Value| -> Vec<(Option<String>, Option<String>, u8)> {
        let choices = read_with("ivr_options_selected", value).menu_choices;
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
    let ordinary = read_with("archived", json!(false));
    assert_eq!((ordinary.participants.len(), ordinary.callback_of), (2, Some(rules::CallId(780_000))));
    let others = json!([{"type": "USER", "id": "9", "name": "Max"}, "+44 20 7946 0959"]);
    let report = read_with("conference_participants", others);
    let participants = &report.participants[2..];
    assert_eq!((participants[0].is_user, participants[0].id), (true, Some(9)));
    assert_eq!((participants[1].is_user, participants[1].phone.as_deref()), (false, Some("+44 20 7946 0959")));
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

#[test]
fn a_time_that_cannot_be_is_none() {
    for impossible in
        [json!(1.5), json!(0), json!("1985-01-01T00:00:00Z"), json!("4821-01-01T00:00:00Z"), json!(90_000_000_000_i64)]
    {
        let report = read_with("ended_at", impossible.clone());
        assert_eq!((report.ended_at, report.started_at.is_some()), (None, true), "{impossible}");
        let comments = json!([{"id": 1, "content": "a", "posted_at": impossible}]);
        assert_eq!(read_with("comments", comments).comments[0].posted_at, None, "{impossible}");
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
    assert_eq!(read_with("tags", json!([{"id": 1}, {"name": " "}])).tags, None);
    assert_eq!(read_with("tags", json!([{"id": 1}, {"name": "VIP"}])).tags.unwrap().len(), 1);
    assert_eq!(read_with("tags", json!([])).tags, Some(Vec::new()));
}

//! Bodies of calls, and how they are read.

use aircall::{Webhook, WebhookError};
use rules::CallReport;
use serde_json::{Value, json};

pub(crate) const START: i64 = 1_774_259_984;

/// Parses a body that was received in April 2026.
pub(crate) fn parse_text(body: &str) -> Result<Webhook, WebhookError> {
    Webhook::parse(body, "2026-04-01T00:00:00Z".parse().unwrap())
}

pub(crate) fn user(id: u64, name: &str) -> Value {
    json!({
        "id": id, "direct_link": format!("https://api.aircall.io/v1/users/{id}"), "name": name,
        "email": format!("{}@example.com", name.to_lowercase()), "available": true,
        "availability_status": "available", "language": "en-US", "wrap_up_time": 0,
    })
}

/// A body with everything that real ones have.
pub(crate) fn full() -> Value {
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
pub(crate) fn shapes() -> Vec<Value> {
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

pub(crate) fn parse(body: &Value) -> Result<CallReport, WebhookError> {
    match parse_text(&body.to_string())? {
        Webhook::Call(report) => Ok(*report),
        Webhook::Message(_) | Webhook::Uninstalled(_) | Webhook::Other => panic!("not a call"),
    }
}

/// Reads the full body with `value` at `pointer` within `data`; `None` removes the key.
pub(crate) fn read(changes: &[(&str, Option<Value>)]) -> CallReport {
    let mut body = full();
    for (key, value) in changes {
        match value {
            Some(value) => body["data"][*key] = value.clone(),
            None => drop(body["data"].as_object_mut().unwrap().remove(*key)),
        }
    }
    parse(&body).unwrap()
}

pub(crate) fn read_with(key: &str, value: Value) -> CallReport {
    read(&[(key, Some(value))])
}

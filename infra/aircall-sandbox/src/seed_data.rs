//! The numbers and users of a new company: fictional names, phone numbers reserved for fiction.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) const COMPANY: &str = "Example Company";

pub(crate) fn lines() -> BTreeMap<u64, Value> {
    [
        (1001, "Sales line", "+1 415-555-0100", "US", "America/Los_Angeles"),
        (1002, "Support line", "+33 1 99 00 01 00", "FR", "Europe/Paris"),
        (1003, "Press line", "+44 20 7946 0100", "GB", "Europe/London"),
    ]
    .into_iter()
    .map(|(id, name, digits, country, time_zone)| {
        (id, line(id, &json!({"name": name, "digits": digits, "country": country, "time_zone": time_zone})))
    })
    .collect()
}

/// A number as the API shows it: the given fields, completed with defaults.
pub(crate) fn line(id: u64, given: &Value) -> Value {
    let mut number = json!({
        "id": id, "direct_link": format!("https://api.aircall.io/v1/numbers/{id}"), "name": format!("Line {id}"),
        "digits": "+1 415-555-0199", "created_at": "2026-01-05T09:00:00.000Z", "country": "US", "time_zone": "Etc/UTC",
        "open": true, "availability_status": "custom", "is_ivr": false, "live_recording_activated": false,
        "priority": null, "messages": {},
    });
    if let (Some(number), Some(given)) = (number.as_object_mut(), given.as_object()) {
        number.extend(given.clone());
    }
    number
}

pub(crate) fn users() -> BTreeMap<u64, Value> {
    [
        (2001, "Alex Admin", "admin@example.com", "Europe/Paris"),
        (2002, "Robin Rep", "robin.rep@example.com", "Europe/Paris"),
        (2003, "Kim Temp", "kim.temp@example.com", "America/Los_Angeles"),
    ]
    .into_iter()
    .map(|(id, name, email, time_zone)| {
        let user = json!({
            "id": id, "direct_link": format!("https://api.aircall.io/v2/users/{id}"), "name": name, "email": email,
            "available": true, "availability_status": "available", "substatus": "always_opened",
            "created_at": "2026-01-05T09:00:00.000Z", "time_zone": time_zone, "language": "en-US", "wrap_up_time": 0,
        });
        (id, user)
    })
    .collect()
}

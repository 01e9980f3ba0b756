//! The settings, and their change when the office in Paris closes.

use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};

use super::{Change, at};

/// The settings of the morning and those of the evening.
pub(super) fn changes(date: Date) -> anyhow::Result<Vec<(Timestamp, Change)>> {
    let morning = Change {
        what: "log calls during business hours, create Contacts for unknown numbers, relate calls to Cases",
        settings: settings("completed"),
    };
    let evening = Change { what: "do not log unanswered outbound calls", settings: settings("do_nothing") };
    Ok(vec![(at(date, 7, 0, "Europe/Paris")?, morning), (at(date, 18, 5, "Europe/Paris")?, evening)])
}

fn settings(outbound_unanswered: &str) -> Value {
    let hours = json!([{"opens": "09:00", "closes": "12:30"}, {"opens": "13:30", "closes": "18:00"}]);
    json!({
        "call_workflow": {
            "outbound_answered": "completed", "outbound_unanswered": outbound_unanswered,
            "inbound_answered": "completed", "missed": "in_progress", "voicemail": "in_progress",
        },
        "business_hours": {
            "log_calls": "during_business_hours",
            // No time zone: each line's own applies.
            "schedule": {
                "time_zone": null,
                "weekly": {"monday": hours, "tuesday": hours, "wednesday": hours, "thursday": hours, "friday": hours},
                "holidays": [],
            },
            "numbers": {},
        },
        "unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true,
        "recording_link": true, "log_messages": true, "numbers": null, "api_usage_limit": 95,
    })
}

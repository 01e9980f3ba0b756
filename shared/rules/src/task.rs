//! The Task a call becomes.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Direction};
use crate::call_type::CallType;
use crate::description;
use crate::hours::zone_of;
use crate::settings::Settings;
use crate::task_status::TaskStatus;
use crate::text::{fit, length, one_line, plain};

/// Longest `Subject`, and longest `CallDisposition`.
const SUBJECT: usize = 255;
const CALL_DISPOSITION: usize = 255;

/// What Salesforce is to hold of a call. Which record it is on and who owns it is settled once, at creation,
/// and so is not part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// `Aircall_Key__c` and `CallObject`: what makes the Task the only one.
    pub key: String,
    /// `Subject`, at most 255 characters.
    pub subject: String,
    /// `Status`.
    pub status: TaskStatus,
    /// `CallType`.
    pub direction: Direction,
    /// `CallDurationInSeconds`: seconds spent talking, [`Call::talk_seconds`].
    pub talk_seconds: u64,
    /// `ActivityDate`: the day the call started, in the number's time zone.
    pub activity_date: Date,
    /// `CallDisposition`: the tags, at most 255 characters, cut at a whole tag.
    pub call_disposition: Option<String>,
    /// `Description`, at most 32,000 characters.
    pub description: String,
}

impl Task {
    /// The Task of `call`, logged with `status` on the record named `record_name`.
    pub fn of(call: &Call, status: TaskStatus, settings: &Settings, record_name: &str) -> Self {
        let zone = zone_of(&call.number);
        Self {
            key: call.id.key(),
            subject: subject(call, record_name),
            status,
            direction: call.direction,
            talk_seconds: call.talk_seconds(),
            activity_date: zone.to_datetime(call.started_at).date(),
            call_disposition: call_disposition(call),
            description: description::of(call, settings),
        }
    }
}

/// The subject, in Aircall's five wordings. Where the user is not known, who made or took the call is left out.
fn subject(call: &Call, record_name: &str) -> String {
    let number = || call.party.number().map(crate::E164::international).unwrap_or_default();
    let record = Some(one_line(record_name)).filter(|name| !name.is_empty()).unwrap_or_else(number);
    let line = one_line(&call.number.label());
    let user = call.user.as_ref().and_then(|user| user.name.as_deref()).map(one_line).filter(|name| !name.is_empty());
    let by = |verb: &str| user.as_ref().map(|user| format!(" {verb} by {user}")).unwrap_or_default();
    let subject = match CallType::of(call) {
        CallType::OutboundAnswered => format!("Outbound answered call to {record} via {line}{}", by("made")),
        CallType::OutboundUnanswered => format!("Outbound unanswered call via {line}{} to {record}", by("made")),
        CallType::InboundAnswered => format!("Inbound answered call from {record} on {line}{}", by("answered")),
        CallType::Missed => format!("Missed call from {record} on {line}"),
        CallType::Voicemail => format!("Voicemail from {record} on {line}"),
    };
    fit(&plain(&subject), SUBJECT)
}

/// The tags, separated by commas, as many as fit whole.
fn call_disposition(call: &Call) -> Option<String> {
    let mut list = String::new();
    for tag in &call.tags {
        let name = plain(&one_line(&tag.name));
        let separator = if list.is_empty() { "" } else { ", " };
        if name.is_empty() || length(&list) + length(separator) + length(&name) > CALL_DISPOSITION {
            continue;
        }
        list += separator;
        list += &name;
    }
    Some(list).filter(|list| !list.is_empty())
}

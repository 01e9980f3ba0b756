//! The events of a voice agent, `ai_voice_agent.*`, which tell of a call.

use jiff::Timestamp;
use rules::{CallEvent, CallId, CallReport, Line, LineId, VoiceAgent};
use serde::Deserialize;
use serde_json::Value;

use crate::error::WebhookError;
use crate::lenient;
use crate::parts::{MAX_NAME, truncated};
use crate::party::party;

/// A voice agent's session. Its end is not that of the call, which may have been handed to a person.
#[derive(Deserialize)]
struct Session {
    // The call's id in both.
    #[serde(default, deserialize_with = "lenient::optional_id")]
    call_id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::optional_id")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    ai_voice_agent_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional_id")]
    number_id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    aircall_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    external_caller_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    ended_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    created_at: Option<Timestamp>,
}

/// Parses what a voice agent's event says about its call. Times after `latest` count as missing.
pub(crate) fn read(
    json: &str,
    event: CallEvent,
    at: Option<Timestamp>,
    latest: Timestamp,
) -> Result<CallReport, WebhookError> {
    let fields = lenient::fields_until(json, latest).ok_or_else(|| WebhookError::new("data", "is not an object"))?;
    let session: Session =
        serde_json::from_value(Value::Object(fields)).map_err(|_| WebhookError::new("data", "is malformed"))?;
    let id = session.call_id.or(session.id).map(CallId);
    let id = id.ok_or_else(|| WebhookError::new("data.call_id", "is missing or malformed"))?;
    let at = at.or_else(|| [session.created_at, session.started_at, session.ended_at].into_iter().flatten().max());
    let at = at.ok_or_else(|| WebhookError::new("timestamp", "is missing or not a time").with_key(id.key()))?;
    let name = truncated(session.ai_voice_agent_name, MAX_NAME);
    Ok(CallReport {
        party: session.external_caller_number.map(|phone| party(Some(&phone))),
        line: Line {
            id: session.number_id.map_or(LineId::UNKNOWN, LineId),
            digits: truncated(session.aircall_number, MAX_NAME),
            ..Line::default()
        },
        voice_agent: Some(VoiceAgent { name, started_at: session.started_at }),
        ..CallReport::new(event, at, id)
    })
}

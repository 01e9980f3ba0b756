//! `POST /api/preview`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use jiff::civil::DateTime;
use rules::{CallType, LineId, Settings, SkipReason, Step, TaskStatus};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::Object;

use crate::activity;
use crate::connections::lines;
use crate::console::Console;
use crate::preview::made_up::{Described, Kind, users};
use crate::preview::view::{RecordView, records, task};
use crate::preview::{Previewed, Salesforce, preview};
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::errors::InvalidField;
use crate::web::openapi::body;
use crate::web::openapi::schema::one_of;
use crate::web::signed_in::SignedIn;

/// Longest body, in bytes.
const MAX_LEN: usize = 64 * 1024;
/// The formats of a local date and time.
const MINUTES: &str = "%Y-%m-%dT%H:%M";
const SECONDS: &str = "%Y-%m-%dT%H:%M:%S";

/// What to preview: an entry of the activity log, or a made-up call or message.
#[derive(ToSchema)]
#[schema(as = Preview)]
#[serde(untagged)]
enum PreviewRequest {
    /// An entry of the activity log.
    #[serde(deny_unknown_fields)]
    Key {
        /// The key of an entry of the activity log.
        #[schema(min_length = 1, max_length = 1024, example = "call-3127")]
        key: String,
        /// A complete settings document. Default, and if null: the saved settings.
        #[schema(value_type = Option<Settings>)]
        settings: Option<Value>,
    },
    /// A made-up call or message.
    #[serde(deny_unknown_fields)]
    Call {
        call: CallInput,
        /// A complete settings document. Default, and if null: the saved settings.
        #[schema(value_type = Option<Settings>)]
        settings: Option<Value>,
    },
}

impl<'de> Deserialize<'de> for PreviewRequest {
    /// Unlike serde's untagged enums, says which field is wrong.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Either {
            #[serde(default)]
            settings: Option<Value>,
            #[serde(default, deserialize_with = "non_null")]
            key: Option<String>,
            #[serde(default, deserialize_with = "non_null")]
            call: Option<CallInput>,
        }
        let Either { settings, key, call } = Either::deserialize(deserializer)?;
        match (key, call) {
            (Some(key), None) => Ok(Self::Key { key, settings }),
            (None, Some(call)) => Ok(Self::Call { call, settings }),
            (Some(_), Some(_)) | (None, None) => Err(D::Error::custom("it must have either a key or a call")),
        }
    }
}

/// Deserializes a value that may be missing, but not null.
fn non_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A made-up call or message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewedCall)]
struct CallInput {
    /// One of the five call types, or a message.
    #[serde(deserialize_with = "known_type")]
    #[schema(schema_with = described_type)]
    call_type: String,
    /// Aircall's ID of the line; without it, any line.
    #[serde(default)]
    #[schema(value_type = Option<LineId>)]
    line: Option<u64>,
    /// When it starts, in the line's time zone, from 1970 to 2200.
    #[schema(
        format = "local-date-time",
        pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$",
        example = "2026-03-23T09:30"
    )]
    started_at_local: String,
    /// The other party's phone number; without it, the number is withheld.
    #[serde(default)]
    #[schema(max_length = 100, example = "+33 6 39 98 00 01")]
    external_number: Option<String>,
    /// The e-mail address of the Aircall user who takes or makes the call.
    #[serde(default)]
    #[schema(max_length = 100, example = "ada.demo@example.com")]
    user_email: Option<String>,
}

fn known_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if Kind::parse(&text).is_some() {
        return Ok(text);
    }
    Err(D::Error::custom(format!("unknown type; expected one of {}", Kind::keys().collect::<Vec<_>>().join(", "))))
}

/// A call type, or a message by its direction.
fn described_type() -> Object {
    one_of(Kind::keys(), "One of the five call types, or a message.")
}

/// The result of a preview.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Previewed)]
pub(crate) struct PreviewView {
    /// Whether a Task would be written.
    would_log: bool,
    /// The status of the Task; null if there would be no Task.
    #[schema(required)]
    status: Option<TaskStatus>,
    /// Why there would be no Task; null if there would be one.
    #[schema(required)]
    skip_reason: Option<SkipReason>,
    /// The skip reason as a sentence; null if there would be a Task.
    #[schema(required)]
    reason: Option<String>,
    /// The call type; null for messages.
    #[schema(required)]
    call_type: Option<CallType>,
    /// How it was decided, step by step.
    trace: Vec<Step>,
    /// Why the look-up in Salesforce was left out; null if it was made or not needed.
    #[schema(required)]
    salesforce_left_out: Option<String>,
    /// The records that the Task would be on.
    records: Vec<RecordView>,
    /// The Task by Salesforce's field names; null if there would be none. The ID of a record that would be created is
    /// null.
    #[schema(value_type = Option<Object>, required, example = json!({"Subject": "Missed call from Lou Sample on Sales"}))]
    task: Option<Map<String, Value>>,
    /// The ID of the Task if it already exists; else null.
    #[schema(required)]
    task_id: Option<String>,
}

/// Preview a call or message
///
/// Shows what would happen under the saved or other settings, with a read-only look-up in Salesforce. Nothing is
/// stored, and nothing is written to Salesforce. A call that is not over cannot be previewed.
#[utoipa::path(
    post,
    path = "/api/preview",
    tag = "Preview",
    operation_id = "previewCall",
    request_body(content = PreviewRequest, examples(
        ("key" = (summary = "An entry of the activity log", value = json!({"key": "call-3127"}))),
        ("call" = (summary = "A made-up missed call", value = json!({"call": {
            "call_type": "missed",
            "line": 397_375,
            "started_at_local": "2026-03-23T09:30",
            "external_number": "+33 6 39 98 00 01",
        }}))),
    )),
    responses((status = OK, description = "What would happen, and why.", body = PreviewView)),
)]
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    body: Body,
) -> Result<Json<PreviewView>, ApiError> {
    let request: PreviewRequest = serde_json::from_value(body::json(body, MAX_LEN).await?).map_err(|error| {
        ApiError::new(ErrorCode::NotJson, format!("The body is not a valid preview request: {error}."))
    })?;
    let id = &session.tenant;
    let (PreviewRequest::Key { settings, .. } | PreviewRequest::Call { settings, .. }) = &request;
    let settings = match settings {
        Some(document) => Settings::parse(document).map_err(ApiError::invalid_settings)?,
        None => console.settings.get(id).await?,
    };
    let document = match request {
        PreviewRequest::Key { key, .. } => {
            let entry = activity::find(&console, id, &key).await?;
            entry.ok_or_else(|| ApiError::not_found("There is no entry with this key."))?.document
        }
        PreviewRequest::Call { call, .. } => {
            let (lines, users) = tokio::join!(lines::lines(&console, id), users(&console, id));
            call.described()?.document(&lines?, &users?).map_err(|mut invalid| field_error(invalid.swap_remove(0)))?
        }
    };
    let previewed = preview(&console, id, &settings, document).await?;
    let previewed =
        previewed.map_err(|_| ApiError::parameter("key", "The call is not over, so nothing can be said of it yet."))?;
    Ok(Json(PreviewView::new(previewed, &settings)))
}

/// The error, with the field's name in this API.
fn field_error(InvalidField { name, message }: InvalidField) -> ApiError {
    let name = match name {
        "started_at" => "started_at_local",
        "number" => "external_number",
        "user" => "user_email",
        name => name,
    };
    ApiError::parameter(name, message)
}

impl CallInput {
    fn described(self) -> Result<Described, ApiError> {
        let local = self.started_at_local.parse::<DateTime>().ok();
        if !local.is_some_and(|at| {
            [MINUTES, SECONDS].iter().any(|format| at.strftime(format).to_string() == self.started_at_local)
        }) {
            let message = "It must be a date and a time such as 2026-03-23T09:30.";
            return Err(ApiError::parameter("started_at_local", message));
        }
        Ok(Described {
            call_type: self.call_type,
            line: self.line.map(|line| line.to_string()).unwrap_or_default(),
            started_at: self.started_at_local,
            number: self.external_number.unwrap_or_default().trim().to_owned(),
            user: self.user_email.unwrap_or_default().trim().to_owned(),
        })
    }
}

impl PreviewView {
    fn new(previewed: Previewed, settings: &Settings) -> Self {
        let fields = task(&previewed, settings);
        let task: Map<String, Value> = fields.into_iter().map(|field| (field.name, field.value)).collect();
        let (salesforce_left_out, records, task_id) = match &previewed.salesforce {
            Salesforce::NotNeeded => (None, Vec::new(), None),
            Salesforce::LeftOut(why) => (Some(why.clone()), Vec::new(), None),
            Salesforce::Writes(writes) => (None, records(writes), writes.task_id.map(|id| id.as_str().to_owned())),
        };
        Self {
            would_log: previewed.would.is_ok(),
            status: previewed.would.ok(),
            skip_reason: previewed.would.err(),
            reason: previewed.would.err().map(|reason| reason.sentence().to_owned()),
            call_type: previewed.call_type,
            trace: previewed.steps,
            salesforce_left_out,
            records,
            task: (!task.is_empty()).then_some(task),
            task_id,
        }
    }
}

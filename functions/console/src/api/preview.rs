//! `POST /api/preview`.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use rules::{CallType, Settings, SkipReason, Step, TaskStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::console::Console;
use crate::error::ApiError;
use crate::lines;
use crate::preview::described::{Described, users};
use crate::preview::view::{RecordView, records, task};
use crate::preview::{Previewed, Salesforce, preview};
use crate::signed_in::SignedIn;

/// Longest body, bytes.
const LONGEST: usize = 64 * 1024;

/// What to preview: either `key` or `call`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// A whole settings document; the saved one if there is none.
    #[serde(default)]
    settings: Option<Value>,
    /// The key of an entry of the activity log.
    #[serde(default)]
    key: Option<String>,
    /// A call that has not been.
    #[serde(default)]
    call: Option<AskedCall>,
}

/// A call that has not been.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedCall {
    /// One of the five.
    call_type: CallType,
    /// Aircall's id of the line; any if there is none.
    #[serde(default)]
    line: Option<u64>,
    /// When it starts, on the line's clock: `2026-03-23T09:30`.
    started_at_local: String,
    /// The other party's number; withheld if there is none.
    #[serde(default)]
    external_number: Option<String>,
    /// The e-mail of the Aircall user who takes or makes it.
    #[serde(default)]
    user_email: Option<String>,
}

/// What would become of the call.
#[derive(Debug, Serialize)]
pub(crate) struct PreviewView {
    /// Whether it would become a Task.
    would_log: bool,
    /// The status of the Task; null if there would be none.
    status: Option<TaskStatus>,
    /// Why there would be none; null if there would.
    skip_reason: Option<SkipReason>,
    /// The same as a sentence.
    reason: Option<String>,
    call_type: CallType,
    /// All that was looked at, and what followed.
    trace: Vec<Step>,
    /// Why Salesforce was not looked into; null if it was, or had not to be.
    salesforce_left_out: Option<String>,
    /// The records that the Task would be on.
    records: Vec<RecordView>,
    /// The Task by Salesforce's names of its fields; null for the id of a record that would be created.
    task: Option<Map<String, Value>>,
    /// The id of the Task, if it is there already.
    task_id: Option<String>,
}

/// Says what would become of a call. Nothing is stored, and nothing is written to Salesforce.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    body: Body,
) -> Result<Json<PreviewView>, ApiError> {
    let body = to_bytes(body, LONGEST).await.map_err(|_| ApiError::TooLarge)?;
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|error| ApiError::NotJson(format!("The body is no question for a preview: {error}.")))?;
    let id = &session.tenant;
    let settings = match &asked.settings {
        Some(document) => Settings::parse(document).map_err(ApiError::Invalid)?,
        None => console.settings.get(id).await?,
    };
    let document = match (asked.key, asked.call) {
        (Some(key), None) => {
            let entry = if key.is_empty() { None } else { console.calls.get(id, &key).await? };
            entry.ok_or_else(|| ApiError::NotFound("There is no entry of this key.".to_owned()))?.document
        }
        (None, Some(call)) => {
            let (lines, users) = tokio::join!(lines::numbers(&console, id), users(&console, id));
            call.described().document(&lines?, &users?).map_err(|mut wrong| wrong.swap_remove(0))?
        }
        (Some(_), Some(_)) | (None, None) => {
            let message = "The body is no question for a preview: it names either a key or a call.";
            return Err(ApiError::NotJson(message.to_owned()));
        }
    };
    let previewed = preview(&console, id, &settings, &document).await?;
    let previewed = previewed.map_err(|_| ApiError::Parameter {
        name: "key",
        message: "The call is not over, so nothing can be said of it yet.".to_owned(),
    })?;
    Ok(Json(PreviewView::of(previewed, &settings)))
}

impl AskedCall {
    fn described(self) -> Described {
        Described {
            call_type: crate::settings::change::key(self.call_type).to_owned(),
            line: self.line.map(|line| line.to_string()).unwrap_or_default(),
            started_at: self.started_at_local,
            number: self.external_number.unwrap_or_default().trim().to_owned(),
            user: self.user_email.unwrap_or_default().trim().to_owned(),
        }
    }
}

impl PreviewView {
    fn of(previewed: Previewed, settings: &Settings) -> Self {
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

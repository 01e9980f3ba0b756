//! `/api/connections/aircall/backfill`: imports the calls of a period from Aircall.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::optional;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::{Backfill, BackfillState};
use utoipa::ToSchema;

use crate::activity::filters::day;
use crate::connections::aircall::backfill::{self, Days, StartError};
use crate::connections::aircall::import_preview::{self, ImportPreview};
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::openapi::body;
use crate::web::session::Session;
use crate::web::signed_in::{Admin, SignedIn};

/// Longest body, in bytes.
const MAX_LEN: usize = 4 * 1024;

/// What became of the latest import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportState)]
enum StateView {
    /// There was none.
    None,
    Running,
    /// All calls of the period are fetched.
    Done,
    /// An admin stopped it.
    Stopped,
    /// It ended with a problem.
    Failed,
}

/// The latest import of calls, started by an admin or by itself after events were missing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct BackfillView {
    #[schema(inline)]
    state: StateView,
    /// The first day of the period; null if there was no import.
    #[schema(value_type = Option<Date>, required)]
    from: Option<String>,
    /// The last day, included.
    #[schema(value_type = Option<Date>, required)]
    until: Option<String>,
    /// When it last went on, in UNIX seconds.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    at: Option<Timestamp>,
    /// How many calls of the period Aircall has listed so far.
    calls: u64,
    /// How many of them had no complete entry, and are evaluated.
    queued: u64,
    /// Why it failed, or does not go on right now, as sentences; null if there is no problem.
    #[schema(required)]
    problem: Option<String>,
}

impl BackfillView {
    fn new(backfill: Option<&Backfill>, zone: &TimeZone) -> Self {
        let days = backfill.map(|backfill| Days::of(backfill, zone));
        Self {
            state: match backfill.map(|backfill| backfill.state) {
                None => StateView::None,
                Some(BackfillState::Running) => StateView::Running,
                Some(BackfillState::Done) => StateView::Done,
                Some(BackfillState::Stopped) => StateView::Stopped,
                Some(BackfillState::Failed) => StateView::Failed,
            },
            from: days.map(|days| days.from.to_string()),
            until: days.map(|days| days.until.to_string()),
            at: backfill.map(|backfill| backfill.at),
            calls: backfill.map_or(0, |backfill| backfill.calls),
            queued: backfill.map_or(0, |backfill| backfill.queued),
            problem: backfill.and_then(|backfill| backfill.problem.clone()),
        }
    }
}

/// The days whose calls are imported, in the time zone of most lines.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportedDays)]
struct DaysBody {
    /// The first day: at most six months ago.
    #[schema(value_type = Date, example = "2026-03-01")]
    from: String,
    /// The last day, included: not in the future.
    #[schema(value_type = Date, example = "2026-03-23")]
    until: String,
}

impl From<StartError> for ApiError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Invalid(invalid) => invalid.into(),
            StartError::Connection(error) => error.into(),
        }
    }
}

/// What an import would log. Nothing is stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreview)]
pub(crate) struct PreviewView {
    /// How many calls of the period were looked at: the first 300 at most.
    calls: u64,
    /// How many of them are over and have no complete entry.
    missing: u64,
    /// How many of those today's settings log. Whether a record is found is known when they are written.
    to_log: u64,
    /// Whether the period has more calls than were looked at.
    has_more: bool,
}

impl From<ImportPreview> for PreviewView {
    fn from(ImportPreview { calls, missing, to_log, has_more }: ImportPreview) -> Self {
        Self { calls, missing, to_log, has_more }
    }
}

async fn view(console: &Console, session: &Session) -> Result<Json<BackfillView>, ApiError> {
    let zone = backfill::zone(console, &session.tenant).await?;
    Ok(Json(BackfillView::new(backfill::latest(console, &session.tenant).await?.as_ref(), &zone)))
}

/// Import calls from Aircall
///
/// Fetches the calls of a period that have no complete entry, also those of before Aircall was connected. Today's settings
/// decide about them, and no call is logged twice. Aircall has no history of messages.
#[utoipa::path(
    post,
    path = "/api/connections/aircall/backfill",
    tag = "Connections",
    operation_id = "importCalls",
    request_body = DaysBody,
    responses((status = ACCEPTED, description = "The import has begun.", body = BackfillView)),
)]
pub(crate) async fn start(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    body: Body,
) -> Result<(StatusCode, Json<BackfillView>), ApiError> {
    let days = read_days(body).await?;
    let zone = backfill::zone(&console, &session.tenant).await?;
    backfill::start(&console, &session.tenant, days, &zone).await?;
    Ok((StatusCode::ACCEPTED, view(&console, &session).await?))
}

async fn read_days(body: Body) -> Result<Days, ApiError> {
    let body = body::json(body, MAX_LEN).await?;
    let body: DaysBody = serde_json::from_value(body).map_err(|_| {
        ApiError::new(ErrorCode::NotJson, "The body must be {\"from\": \"2026-03-01\", \"until\": \"2026-03-23\"}.")
    })?;
    let day =
        |name, text: &str| day(text).ok_or_else(|| ApiError::parameter(name, "The day is a date such as 2026-03-23."));
    Ok(Days { from: day("from", &body.from)?, until: day("until", &body.until)? })
}

/// Preview an import of calls
///
/// Counts what an import of these days would log by today's settings. Looks at the first 300 calls of the period, and stores
/// nothing.
#[utoipa::path(
    post,
    path = "/api/connections/aircall/backfill/preview",
    tag = "Connections",
    operation_id = "previewImport",
    request_body = DaysBody,
    responses((status = OK, description = "What was counted.", body = PreviewView)),
)]
pub(crate) async fn preview(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    body: Body,
) -> Result<Json<PreviewView>, ApiError> {
    let days = read_days(body).await?;
    let zone = backfill::zone(&console, &session.tenant).await?;
    Ok(Json(import_preview::preview(&console, &session.tenant, days, &zone).await?.into()))
}

/// Get the import of calls
///
/// How far the latest import of calls from Aircall is.
#[utoipa::path(
    get,
    path = "/api/connections/aircall/backfill",
    tag = "Connections",
    operation_id = "getImport",
    responses((status = OK, description = "The latest import.", body = BackfillView)),
)]
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<BackfillView>, ApiError> {
    view(&console, &session).await
}

/// Stop the import of calls
///
/// Calls that are queued already are logged. Nothing happens if no import goes on.
#[utoipa::path(
    delete,
    path = "/api/connections/aircall/backfill",
    tag = "Connections",
    operation_id = "stopImport",
    responses((status = OK, description = "The latest import.", body = BackfillView)),
)]
pub(crate) async fn stop(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<Json<BackfillView>, ApiError> {
    backfill::stop(&console, &session.tenant).await?;
    view(&console, &session).await
}

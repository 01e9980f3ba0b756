//! `GET /api/activity`, `GET /api/activity/days`, `POST /api/activity/retry-failed`, `GET /api/activity/{key}` and
//! `POST /api/activity/{key}/retry`.

#![expect(unused_qualifications, reason = "what utoipa makes of IntoParams")]

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use jiff::Timestamp;
use jiff::civil::Date;
use rules::LineId;
use rules::schedule::Zone;
use serde::Serialize;
use store::DayOutcomes;
use utoipa::{IntoParams, ToSchema};

use super::entry::{FullEntryView, Listed};
use super::parameters;
use crate::activity::filters::{Filters, InvalidField};
use crate::activity::outcome::Outcome;
use crate::activity::search::{Part, search};
use crate::activity::{days, entry, retry, tenant};
use crate::console::Console;
use crate::error::ApiError;
use crate::form::Fields;
use crate::lines::{self, Lines};
use crate::signed_in::SignedIn;

/// A page of the activity log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ActivityPage)]
pub(crate) struct PageView {
    /// The latest call first.
    entries: Vec<Listed>,
    /// What `cursor` is for the next page; null on the last. A page can be empty and not be the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// What became of the calls of each of some days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Days)]
pub(crate) struct DaysView {
    /// On whose clock the days begin.
    #[schema(example = "Europe/Vienna")]
    time_zone: String,
    /// Each day, in order.
    days: Vec<DayView>,
    /// Whether all calls are counted; if not, the earlier days lack some or all of theirs.
    is_complete: bool,
}

/// What became of the calls of one day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Day)]
struct DayView {
    date: Date,
    logged: u64,
    skipped: u64,
    failed: u64,
    waiting: u64,
}

/// What came of retrying all that failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Retried)]
pub(crate) struct RetriedView {
    /// How many are written again.
    #[schema(maximum = 200, example = 3)]
    retried: usize,
    /// Whether there may be more that failed.
    more: bool,
}

impl From<InvalidField> for ApiError {
    fn from(wrong: InvalidField) -> Self {
        ApiError::Parameter { name: wrong.name, message: wrong.message }
    }
}

/// Which entries of the activity log to show.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the document, by which the query string is read")]
struct ListParameters {
    /// Most entries on the page.
    #[param(required = false, minimum = 1, maximum = 100, default = 25)]
    limit: u64,
    /// `next_cursor` of an earlier page with the same filters. It means nothing to anybody else.
    #[param(required = false, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: String,
    /// What became of it.
    #[param(required = false)]
    outcome: Outcome,
    /// Which of the five call types it is, or that it is of messages.
    #[param(required = false, rename = "type")]
    call_type: AskedType,
    /// The Aircall number's id.
    #[param(required = false)]
    line: LineId,
    /// The first day, from 1970 on.
    #[param(required = false, example = "2026-03-01")]
    from: Date,
    /// The last day, not before the first and up to the year 2200.
    #[param(required = false, example = "2026-03-23")]
    until: Date,
    /// A phone number as people write it, the id of a call, or the key of an entry. A call's id asks for this call, whatever else is
    /// asked for.
    #[param(
        required = false,
        max_length = 100,
        pattern = r"^(call-[0-9]+|(message|conversation)-[!-~]+|[-0-9 +().,/*#:;\u00a0\u2009-\u2015\u202a-\u202f]*[0-9][-0-9 +().,/*#:;\u00a0\u2009-\u2015\u202a-\u202f]*)$",
        example = "+33 6 39 98 00 01"
    )]
    search: String,
    /// On whose clock days begin. Without it that of the line, or of most lines.
    #[param(required = false)]
    time_zone: Zone,
}

/// What an entry can be asked for by.
#[derive(ToSchema)]
#[schema(as = AskedType)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "for the document: the values of the parameter")]
enum AskedType {
    OutboundAnswered,
    OutboundUnanswered,
    InboundAnswered,
    Missed,
    Voicemail,
    /// Messages and conversations.
    Messages,
}

/// The activity log
///
/// What became of each call, message and conversation, the latest first.
#[utoipa::path(
    get,
    path = "/api/activity",
    tag = "Activity",
    operation_id = "listActivity",
    params(ListParameters),
    responses((
        status = OK,
        description = "A page of the activity log.",
        body = PageView,
        links(("next" = (operation_id = "listActivity", parameters(("cursor" = "$response.body#/next_cursor"))))),
    )),
)]
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Json<PageView>, ApiError> {
    let fields = parameters::read::<ListParameters>(query)?;
    let part = Part::read(&fields, &session.tenant)?;
    let filters = filters(&fields)?;
    // Lines tell what a number without its country means, and when a day begins.
    let asks_for_days = filters.from.or(filters.until).is_some() && filters.time_zone.is_none();
    let lines = if filters.search.is_empty() && !asks_for_days {
        Lines::new()
    } else {
        lines::lines(&console, &session.tenant).await?
    };
    let found = search(&console, &session.tenant, &filters, part, &lines).await?;
    let tenant = tenant(&console, &session.tenant).await?;
    let entries = found.entries.into_iter().map(|entry| Listed::new(entry, &tenant)).collect();
    Ok(Json(PageView { entries, next_cursor: found.next.map(|cursor| cursor.to_string()) }))
}

/// Which days to count.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the document, by which the query string is read")]
struct DaysParameters {
    /// The first day, from 1970 on. Without it the 14 days until today are counted.
    #[param(required = false, example = "2026-03-01")]
    from: Date,
    /// The last day, not before the first and up to the year 2200. Without it today.
    #[param(required = false, example = "2026-03-23")]
    until: Date,
    /// The Aircall number on whose clock days begin. The calls of all are counted.
    #[param(required = false)]
    line: LineId,
    /// On whose clock days begin. Without it that of the line, or of most lines.
    #[param(required = false)]
    time_zone: Zone,
}

/// What became of the calls of each day
///
/// Of 366 days at most, the latest. Calls that are not over are not counted.
#[utoipa::path(
    get,
    path = "/api/activity/days",
    tag = "Activity",
    operation_id = "countDays",
    params(DaysParameters),
    responses((status = OK, description = "Each day, in order.", body = DaysView)),
)]
pub(crate) async fn count_days(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Json<DaysView>, ApiError> {
    let filters = filters(&parameters::read::<DaysParameters>(query)?)?;
    let zone = match &filters.time_zone {
        Some(zone) => zone.time_zone().clone(),
        None => filters.zone(&lines::lines(&console, &session.tenant).await?),
    };
    let (first, last) = days::latest(&zone, Timestamp::now());
    let last = filters.until.unwrap_or(last);
    let first = filters.from.unwrap_or(first.min(last));
    let counted = days::count(&console, &session.tenant, (first, last), &zone).await?;
    let day =
        |DayOutcomes { date, logged, skipped, failed, waiting }| DayView { date, logged, skipped, failed, waiting };
    Ok(Json(DaysView {
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        days: counted.days.into_iter().map(day).collect(),
        is_complete: counted.is_complete,
    }))
}

/// Retry all that failed
///
/// The latest failed entries, 200 at most.
#[utoipa::path(
    post,
    path = "/api/activity/retry-failed",
    tag = "Activity",
    operation_id = "retryFailed",
    responses((status = OK, description = "They wait to be written again.", body = RetriedView)),
)]
pub(crate) async fn retry_failed(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<RetriedView>, ApiError> {
    let retried = retry::all(&console, &session.tenant).await?;
    Ok(Json(RetriedView { retried: retried.count, more: retried.is_more }))
}

/// An entry of the activity log
///
/// With all that was looked at, and what followed.
#[utoipa::path(
    get,
    path = "/api/activity/{key}",
    tag = "Activity",
    operation_id = "getEntry",
    params((
        "key" = String,
        Path,
        description = "The entry's `key`.",
        min_length = 1,
        max_length = 1024,
        example = "call-3127",
    )),
    responses((
        status = OK,
        description = "The entry.",
        body = FullEntryView,
        links(("retry" = (operation_id = "retryEntry", parameters(("key" = "$response.body#/key"))))),
    )),
)]
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<FullEntryView>, ApiError> {
    let entry = entry(&console, &session.tenant, key).await?;
    let tenant = tenant(&console, &session.tenant).await?;
    Ok(Json(FullEntryView::new(&entry, &tenant)))
}

/// Retry an entry
///
/// Has an entry that failed written again, under the settings that it was decided by.
#[utoipa::path(
    post,
    path = "/api/activity/{key}/retry",
    tag = "Activity",
    operation_id = "retryEntry",
    params((
        "key" = String,
        Path,
        description = "The entry's `key`.",
        min_length = 1,
        max_length = 1024,
        example = "call-3127",
    )),
    responses((status = OK, description = "The entry, which waits to be written.", body = FullEntryView)),
)]
pub(crate) async fn retry(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<FullEntryView>, ApiError> {
    let id = &session.tenant;
    let failed = entry(&console, id, key).await?;
    if !retry::one(&console, id, &failed.key).await? {
        return Err(ApiError::NotFailed);
    }
    let tenant = tenant(&console, id).await?;
    let waiting = console.calls.get(id, &failed.key).await?.unwrap_or(failed);
    Ok(Json(FullEntryView::new(&waiting, &tenant)))
}

fn filters(fields: &Fields) -> Result<Filters, ApiError> {
    // There is something wrong, if it is not right.
    Filters::read(fields).map_err(|mut wrong| wrong.swap_remove(0).into())
}

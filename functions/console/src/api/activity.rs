//! `GET /api/activity`, `GET /api/activity/days`, `POST /api/activity/retry-failed`, `GET /api/activity/{key}` and
//! `POST /api/activity/{key}/retry`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use store::DayOutcomes;

use super::entry::{EntryView, Listed};
use crate::activity::filters::{Filters, Wrong};
use crate::activity::search::{Part, search};
use crate::activity::{days, entry, retry, tenant};
use crate::console::Console;
use crate::error::ApiError;
use crate::form::Fields;
use crate::lines::{self, Lines};
use crate::signed_in::SignedIn;

/// A page of the activity log.
#[derive(Debug, Serialize)]
pub(crate) struct PageView {
    /// The latest call first.
    entries: Vec<Listed>,
    /// What `cursor` is for the next page; null on the last. A page can be empty and not be the last.
    next_cursor: Option<String>,
}

/// What became of the calls of each of some days.
#[derive(Debug, Serialize)]
pub(crate) struct DaysView {
    /// On whose clock the days begin.
    time_zone: String,
    /// Each day, in order.
    days: Vec<DayView>,
    /// Whether all calls are counted; if not, the earlier days lack some or all of theirs.
    is_complete: bool,
}

/// What became of the calls of one day.
#[derive(Debug, Serialize)]
struct DayView {
    date: Date,
    logged: u64,
    skipped: u64,
    failed: u64,
    waiting: u64,
}

/// What came of retrying all that failed.
#[derive(Debug, Serialize)]
pub(crate) struct RetriedView {
    /// How many are written again.
    retried: usize,
    /// Whether there may be more that failed.
    more: bool,
}

impl From<Wrong> for ApiError {
    fn from(wrong: Wrong) -> Self {
        ApiError::Parameter { name: wrong.name, message: wrong.message }
    }
}

/// A page of the activity log: `limit` entries from behind `cursor`, of those that `outcome`, `type`, `line`, `from`,
/// `until` and `search` ask for. `from` and `until` are the first and the last day, on the clock of `time_zone`; without
/// it on the line's, or that of most lines.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Json<PageView>, ApiError> {
    let fields = fields(query);
    let part = Part::read(&fields, &session.tenant)?;
    let filters = filters(&fields)?;
    // Lines tell what a number without its country means, and when a day begins.
    let asks_for_days = filters.from.or(filters.until).is_some() && filters.time_zone.is_none();
    let lines = if filters.search.is_empty() && !asks_for_days {
        Lines::new()
    } else {
        lines::numbers(&console, &session.tenant).await?
    };
    let found = search(&console, &session.tenant, &filters, part, &lines).await?;
    let tenant = tenant(&console, &session.tenant).await?;
    let entries = found.entries.into_iter().map(|entry| Listed::of(entry, &tenant)).collect();
    Ok(Json(PageView { entries, next_cursor: found.next.map(|cursor| cursor.to_string()) }))
}

/// What became of the calls of each day `from` a day `until` another, both included: of the last 14 days if nobody says,
/// and of 366 at most.
pub(crate) async fn count_days(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Json<DaysView>, ApiError> {
    let filters = filters(&fields(query))?;
    let zone = match &filters.time_zone {
        Some(zone) => zone.time_zone().clone(),
        None => filters.zone(&lines::numbers(&console, &session.tenant).await?),
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

/// Has the latest failed entries written again, 200 at most.
pub(crate) async fn retry_failed(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<RetriedView>, ApiError> {
    let retried = retry::all(&console, &session.tenant).await?;
    Ok(Json(RetriedView { retried: retried.count, more: retried.is_more }))
}

/// One entry, with all that was looked at.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<EntryView>, ApiError> {
    let entry = entry(&console, &session.tenant, key).await?;
    let tenant = tenant(&console, &session.tenant).await?;
    Ok(Json(EntryView::in_full(&entry, &tenant)))
}

/// Has a failed entry written again, and shows it.
pub(crate) async fn retry(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<EntryView>, ApiError> {
    let id = &session.tenant;
    let failed = entry(&console, id, key).await?;
    if !retry::one(&console, id, &failed.key).await? {
        return Err(ApiError::NotFailed);
    }
    let tenant = tenant(&console, id).await?;
    let waiting = console.calls.get(id, &failed.key).await?.unwrap_or(failed);
    Ok(Json(EntryView::in_full(&waiting, &tenant)))
}

fn fields(query: Option<String>) -> Fields {
    Fields::read(query.unwrap_or_default().as_bytes())
}

fn filters(fields: &Fields) -> Result<Filters, ApiError> {
    // There is something wrong, if it is not right.
    Filters::read(fields).map_err(|mut wrong| wrong.swap_remove(0).into())
}

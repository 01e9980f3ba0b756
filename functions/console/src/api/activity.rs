//! `GET /api/activity`, `GET /api/activity/{key}` and `POST /api/activity/{key}/retry`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use lambda::queue::WakeUp;
use serde::Serialize;
use store::{ConnectionState, Cursor, Entry, TenantId};

use crate::console::Console;
use super::entry::{EntryView, Listed};
use crate::error::ApiError;
use crate::signed_in::SignedIn;

/// Entries on a page when nobody says how many, and at most.
const LIMIT: usize = 25;
const MOST: usize = 100;
/// Longest key that DynamoDB takes, bytes.
const LONGEST_KEY: usize = 1024;

/// A page of the activity log.
#[derive(Debug, Serialize)]
pub(crate) struct PageView {
    /// The latest call first.
    entries: Vec<Listed>,
    /// What `cursor` is for the next page; null on the last.
    next_cursor: Option<String>,
}

type Parameters = Result<Query<HashMap<String, String>>, QueryRejection>;

/// A page of the activity log: `limit` entries from behind `cursor`.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    parameters: Parameters,
) -> Result<Json<PageView>, ApiError> {
    let Query(parameters) = parameters
        .map_err(|_| ApiError::Parameter { name: "query", message: "The query string cannot be read.".to_owned() })?;
    let limit = limit(parameters.get("limit"))?;
    let cursor = parameters.get("cursor").filter(|cursor| !cursor.is_empty());
    let cursor = cursor.map(|cursor| Cursor::parse(&session.tenant, cursor)).transpose().map_err(|_| {
        let message = "The cursor is not one that a page of this activity log gave.".to_owned();
        ApiError::Parameter { name: "cursor", message }
    })?;
    let page = console.calls.activity(&session.tenant, limit, cursor.as_ref()).await?;
    let state = connection(&console, &session.tenant).await?;
    let entries = page.entries.into_iter().map(|entry| Listed::of(entry, &state)).collect();
    Ok(Json(PageView { entries, next_cursor: page.next.map(|cursor| cursor.to_string()) }))
}

/// One entry, with all that was looked at.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<EntryView>, ApiError> {
    let entry = entry(&console, &session.tenant, key).await?;
    let state = connection(&console, &session.tenant).await?;
    Ok(Json(EntryView::with_trace(&entry, &state)))
}

/// Has a failed entry written again, and shows it.
pub(crate) async fn retry(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<EntryView>, ApiError> {
    let tenant = &session.tenant;
    let failed = entry(&console, tenant, key).await?;
    let now = Timestamp::now();
    if !console.calls.retry(tenant, &failed.key, now).await? {
        return Err(ApiError::NotFailed);
    }
    // Once the entry waits, a bell that is not heard is only a delay: the sweep finds it.
    let wake_up = WakeUp { tenant: tenant.to_string(), key: Some(failed.key.clone()) };
    if let Err(error) = console.bell.ring(&wake_up, &format!("{}-retry-{}", failed.key, now.as_millisecond())).await {
        tracing::warn!(%tenant, key = failed.key, %error, "the writer was not woken for a retry");
    }
    let state = connection(&console, tenant).await?;
    let waiting = console.calls.get(tenant, &failed.key).await?.unwrap_or(failed);
    Ok(Json(EntryView::with_trace(&waiting, &state)))
}

async fn entry(
    console: &Console,
    tenant: &TenantId,
    key: Result<Path<String>, PathRejection>,
) -> Result<Entry, ApiError> {
    let nothing = || ApiError::NotFound("There is no entry of this key.".to_owned());
    let key = key.ok().map(|Path(key)| key).filter(|key| (1..=LONGEST_KEY).contains(&key.len())).ok_or_else(nothing)?;
    console.calls.get(tenant, &key).await?.ok_or_else(nothing)
}

/// Whether the tenant's org takes requests, which is why entries may be waiting.
async fn connection(console: &Console, tenant: &TenantId) -> Result<ConnectionState, ApiError> {
    Ok(console.tenants.get(tenant).await?.map(|tenant| tenant.state).unwrap_or_default())
}

fn limit(text: Option<&String>) -> Result<usize, ApiError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| ApiError::Parameter {
        name: "limit",
        message: format!("The limit is a number of entries from 1 to {MOST}."),
    })
}

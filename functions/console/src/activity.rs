//! `GET /api/activity` and `GET /api/activity/{key}`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::Serialize;
use store::Cursor;

use crate::entry::{EntryView, Listed};
use crate::error::ApiError;
use crate::router::Console;
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
    SignedIn(session): SignedIn,
    parameters: Parameters,
) -> Result<Json<PageView>, ApiError> {
    let Query(parameters) = parameters
        .map_err(|_| ApiError::Parameter { name: "limit", message: "The query string cannot be read.".to_owned() })?;
    let limit = limit(parameters.get("limit"))?;
    let cursor = parameters.get("cursor").filter(|cursor| !cursor.is_empty());
    let cursor = cursor.map(|cursor| Cursor::parse(&session.tenant, cursor)).transpose().map_err(|_| {
        let message = "The cursor is not one that a page of this activity log gave.".to_owned();
        ApiError::Parameter { name: "cursor", message }
    })?;
    let page = console.calls.activity(&session.tenant, limit, cursor.as_ref()).await?;
    let entries = page.entries.into_iter().map(Listed::from).collect();
    Ok(Json(PageView { entries, next_cursor: page.next.map(|cursor| cursor.to_string()) }))
}

/// One entry, with all that was looked at.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn(session): SignedIn,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<EntryView>, ApiError> {
    let nothing = || ApiError::NotFound("There is no entry of this key.".to_owned());
    let key = key.ok().map(|Path(key)| key).filter(|key| (1..=LONGEST_KEY).contains(&key.len())).ok_or_else(nothing)?;
    let entry = console.calls.get(&session.tenant, &key).await?.ok_or_else(nothing)?;
    Ok(Json(EntryView::with_trace(&entry)))
}

fn limit(text: Option<&String>) -> Result<usize, ApiError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| ApiError::Parameter {
        name: "limit",
        message: format!("The limit is a number of entries from 1 to {MOST}."),
    })
}

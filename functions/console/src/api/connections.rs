//! `/api/connections`, the Salesforce org and the Aircall account below it.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use salesforce::{CheckItem, CheckStatus, OrgCheck, SetUpOutcome, SetUpStep};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::connections::aircall::{self, key};
use crate::connections::salesforce as org;
use crate::connections::view::Connections;
use crate::console::Console;
use crate::error::ApiError;
use crate::here::Here;
use crate::signed_in::{Admin, SignedIn};

/// Longest body that makes sense here, bytes.
const LONGEST: usize = 4 * 1024;

/// What the tenant is connected to, and how that is.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<Connections>, ApiError> {
    Ok(Json(Connections::of(&console, &session.tenant).await?))
}

/// What the org offers to the connected user.
#[derive(Debug, Serialize)]
pub(crate) struct CheckView {
    /// How the worst of the items is.
    status: &'static str,
    items: Vec<ItemView>,
    /// Whether the user may create custom fields; null if Salesforce does not tell.
    may_customize: Option<bool>,
    /// Whether the org has person accounts; null if the user may not see Accounts.
    person_accounts: Option<bool>,
}

#[derive(Debug, Serialize)]
struct ItemView {
    what: String,
    /// `ok`, `warning` or `missing`.
    status: &'static str,
    message: String,
}

/// A step of the set-up.
#[derive(Debug, Serialize)]
pub(crate) struct StepView {
    what: String,
    /// `done`, `already_there` or `failed`.
    outcome: &'static str,
    message: String,
}

/// Looks at what the org offers.
pub(crate) async fn check(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<CheckView>, ApiError> {
    let check = org::check(&console, &session.tenant).await?;
    let status = status(check.status());
    let OrgCheck { items, may_customize, person_accounts, .. } = check;
    let item = |CheckItem { what, status: found, message }| ItemView { what, status: self::status(found), message };
    Ok(Json(CheckView { status, items: items.into_iter().map(item).collect(), may_customize, person_accounts }))
}

/// Sets up the key field.
pub(crate) async fn set_up(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<Json<Value>, ApiError> {
    let steps = org::set_up(&console, &session.tenant).await?;
    let step = |SetUpStep { what, outcome, message }| StepView { what, outcome: self::outcome(outcome), message };
    let steps: Vec<StepView> = steps.into_iter().map(step).collect();
    Ok(Json(json!({ "steps": steps })))
}

/// Disconnects the org.
pub(crate) async fn disconnect_salesforce(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<Json<Value>, ApiError> {
    let is_revoked = org::disconnect(&console, &session.tenant).await?;
    Ok(Json(json!({ "revoked": is_revoked })))
}

/// An API key of Aircall's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    api_id: String,
    api_token: String,
}

/// Connects the account of an API key.
pub(crate) async fn connect_aircall(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Connections>, ApiError> {
    let body = to_bytes(body, LONGEST).await.map_err(|_| ApiError::TooLarge)?;
    // The error's words would quote the body.
    let body: KeyBody = serde_json::from_slice(&body)
        .map_err(|_| ApiError::NotJson("The body is {\"api_id\": \"…\", \"api_token\": \"…\"}.".to_owned()))?;
    let key = key::read(&body.api_id, &body.api_token)
        .map_err(|problem| ApiError::Parameter { name: problem.field, message: problem.message.to_owned() })?;
    aircall::connect(&console, &session.tenant, &key, &Here::of(&headers)?).await?;
    Ok(Json(Connections::of(&console, &session.tenant).await?))
}

/// Has the webhook send again.
pub(crate) async fn reactivate_aircall(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    headers: HeaderMap,
) -> Result<Json<Connections>, ApiError> {
    aircall::reactivate(&console, &session.tenant, &Here::of(&headers)?).await?;
    Ok(Json(Connections::of(&console, &session.tenant).await?))
}

/// Replaces the webhook and its token by new ones.
pub(crate) async fn rotate_aircall(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Json<Connections>, ApiError> {
    aircall::rotate(&console, &session.tenant, &Here::of(&headers)?).await?;
    Ok(Json(Connections::of(&console, &session.tenant).await?))
}

/// Disconnects the account.
pub(crate) async fn disconnect_aircall(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let is_deleted = aircall::disconnect(&console, &session.tenant, &Here::of(&headers)?).await?;
    Ok(Json(json!({ "webhook_deleted": is_deleted })))
}

fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Ok => "ok",
        CheckStatus::Warning => "warning",
        CheckStatus::Missing => "missing",
    }
}

fn outcome(outcome: SetUpOutcome) -> &'static str {
    match outcome {
        SetUpOutcome::Done => "done",
        SetUpOutcome::AlreadyThere => "already_there",
        SetUpOutcome::Failed => "failed",
    }
}

//! `/api/connections`, and below it the Salesforce org and the Aircall account.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use salesforce::{CheckItem, CheckStatus, OrgCheck, SetUpOutcome, SetUpStep};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::connections::aircall::{self, key};
use crate::connections::salesforce as org;
use crate::connections::view::Connections;
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::openapi::body;
use crate::web::openapi::schema::one_of;
use crate::web::signed_in::{Admin, SignedIn};

/// Longest body, in bytes.
const MAX_LEN: usize = 4 * 1024;

/// Get the connections
///
/// The tenant's Salesforce org and Aircall account, with their states.
#[utoipa::path(
    get,
    path = "/api/connections",
    tag = "Connections",
    operation_id = "getConnections",
    responses((status = OK, description = "Both connections.", body = Connections)),
)]
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<Connections>, ApiError> {
    Ok(Json(Connections::load(&console, &session.tenant).await?))
}

/// The result of the check of the org.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesforceCheck)]
pub(crate) struct CheckView {
    /// The worst status of all items.
    #[schema(schema_with = statuses)]
    status: &'static str,
    items: Vec<ItemView>,
    /// Whether the connecting user may create custom fields; null if unknown.
    #[schema(required)]
    may_customize: Option<bool>,
    /// Whether the org uses person accounts; null if the user may not see Accounts.
    #[schema(required)]
    person_accounts: Option<bool>,
}

/// An item of the check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckedItem)]
struct ItemView {
    #[schema(example = "Task.Aircall_Key__c")]
    what: String,
    /// `ok`, `warning` or `missing`.
    #[schema(schema_with = statuses)]
    status: &'static str,
    message: String,
}

/// The result of the set-up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SetUp)]
pub(crate) struct SetUpView {
    /// The steps, in order.
    steps: Vec<StepView>,
}

/// A step of the set-up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SetUpStep)]
struct StepView {
    what: String,
    /// `done`, `already_there` or `failed`.
    #[schema(schema_with = outcomes)]
    outcome: &'static str,
    message: String,
}

/// The result of disconnecting the Salesforce org.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesforceDisconnected)]
pub(crate) struct SalesforceDisconnected {
    /// Whether Salesforce confirmed that the grant is revoked. If not, an admin must revoke it in the org.
    revoked: bool,
}

/// The result of disconnecting the Aircall account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AircallDisconnected)]
pub(crate) struct AircallDisconnected {
    /// Whether Aircall confirmed that the webhook is deleted. If not, an admin must delete it in Aircall.
    webhook_deleted: bool,
}

/// Check the Salesforce org
///
/// Checks what is available to the connecting user in the org: the key field, permissions, person accounts. Nothing is
/// written to the org.
#[utoipa::path(
    get,
    path = "/api/connections/salesforce/check",
    tag = "Connections",
    operation_id = "checkSalesforce",
    responses((status = OK, description = "The result of the check.", body = CheckView)),
)]
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

/// Set up the Salesforce org
///
/// Creates the key field `Task.Aircall_Key__c` and the permission for it. Idempotent.
#[utoipa::path(
    post,
    path = "/api/connections/salesforce/set-up",
    tag = "Connections",
    operation_id = "setUpSalesforce",
    responses((status = OK, description = "The steps and their outcomes.", body = SetUpView)),
)]
pub(crate) async fn set_up(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<Json<SetUpView>, ApiError> {
    let steps = org::set_up(&console, &session.tenant).await?;
    let step = |SetUpStep { what, outcome, message }| StepView { what, outcome: self::outcome(outcome), message };
    Ok(Json(SetUpView { steps: steps.into_iter().map(step).collect() }))
}

/// Disconnect the Salesforce org
///
/// Revokes the grant and deletes the org's tokens. Calls wait until an admin signs in again, which reconnects the org.
#[utoipa::path(
    delete,
    path = "/api/connections/salesforce",
    tag = "Connections",
    operation_id = "disconnectSalesforce",
    responses((status = OK, description = "The connection is deleted.", body = SalesforceDisconnected)),
)]
pub(crate) async fn disconnect_salesforce(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<Json<SalesforceDisconnected>, ApiError> {
    let revoked = org::disconnect(&console, &session.tenant).await?;
    Ok(Json(SalesforceDisconnected { revoked }))
}

/// An Aircall API key, which an admin creates in Aircall's dashboard. Spaces around its parts are ignored.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AircallKey)]
struct KeyBody {
    #[schema(pattern = r"^\s*[!-9;-~]{1,200}\s*$", example = "0123456789abcdef0123456789abcdef")]
    api_id: String,
    #[schema(write_only, format = Password, pattern = r"^\s*[!-~]{1,200}\s*$", example = "fedcba9876543210fedcba9876543210")]
    api_token: String,
}

/// Connect an Aircall account
///
/// Creates the webhook with the events that are used, or stores another key of the account that is already connected.
#[utoipa::path(
    put,
    path = "/api/connections/aircall",
    tag = "Connections",
    operation_id = "connectAircall",
    request_body = KeyBody,
    responses((status = OK, description = "The connections.", body = Connections)),
)]
pub(crate) async fn connect_aircall(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Connections>, ApiError> {
    let body = body::bytes(body, MAX_LEN).await?;
    // The error is not shown, as it could quote the secret in the body.
    let body: KeyBody = serde_json::from_slice(&body).map_err(|_| {
        ApiError::new(ErrorCode::NotJson, "The body must be {\"api_id\": \"…\", \"api_token\": \"…\"}.")
    })?;
    let key = key::read(&body.api_id, &body.api_token)?;
    aircall::connect(&console, &session.tenant, &key, &BaseUrl::from_headers(&headers)?).await?;
    Ok(Json(Connections::load(&console, &session.tenant).await?))
}

/// Reactivate the webhook
///
/// Turns Aircall's webhook on again, or creates a new one if it was deleted.
#[utoipa::path(
    post,
    path = "/api/connections/aircall/reactivate",
    tag = "Connections",
    operation_id = "reactivateAircall",
    responses((status = OK, description = "The connections.", body = Connections)),
)]
pub(crate) async fn reactivate_aircall(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Json<Connections>, ApiError> {
    aircall::reactivate(&console, &session.tenant, &BaseUrl::from_headers(&headers)?).await?;
    Ok(Json(Connections::load(&console, &session.tenant).await?))
}

/// Rotate the webhook
///
/// Replaces Aircall's webhook and its token. No event is lost during the rotation.
#[utoipa::path(
    post,
    path = "/api/connections/aircall/rotate",
    tag = "Connections",
    operation_id = "rotateAircall",
    responses((status = OK, description = "The connections.", body = Connections)),
)]
pub(crate) async fn rotate_aircall(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Json<Connections>, ApiError> {
    aircall::rotate(&console, &session.tenant, &BaseUrl::from_headers(&headers)?).await?;
    Ok(Json(Connections::load(&console, &session.tenant).await?))
}

/// Disconnect the Aircall account
///
/// Deletes the webhook at Aircall and the stored key.
#[utoipa::path(
    delete,
    path = "/api/connections/aircall",
    tag = "Connections",
    operation_id = "disconnectAircall",
    responses((status = OK, description = "The connection is deleted.", body = AircallDisconnected)),
)]
pub(crate) async fn disconnect_aircall(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Json<AircallDisconnected>, ApiError> {
    let webhook_deleted = aircall::disconnect(&console, &session.tenant, &BaseUrl::from_headers(&headers)?).await?;
    Ok(Json(AircallDisconnected { webhook_deleted }))
}

fn statuses() -> Object {
    one_of(&["ok", "warning", "missing"], "The status of the item.")
}

fn outcomes() -> Object {
    one_of(&["done", "already_there", "failed"], "The outcome of the step.")
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

//! `/api/connections/salesforce`: checks, sets up and disconnects the org, and chooses from what it has.

use std::sync::Arc;

use ::salesforce::{CheckItem, CheckStatus, OrgCheck, SetUpOutcome, SetUpStep};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use rules::{StatusChoice, TaskStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::connections::consent::{self, NewLink};
use crate::connections::predecessor;
use crate::connections::salesforce as org;
use crate::connections::salesforce::statuses::{self as org_statuses, StatusesView};
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::openapi::body;
use crate::web::openapi::schema::one_of;
use crate::web::signed_in::{Admin, SignedIn};

/// Longest body, in bytes.
const MAX_LEN: usize = 4 * 1024;

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

/// The statuses to choose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatusChoice)]
#[expect(dead_code, reason = "it only documents the body, which is read field by field")]
struct StatusesBody {
    /// One of the org's closed statuses; null to choose it automatically.
    #[schema(required)]
    completed: Option<String>,
    /// One of the org's open statuses; null to choose it automatically.
    #[schema(required)]
    in_progress: Option<String>,
}

/// Choose the statuses of Tasks
///
/// Tasks that are written from now on get these values of the org's own list, which is read again. Automatically,
/// Salesforce's standard value is chosen, else the default of the same kind, else the first of it.
#[utoipa::path(
    put,
    path = "/api/connections/salesforce/statuses",
    tag = "Connections",
    operation_id = "chooseStatuses",
    request_body(content = StatusesBody, example = json!({"completed": "Completed", "in_progress": null})),
    responses((status = OK, description = "The statuses of Tasks.", body = StatusesView)),
)]
pub(crate) async fn choose_statuses(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    body: Body,
) -> Result<Json<StatusesView>, ApiError> {
    let fields = TaskStatus::ALL.map(org_statuses::field);
    let [completed, in_progress] = body::texts(body::json(body, MAX_LEN).await?, fields)?;
    let choice = StatusChoice { completed, in_progress };
    Ok(Json(org_statuses::choose(&console, &session.tenant, &choice).await?))
}

/// A link that was just made.
// Without `Debug`, which would show the address.
#[derive(Serialize, ToSchema)]
#[schema(as = NewConsentLink)]
pub(crate) struct NewConsentLink {
    /// Its address, for the user who is to connect the org. It cannot be shown again.
    #[schema(
        example = "https://console.example.com/consent/sf-00d000000000001eaa.EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-123"
    )]
    url: String,
    /// When it expires, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    expires_at: Timestamp,
}

/// Make a consent link
///
/// By the link, any Salesforce user of the org connects it in place of the user whose access is used now. The user need
/// not be an admin, and is not signed in to the console. The link is valid for an hour and for one connection; the
/// tenant's former link becomes invalid.
#[utoipa::path(
    post,
    path = "/api/connections/salesforce/consent-link",
    tag = "Connections",
    operation_id = "makeConsentLink",
    responses((status = CREATED, description = "The link, with its address.", body = NewConsentLink)),
)]
pub(crate) async fn make_consent_link(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    Admin(session): Admin,
) -> Result<(StatusCode, Json<NewConsentLink>), ApiError> {
    let NewLink { url, expires_at } = consent::make(&console, &console.base_url(&headers)?, &session).await?;
    Ok((StatusCode::CREATED, Json(NewConsentLink { url: url.into(), expires_at })))
}

/// Withdraw the consent link
///
/// Whoever has its address cannot connect the org any more. Idempotent.
#[utoipa::path(
    delete,
    path = "/api/connections/salesforce/consent-link",
    tag = "Connections",
    operation_id = "withdrawConsentLink",
    responses((status = NO_CONTENT, description = "There is no link any more.")),
)]
pub(crate) async fn withdraw_consent_link(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<StatusCode, ApiError> {
    consent::withdraw(&console, &session.tenant).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copy the former org's settings
///
/// For an org at the address of one that was known before, such as a refreshed sandbox, if the admin administered both:
/// copies the former org's settings as a new version, and the chosen statuses and users, if there are any.
#[utoipa::path(
    post,
    path = "/api/connections/salesforce/predecessor/copy",
    tag = "Connections",
    operation_id = "copyPredecessor",
    responses((status = NO_CONTENT, description = "The settings are copied.")),
)]
pub(crate) async fn copy_predecessor(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<StatusCode, ApiError> {
    predecessor::copy(&console, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Dismiss the former org
///
/// Its settings are not offered any more. Idempotent.
#[utoipa::path(
    delete,
    path = "/api/connections/salesforce/predecessor",
    tag = "Connections",
    operation_id = "dismissPredecessor",
    responses((status = NO_CONTENT, description = "There is no former org any more.")),
)]
pub(crate) async fn dismiss_predecessor(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<StatusCode, ApiError> {
    predecessor::dismiss(&console, &session.tenant).await?;
    Ok(StatusCode::NO_CONTENT)
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
pub(crate) async fn disconnect(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<Json<SalesforceDisconnected>, ApiError> {
    let revoked = org::disconnect(&console, &session.tenant).await?;
    Ok(Json(SalesforceDisconnected { revoked }))
}

fn statuses() -> Object {
    one_of(["ok", "warning", "missing"], "The status of the item.")
}

fn outcomes() -> Object {
    one_of(["done", "already_there", "failed"], "The outcome of the step.")
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

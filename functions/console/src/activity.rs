//! The activity log: its pages, its API, and what both share.

mod api;
mod days;
pub(crate) mod decide_again;
mod decide_again_page;
mod entry_page;
pub(crate) mod entry_title;
mod explanation;
pub(crate) mod filters;
mod list_page;
pub(crate) mod outcome;
pub(crate) mod phones;
mod retry;
mod search;
pub(crate) mod task_fields;
pub(crate) mod trace;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::routing::get;
use lambda::queue::WakeUp;
use rules::{SalesforceId, Step};
use serde::Deserialize;
use store::{Corrupt, Entry, Tenant, TenantId};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::console::{AppState, Console};
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::nav::Nav;
use crate::web::openapi::refusals::operations;
use crate::web::page::redirect_to;

/// Its entry in the navigation.
pub(crate) const NAV: Nav = Nav::new("Activity", "/activity");

/// The pages of the activity log.
pub(crate) fn pages() -> Router<AppState> {
    Router::new()
        .route("/activity", get(list_page::list))
        .route("/activity/decide-again", get(decide_again_page::show).post(decide_again_page::decide))
        .route("/activity/retry-failed", get(redirect_to("/activity")).post(list_page::retry_failed))
        .route("/activity/{key}", get(entry_page::show))
        .route("/activity/{key}/decide-again", get(redirect_to("/activity")).post(entry_page::decide_again))
        .route("/activity/{key}/retry", get(redirect_to("/activity")).post(entry_page::retry))
}

/// The API of the activity log.
pub(crate) fn api() -> OpenApiRouter<AppState> {
    use ErrorCode::{BadParameter, NotFailed, NotFound, NotSkipped};
    operations([
        (routes!(api::list), &[BadParameter]),
        (routes!(api::count_days), &[BadParameter]),
        (routes!(api::retry_failed), &[]),
        (routes!(api::show), &[NotFound]),
        (routes!(api::retry), &[NotFound, NotFailed]),
        (routes!(api::decide_again::all), &[BadParameter]),
        (routes!(api::decide_again::one), &[NotFound, NotSkipped]),
    ])
}

/// Longest key that DynamoDB accepts, in bytes.
const MAX_KEY: usize = 1024;

fn not_found() -> ApiError {
    ApiError::not_found("There is no entry with this key.")
}

/// The key in a request's path; not found if no entry can have it.
fn key(path: Result<Path<EntryKey>, PathRejection>) -> Result<String, ApiError> {
    path.ok().map(|Path(EntryKey(key))| key).filter(|key| is_key(key)).ok_or_else(not_found)
}

fn is_key(text: &str) -> bool {
    (1..=MAX_KEY).contains(&text.len())
}

/// The key of an entry in a request's path.
#[derive(Deserialize, IntoParams)]
#[into_params(names("key"), parameter_in = Path)]
struct EntryKey(
    /// The entry's `key`.
    #[param(min_length = 1, max_length = 1024, example = "call-3127")]
    String,
);

/// The tenant's entry with this key. An entry of another tenant is reported as not found.
async fn entry(console: &Console, tenant: &TenantId, key: &str) -> Result<Entry, ApiError> {
    find(console, tenant, key).await?.ok_or_else(not_found)
}

/// Logs that an entry cannot be read. Returns why, as a sentence.
fn unreadable(corrupt: &Corrupt) -> String {
    tracing::error!(error = %corrupt, "an entry cannot be read");
    format!("The entry cannot be read: its attribute {:?} is missing, or another version wrote it.", corrupt.attribute)
}

/// The entry with this key; `None` if there is none, or if the text cannot be a key.
pub(crate) async fn find(console: &Console, tenant: &TenantId, key: &str) -> Result<Option<Entry>, store::Error> {
    if is_key(key) { console.calls.get(tenant, key).await } else { Ok(None) }
}

/// Wakes the writer for this entry, or for all. They are pending already, so a failed wake-up is only a delay: the sweep
/// finds them.
async fn wake(console: &Console, tenant: &TenantId, key: Option<&str>, deduplication_id: &str) {
    let wake_up = WakeUp { tenant: tenant.to_string(), key: key.map(str::to_owned) };
    if let Err(error) = console.write_queue.wake(&wake_up, deduplication_id).await {
        tracing::warn!(%tenant, %error, "the writer was not woken for entries that an admin asked for");
    }
}

/// The tenant: its connection state explains why entries wait, and its org is where their Tasks are.
pub(crate) async fn tenant(console: &Console, id: &TenantId) -> Result<Tenant, store::Error> {
    Ok(console.tenants.get(id).await?.unwrap_or_else(|| Tenant::new(id.clone())))
}

/// The entry's whole trace: the steps of the decision, then those of the writer.
pub(crate) fn steps(entry: &Entry) -> impl Iterator<Item = &Step> {
    let decided = entry.decision.iter().flat_map(|decision| decision.trace.steps());
    decided.chain(entry.trace.steps())
}

/// The URL that shows a record in the tenant's org; `None` without an org.
/// <https://developer.salesforce.com/docs/platform/lwc/guide/reference-page-reference-type.html>
pub(crate) fn record_url(tenant: &Tenant, sobject: &str, id: SalesforceId) -> Option<String> {
    let instance_url = &tenant.salesforce.as_ref()?.instance_url;
    // The stored URL came from Salesforce, but a link must never have another scheme, such as `javascript:`.
    let is_web = instance_url.starts_with("https://") || instance_url.starts_with("http://");
    is_web.then(|| format!("{}/lightning/r/{sobject}/{id}/view", instance_url.trim_end_matches('/')))
}

//! The activity log, whoever looks at it: a page or the API.

pub(crate) mod days;
pub(crate) mod filters;
pub(crate) mod numbers;
pub(crate) mod outcome;
pub(crate) mod retry;
pub(crate) mod search;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use rules::Step;
use store::{Entry, Tenant, TenantId};

use crate::console::Console;
use crate::error::ApiError;

/// Longest key that DynamoDB takes, bytes.
const MAX_KEY: usize = 1024;

/// The entry of a key; another tenant's is not found.
pub(crate) async fn entry(
    console: &Console,
    tenant: &TenantId,
    key: Result<Path<String>, PathRejection>,
) -> Result<Entry, ApiError> {
    let nothing = || ApiError::NotFound("There is no entry of this key.".to_owned());
    let Path(key) = key.map_err(|_| nothing())?;
    find(console, tenant, &key).await?.ok_or_else(nothing)
}

/// The entry of a key, if there is one; of a text that can be no key there is none.
pub(crate) async fn find(console: &Console, tenant: &TenantId, key: &str) -> Result<Option<Entry>, store::Error> {
    if (1..=MAX_KEY).contains(&key.len()) { console.calls.get(tenant, key).await } else { Ok(None) }
}

/// The tenant, whose org may be why entries wait, and where their Tasks are.
pub(crate) async fn tenant(console: &Console, id: &TenantId) -> Result<Tenant, store::Error> {
    Ok(console.tenants.get(id).await?.unwrap_or_else(|| Tenant::new(id.clone())))
}

/// All that was looked at: what led to the decision, then what the writer found.
pub(crate) fn steps(entry: &Entry) -> impl Iterator<Item = &Step> {
    let decided = entry.decision.iter().flat_map(|decision| decision.trace.steps());
    decided.chain(entry.trace.steps())
}

/// Where a record is shown in the tenant's org; nothing without an org.
/// <https://developer.salesforce.com/docs/platform/lwc/guide/reference-page-reference-type.html>
pub(crate) fn record_url(tenant: &Tenant, sobject: &str, id: &str) -> Option<String> {
    let instance_url = &tenant.salesforce.as_ref()?.instance_url;
    // What is stored came from Salesforce; a link leads to the web all the same, and nowhere else.
    let is_web = instance_url.starts_with("https://") || instance_url.starts_with("http://");
    is_web.then(|| format!("{}/lightning/r/{sobject}/{id}/view", instance_url.trim_end_matches('/')))
}

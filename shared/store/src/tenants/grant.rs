//! When a tenant's Salesforce grant was last refreshed, and its org last asked.
//!
//! The refresh token of an app expires if it is not used for as long as the org's policies say, 30 days for an app of a
//! partner: <https://developer.salesforce.com/docs/platform/isvforce/guide/secure-code-ac-eca.md>.

use jiff::{SignedDuration, Timestamp};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item;
use crate::error::Error;
use crate::tenant_id::TenantId;
use crate::tenants::tenant::Tenant;
use crate::tenants::{Tenants, key_of};

/// The attribute that holds it.
pub(super) const REFRESHED_AT: &str = "grant_refreshed_at";

/// The attribute that says when the writer last wrote to the org, or asked whether a call could be written.
pub(super) const CHECKED_AT: &str = "org_checked_at";

/// How long an org is not asked again. The schedule that looks for such orgs runs every ten minutes, so a quiet org is
/// asked once an hour: a minute is for the way from the schedule to the answer.
pub const ORG_CHECK_AGE: SignedDuration = SignedDuration::from_mins(59);

/// How long a grant may go without being refreshed: short enough that a quiet tenant's is refreshed three times before it
/// would expire.
pub const GRANT_IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Tenant {
    /// Whether the org is connected by a grant that was not refreshed for [`GRANT_IDLE`].
    pub fn has_idle_grant(&self, now: Timestamp) -> bool {
        let connected_at = self.salesforce.as_ref().map(|connection| connection.connected_at);
        connected_at.is_some_and(|connected_at| self.grant_refreshed_at.unwrap_or(connected_at) <= now - GRANT_IDLE)
    }
}

impl Tenant {
    /// Whether the org is connected, and since `before` was neither written to nor asked.
    pub fn is_unchecked_since(&self, before: Timestamp) -> bool {
        let connected_at = self.salesforce.as_ref().map(|connection| connection.connected_at);
        connected_at.is_some_and(|connected_at| self.org_checked_at.unwrap_or(connected_at) <= before)
    }
}

impl Tenants {
    /// Stores that the writer wrote to the tenant's org, or asked whether a call could be written.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_org_checked(&self, id: &TenantId, at: Timestamp) -> Result<(), Error> {
        let update = Update::default().set(CHECKED_AT, item::seconds(at)).only_if_exists("salesforce");
        self.table.update_if(key_of(id), update).await.map(drop)
    }

    /// Stores that the tenant's grant was refreshed. Returns whether the tenant has a connected org.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_grant_refreshed(&self, id: &TenantId, at: Timestamp) -> Result<bool, Error> {
        let update = Update::default().set(REFRESHED_AT, item::seconds(at)).only_if_exists("salesforce");
        self.table.update_if(key_of(id), update).await
    }
}

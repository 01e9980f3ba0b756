//! When a tenant's Salesforce grant was last refreshed.
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

impl Tenants {
    /// Stores that the tenant's grant was refreshed. Returns whether the tenant has a connected org.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_grant_refreshed(&self, id: &TenantId, at: Timestamp) -> Result<bool, Error> {
        let update = Update::default().set(REFRESHED_AT, item::seconds(at)).only_if_exists("salesforce");
        self.table.update_if(key_of(id), update).await
    }
}

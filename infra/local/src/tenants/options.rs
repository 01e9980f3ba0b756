//! Options of an additional tenant, and the handle to it.

use salesforce_sandbox::Org;

/// A tenant to add. By default it gets a generated id and shares the demo tenant's org.
#[derive(Debug, Clone, Default)]
pub struct TenantOptions {
    /// Its id; `None` generates one.
    pub id: Option<String>,
    /// Its Salesforce org.
    pub org: TenantOrg,
}

/// Which Salesforce org a tenant's calls go to.
#[derive(Debug, Clone, Default)]
pub enum TenantOrg {
    /// The demo tenant's.
    #[default]
    Shared,
    /// A new one.
    Own(Box<salesforce_sandbox::Options>),
}

/// A tenant, with the addresses and credentials to act for it.
#[derive(Clone)]
pub struct TenantHandle {
    /// Its id.
    pub tenant: String,
    /// Where its webhooks go.
    pub webhook_url: String,
    /// The token that its webhooks carry.
    pub webhook_token: String,
    /// A session of its admin, as `name=value`.
    pub session_cookie: String,
    /// Its Salesforce org.
    pub salesforce_url: String,
    /// An access token of that org's admin.
    pub salesforce_access_token: String,
    /// The org itself.
    pub org: Org,
}

impl std::fmt::Debug for TenantHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantHandle").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

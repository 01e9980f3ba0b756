//! What the console works with.

use lambda::queue::WriteQueue;
use org::{Lookup, OrgConnector};
use secrecy::SecretString;
use store::{ApiTokens, Calls, EndedSessions, History, SettingsStore, SignIns, Tenants};
use url::Url;

use crate::allowed_orgs::AllowedOrgs;
use crate::connections::aircall::Aircall;

/// What the console works with.
#[derive(Debug)]
pub struct Console {
    /// The activity log.
    pub calls: Calls,
    /// The settings.
    pub settings: SettingsStore,
    /// Every version of the settings; [`Console::settings`] writes it.
    pub history: History,
    /// The tenants, and whether their orgs take requests.
    pub tenants: Tenants,
    /// Wakes the writer for what is retried.
    pub write_queue: WriteQueue,
    /// Sign-ins under way.
    pub sign_ins: SignIns,
    /// Sessions that somebody signed out of.
    pub ended_sessions: EndedSessions,
    /// What lets programs in to the API.
    pub api_tokens: ApiTokens,
    /// What opens a tenant's Salesforce org.
    pub connector: OrgConnector,
    /// Where admins sign in instead of Salesforce's own login pages: the sandbox org's, on a developer's machine.
    pub salesforce_login_url: Option<Url>,
    /// Whose admins may sign in.
    pub allowed_orgs: AllowedOrgs,
    /// Finds callers in an org, without writing.
    pub lookup: Lookup,
    /// Aircall.
    pub aircall: Aircall,
    /// What session cookies are signed with: any of them counts.
    pub session_keys: Vec<SecretString>,
}

//! What the kit itself needs of the state.

use store::{AllowedOrgs, ApiTokens, EndedSessions, SessionKeys};

use super::base_url::BaseUrl;
use super::nav::Nav;

/// The state that the kit's extractors and middleware use. Any state that an `Arc<Kit>` can be taken from serves them.
#[derive(Debug)]
pub(crate) struct Kit {
    /// The keys of session cookies.
    pub(crate) session_keys: SessionKeys,
    /// Sessions that were ended by signing out.
    pub(crate) ended_sessions: EndedSessions,
    /// The API tokens.
    pub(crate) api_tokens: ApiTokens,
    /// The console's own address, if the deployment names it.
    pub(crate) public_url: Option<BaseUrl>,
    /// The orgs whose sessions and tokens are accepted.
    pub(crate) allowed_orgs: AllowedOrgs,
    /// The navigation, in its order. The first page is the start page.
    pub(crate) navigation: &'static [Nav],
}

//! Whose tokens a sign-in returned: the token response says it, and the org confirms it.

use super::{Tokens, TrustedHosts, UserInfo, userinfo};
use crate::Error;

/// Why it is not certain whose tokens these are. Revoke them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The token response names a host that is not Salesforce's. Nothing was sent there.
    #[error("the answer names an address that does not belong to Salesforce")]
    ForeignHost,
    /// The org says that the access token belongs to another user or org than the token response says.
    #[error("Salesforce's answers name different users or orgs")]
    Contradiction,
    /// The org did not say whose token it is.
    #[error(transparent)]
    Unanswered(#[from] Error),
}

/// Verifies that the tokens are those of the user and the org that they name, and returns the user. The access token is
/// sent to trusted hosts only. Not counted as an API call.
///
/// # Errors
///
/// [`VerifyError`] if that is contradicted, or not certain.
pub async fn verify(http: &reqwest::Client, tokens: &Tokens, hosts: TrustedHosts<'_>) -> Result<UserInfo, VerifyError> {
    if ![&tokens.instance_url, &tokens.identity_url].into_iter().all(|url| hosts.contains(url)) {
        return Err(VerifyError::ForeignHost);
    }
    let user = userinfo(http, &tokens.instance_url, &tokens.access_token).await?;
    if (user.organization_id, user.user_id) != (tokens.org_id, tokens.user_id) {
        return Err(VerifyError::Contradiction);
    }
    Ok(user)
}

//! Signing in with Salesforce: what follows from an admin's grant.

use jiff::Timestamp;
use salesforce::SalesforceId;
use salesforce::oauth::UserInfo;
use store::{Attempt, Tenant};

use super::grant::{Callback, Grant, GrantError};
use crate::connections::ConnectionError;
use crate::connections::salesforce::{Joined, join};
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::random;
use crate::web::session::Session;

/// Why a sign-in failed. Displays as sentences for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    /// There is no grant.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The user is not an admin of the org.
    #[error(
        "Your Salesforce user does not administer this org. Ask an admin to sign in here: a user with the \
         permission to customize the application or to modify all data."
    )]
    NoAdmin,
    /// The org is not in the deployment's allow list.
    #[error(
        "This console is not open to your org. Ask its operator to add the org's ID, {0}, to the list of allowed orgs."
    )]
    OrgNotAllowed(SalesforceId),
    /// The sign-in succeeded, but its connection was not stored.
    #[error("You were signed in, but the connection could not be stored: {0} Please sign in again.")]
    Connection(ConnectionError),
}

impl From<store::Error> for SignInError {
    fn from(error: store::Error) -> Self {
        GrantError::from(error).into()
    }
}

/// A successful sign-in, and the page to return to.
#[derive(Debug)]
pub(crate) struct SignedInWith {
    pub(crate) session: Session,
    pub(crate) return_to: String,
    /// What the sign-in did to the org's connection.
    pub(crate) joined: Joined,
    /// Whether the org follows another one at its address, and this admin is here for the first time.
    pub(crate) follows_another: bool,
}

/// Completes a sign-in: exchanges the code, verifies the admin, and connects the org if needed.
///
/// A grant that leads to no session is revoked.
pub(crate) async fn finish(
    console: &Console,
    base_url: &BaseUrl,
    attempt: Attempt,
    callback: &Callback<'_>,
) -> Result<SignedInWith, SignInError> {
    let now = Timestamp::now();
    let grant = Grant::exchange(console, base_url, &attempt, callback).await?;
    let user = match verify_admin(console, &grant).await {
        Ok(user) => user,
        Err(error) => {
            grant.revoke(console).await;
            return Err(error);
        }
    };
    let tenant = grant.tenant.clone();
    let (connection, tokens) = grant.stored(&user, now);
    let known = match enter(console, &grant, &user).await {
        Ok(known) => known,
        Err(error) => {
            grant.revoke(console).await;
            return Err(error.into());
        }
    };
    let joined = join(console, &tenant, &connection, &tokens).await.map_err(SignInError::Connection)?;
    let my_domain = grant.my_domain(console);
    if let Err(error) = console.tenants.remember_admin(&known, my_domain, &connection.user_id, now).await {
        // Only an org that follows this one would miss it.
        tracing::warn!(%tenant, %error, "an admin is not remembered");
    }
    let is_new_here = known.admins.is_none_or(|admins| !admins.contains_key(&connection.user_id));
    let follows_another = is_new_here && known.predecessor.is_some();
    tracing::info!(%tenant, user = %user.user_id, ?joined, "an admin signed in");
    // For the history of changes.
    let label = user.preferred_username.or(user.email).unwrap_or_else(|| user.user_id.to_string());
    let session = Session::new(tenant, label, now).of_user(user.user_id).named(random::text());
    let session = session.called(user.name, grant.host());
    Ok(SignedInWith { session, return_to: attempt.return_to, joined, follows_another })
}

/// The tenant of the grant's org, which is created if it is new. Another org at the same address, as a sandbox before it
/// was refreshed, is remembered with it: if that cannot be looked for, the tenant is not created, as it would not be looked
/// for again.
async fn enter(console: &Console, grant: &Grant, user: &UserInfo) -> Result<Tenant, store::Error> {
    let tenant = &grant.tenant;
    if let Some(known) = console.tenants.get(tenant).await? {
        return Ok(known);
    }
    let predecessor = match grant.my_domain(console) {
        Some(my_domain) => console.tenants.find_predecessor(tenant, my_domain, &user.user_id).await?,
        None => None,
    };
    console.tenants.create_after(tenant, predecessor.as_ref(), Timestamp::now()).await?;
    Ok(Tenant { predecessor, ..Tenant::new(tenant.clone()) })
}

/// The grant's user, if they administer an allowed org.
async fn verify_admin(console: &Console, grant: &Grant) -> Result<UserInfo, SignInError> {
    if !console.allowed_orgs.contains(&grant.tenant).await? {
        return Err(SignInError::OrgNotAllowed(grant.org_id()));
    }
    let user = grant.verify(console).await?;
    let permissions = grant.client(console).user_permissions().await.map_err(GrantError::from)?;
    if permissions.value.is_admin() { Ok(user) } else { Err(SignInError::NoAdmin) }
}

//! Links by which a Salesforce user, who need not be an admin, connects the org of a tenant: made and withdrawn by an
//! admin, valid for an hour and for one connection.
//!
//! A link changes and is used under the lease on the tenant's tokens, so that none is used after it was withdrawn.

use jiff::{SignedDuration, Timestamp};
use store::{Connection, ConsentLink, Tenant, TenantId, TokenHash};
use url::Url;

use super::ConnectionError;
use super::lease::with_lease;
use super::salesforce::TOKENS;
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::random;
use crate::web::session::Session;

/// How long a link is valid.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// A link that was just made. Its address is not stored.
// Without `Debug`, which would show the address.
pub(crate) struct NewLink {
    pub(crate) url: Url,
    pub(crate) expires_at: Timestamp,
}

/// What a link offers: to connect this org.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) tenant: TenantId,
    pub(crate) link: TokenHash,
    /// The name of the admin who made the link.
    pub(crate) made_by: String,
    /// The connection that would be replaced.
    pub(crate) connection: Connection,
}

/// Makes a link for the session's tenant, whose former link becomes invalid.
pub(crate) async fn make(console: &Console, base_url: &BaseUrl, session: &Session) -> Result<NewLink, ConnectionError> {
    with_lease(console, &session.tenant, TOKENS, async |known: Tenant| {
        if known.salesforce.is_none() {
            return Err(ConnectionError::NotConnected("Salesforce"));
        }
        let (secret, expires_at) = (random::text(), Timestamp::now() + LIFETIME);
        let link = ConsentLink { hash: TokenHash::new(&secret), made_by: session.label().to_owned(), expires_at };
        console.consent_links.put(&session.tenant, &link).await?;
        Ok(NewLink { url: base_url.path(&format!("/consent/{}.{secret}", session.tenant)), expires_at })
    })
    .await
}

/// Withdraws the tenant's link, if it has one.
pub(crate) async fn withdraw(console: &Console, tenant: &TenantId) -> Result<(), ConnectionError> {
    with_lease(console, tenant, TOKENS, async |_| {
        console.consent_links.delete(tenant).await?;
        Ok(())
    })
    .await
}

/// What the link with this text offers, if it is valid.
pub(crate) async fn find(console: &Console, text: &str) -> Result<Option<Offer>, store::Error> {
    let Some((tenant, secret)) = text.rsplit_once('.').filter(|(_, secret)| random::may_be(secret)) else {
        return Ok(None);
    };
    let Ok(tenant) = TenantId::parse(tenant) else { return Ok(None) };
    let link = console.consent_links.get(&tenant, Timestamp::now()).await?;
    let Some(ConsentLink { hash, made_by, .. }) = link.filter(|link| link.hash.matches(secret)) else {
        return Ok(None);
    };
    if !console.allowed_orgs.contains(&tenant).await? {
        return Ok(None);
    }
    let connection = console.tenants.get(&tenant).await?.and_then(|tenant| tenant.salesforce);
    Ok(connection.map(|connection| Offer { tenant, link: hash, made_by, connection }))
}

/// Whether the tenant's link is this one, and still valid.
pub(crate) async fn is_valid(console: &Console, tenant: &TenantId, link: &TokenHash) -> Result<bool, store::Error> {
    Ok(console.consent_links.get(tenant, Timestamp::now()).await?.is_some_and(|current| current.hash == *link))
}

/// The host of the connected org.
pub(crate) fn host(connection: &Connection) -> &str {
    host_of(&connection.instance_url)
}

/// The host of an address.
pub(crate) fn host_of(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest.split('/').next().unwrap_or(rest))
}

//! The company's users, as Aircall lists them. They are cached, as Aircall lists fifty in a request.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rules::User;
use store::TenantId;
use tokio::time::timeout;

use super::{AircallError, client_of};
use crate::connections::ConnectionError;
use crate::console::Console;
use crate::console::aircall::Users;

/// How long the users are cached.
const TTL: SignedDuration = SignedDuration::from_mins(5);
/// How long Aircall may take: Salesforce has to answer after it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The users that Aircall lists, of a tenant that is connected.
pub(crate) async fn users(console: &Console, tenant: &TenantId) -> Result<Users, ConnectionError> {
    let (cache, now) = (&console.aircall.users, Timestamp::now());
    if let Some(users) = cache.get(tenant, now) {
        return Ok(users);
    }
    let users = in_time(async { Ok(client_of(console, tenant).await?.users().await?) }).await?;
    let users: Users = users.into_iter().filter_map(|user| Some((user.id?, user))).collect();
    cache.insert(tenant.clone(), users.clone(), now, TTL);
    Ok(users)
}

/// The user with this ID as Aircall shows it now, if there is one.
pub(crate) async fn user(console: &Console, tenant: &TenantId, id: u64) -> Result<Option<User>, ConnectionError> {
    in_time(async { Ok(client_of(console, tenant).await?.user(id).await?) }).await
}

async fn in_time<T>(request: impl Future<Output = Result<T, ConnectionError>>) -> Result<T, ConnectionError> {
    let unanswered = |_| AircallError::Unavailable("no response in time".to_owned());
    timeout(TIMEOUT, request).await.map_err(unanswered)?
}

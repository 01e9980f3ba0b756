//! A tenant's webhook at Aircall: found or created, its token accepted, subscribed to our events.
//!
//! Our webhooks are identified by their URL, which names the tenant. So a change that is repeated after a crash finds
//! the webhook that was created before, and creates no second one. All changes are made under the lease
//! [`store::LeaseKind::Webhook`].
//!
//! Nothing that Aircall sends may be refused: after fifty refusals in a row it turns the webhook off. So a webhook sends
//! its events only once its token is accepted, and the token of a former webhook is accepted for a while after that was
//! deleted, because its events are still on their way.

mod tokens;
mod webhooks;

use aircall::client::{Client, Webhook};

pub use crate::tokens::{AcceptedTokens, TOKEN_DELAY};
pub use crate::webhooks::{NAME, Pick, TenantWebhooks, connected_by, diff, path, subscription, token_hash, webhook_id};

/// Why a webhook was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Aircall did not do it.
    #[error(transparent)]
    Aircall(#[from] aircall::client::Error),
    /// Our own store did not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Finds or creates a webhook, accepts its token, and lets it send our events.
///
/// # Errors
/// Why it does not send; repeating this completes it.
pub async fn activate(
    tokens: &mut AcceptedTokens<'_>,
    webhooks: &TenantWebhooks,
    client: &Client,
    pick: Pick,
) -> Result<Webhook, Error> {
    let webhook = webhooks.ensure(client, pick).await?;
    tokens.accept(token_hash(&webhook)).await?;
    match webhooks.activate(client, &webhook).await {
        // It was deleted in between, so another one is found or created.
        Err(aircall::client::Error::Rejected { status: 404, .. }) => {
            let webhook = webhooks.ensure(client, pick).await?;
            tokens.accept(token_hash(&webhook)).await?;
            Ok(webhooks.activate(client, &webhook).await?)
        }
        activated => Ok(activated?),
    }
}

//! Changes of the webhook tokens that `intake` accepts.

use std::time::Duration;

use jiff::Timestamp;
use store::{Error, RetiredToken, TOKEN_GRACE, Tenant, Tenants, TokenHash};

/// How long a webhook waits after its token was stored: twice as old as the tokens may be that `intake` refuses by.
pub const TOKEN_DELAY: Duration = Duration::from_secs(1);
const _: () = assert!(TOKEN_DELAY.as_millis() >= 2 * store::REFUSAL_AGE.as_millis().cast_unsigned());

/// The tenant's webhook tokens, while the lease on its webhook is held.
#[derive(Debug)]
pub struct AcceptedTokens<'a> {
    tenants: &'a Tenants,
    known: &'a Tenant,
    delay: Duration,
    current: Vec<TokenHash>,
    retired: Vec<RetiredToken>,
}

impl<'a> AcceptedTokens<'a> {
    /// The tokens of a tenant, whose webhook waits for `delay` after a new one was stored: [`TOKEN_DELAY`], except in tests
    /// without `intake`.
    pub fn new(tenants: &'a Tenants, known: &'a Tenant, delay: Duration) -> Self {
        let (current, retired) = (known.webhook_tokens.clone(), known.retired_tokens.clone());
        Self { tenants, known, delay, current, retired }
    }

    /// Accepts a token until it is retired. Returns when no execution environment of `intake` refuses it any more, so
    /// that its webhook may send.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn accept(&mut self, token: TokenHash) -> Result<(), Error> {
        if self.current.contains(&token) {
            return Ok(());
        }
        self.retired.retain(|retired| retired.hash != token);
        self.current.push(token);
        self.store().await?;
        tokio::time::sleep(self.delay).await;
        Ok(())
    }

    /// Accepts these tokens only for [`TOKEN_GRACE`] from now on.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn retire(&mut self, former: &[TokenHash]) -> Result<(), Error> {
        let (former, current): (Vec<_>, Vec<_>) = self.current.iter().partition(|token| former.contains(token));
        if former.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now();
        let until = now + TOKEN_GRACE;
        self.current = current;
        self.retired.retain(|retired| now < retired.until);
        self.retired.extend(former.into_iter().map(|hash| RetiredToken { hash, until }));
        self.store().await
    }

    /// As [`AcceptedTokens::retire`], for all tokens but this one.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn retire_all_but(&mut self, token: TokenHash) -> Result<(), Error> {
        let former: Vec<TokenHash> = self.current.iter().copied().filter(|other| *other != token).collect();
        self.retire(&former).await
    }

    async fn store(&self) -> Result<(), Error> {
        self.tenants.retire_webhook_tokens(&self.known.id, &self.current, &self.retired).await.map(drop)
    }
}

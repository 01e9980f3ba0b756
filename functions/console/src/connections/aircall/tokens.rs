//! Changes of the webhook tokens that `intake` accepts.

use jiff::Timestamp;
use store::{Error, RetiredToken, TOKEN_GRACE, Tenant, TokenHash};

use crate::console::Console;

/// The tenant's webhook tokens, while the lease on its webhook is held.
pub(super) struct AcceptedTokens<'a> {
    console: &'a Console,
    known: &'a Tenant,
    current: Vec<TokenHash>,
    retired: Vec<RetiredToken>,
}

impl<'a> AcceptedTokens<'a> {
    pub(super) fn new(console: &'a Console, known: &'a Tenant) -> Self {
        Self { console, known, current: known.webhook_tokens.clone(), retired: known.retired_tokens.clone() }
    }

    /// Accepts a token until it is retired. Returns when no execution environment of `intake` refuses it any more, so
    /// that its webhook may send.
    pub(super) async fn accept(&mut self, token: TokenHash) -> Result<(), Error> {
        if self.current.contains(&token) {
            return Ok(());
        }
        self.retired.retain(|retired| retired.hash != token);
        self.current.push(token);
        self.store().await?;
        tokio::time::sleep(self.console.aircall.token_delay).await;
        Ok(())
    }

    /// Accepts these tokens only for [`TOKEN_GRACE`] from now on.
    pub(super) async fn retire(&mut self, former: &[TokenHash]) -> Result<(), Error> {
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
    pub(super) async fn retire_all_but(&mut self, token: TokenHash) -> Result<(), Error> {
        let former: Vec<TokenHash> = self.current.iter().copied().filter(|other| *other != token).collect();
        self.retire(&former).await
    }

    async fn store(&self) -> Result<(), Error> {
        self.console.tenants.retire_webhook_tokens(&self.known.id, &self.current, &self.retired).await.map(drop)
    }
}

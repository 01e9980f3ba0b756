//! Management of API tokens, shared by the pages and the API.

use jiff::Timestamp;
use secrecy::SecretString;
use store::{ApiToken, CreateTokenError};

use crate::console::Console;
use crate::error::ApiError;
use crate::session::Session;

/// Longest name, in characters.
const MAX_LEN: usize = 80;

/// The error message for an invalid name.
pub(crate) const NAME: &str = "Enter a name of up to 80 characters that says what the token is for.";

/// Whether the text is a valid name for a token.
pub(crate) fn may_be_name(name: &str) -> bool {
    (1..=MAX_LEN).contains(&name.chars().count()) && name.trim() == name && !name.chars().any(char::is_control)
}

/// Creates a token. Its text is returned only once.
pub(crate) async fn create(
    console: &Console,
    session: &Session,
    name: &str,
) -> Result<(SecretString, ApiToken), ApiError> {
    let created = console.api_tokens.create(&session.tenant, name, &session.user, Timestamp::now()).await;
    let (text, token) = created.map_err(|error| match error {
        CreateTokenError::TooMany => ApiError::TooManyTokens,
        CreateTokenError::Store(error) => ApiError::Store(error),
    })?;
    tracing::info!(tenant = %session.tenant, token = token.id, "made an API token");
    Ok((text, token))
}

/// The tenant's tokens, the latest first. Tokens that cannot be read are logged and left out.
pub(crate) async fn list(console: &Console, session: &Session) -> Result<Vec<ApiToken>, ApiError> {
    let tokens = console.api_tokens.list(&session.tenant).await?;
    let readable = tokens
        .into_iter()
        .filter_map(|token| token.inspect_err(|error| tracing::error!(%error, "an API token cannot be read")).ok());
    let mut tokens: Vec<_> = readable.collect();
    tokens.reverse();
    Ok(tokens)
}

/// Revokes a token. Returns whether it existed.
pub(crate) async fn revoke(console: &Console, session: &Session, id: &str) -> Result<bool, ApiError> {
    let is_revoked = console.api_tokens.revoke(&session.tenant, id).await?;
    if is_revoked {
        tracing::info!(tenant = %session.tenant, token = id, "revoked an API token");
    }
    Ok(is_revoked)
}

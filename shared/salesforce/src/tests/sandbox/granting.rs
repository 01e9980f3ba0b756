//! Tokens that expire, rotate and are revoked.

use std::time::Duration;

use salesforce_sandbox::Options;
use secrecy::{ExposeSecret, SecretString};

use super::{Served, serve};
use crate::oauth::{RefreshError, Refreshed, refresh, revoke};
use crate::{ApiVersion, Client, Kind};

async fn refreshed(served: &Served, refresh_token: &SecretString) -> Result<Refreshed, RefreshError> {
    let secret = SecretString::from(served.org.client_secret());
    refresh(&reqwest::Client::new(), &served.url, &served.org.client_id(), &secret, refresh_token).await
}

#[tokio::test]
async fn an_expired_access_token_is_refreshed() {
    let served = serve(Options { session_ms: 1, ..Options::default() }).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(served.client.user_permissions().await.unwrap_err().kind(), Kind::Refresh);
    served.org.set_options(Options::default());
    let tokens = refreshed(&served, &served.refresh_token.as_str().into()).await.unwrap();
    assert_eq!(tokens.instance_url, served.url);
    assert!(tokens.refresh_token.is_none());
    let client = Client::new(reqwest::Client::new(), tokens.instance_url, tokens.access_token, ApiVersion::default());
    client.user_permissions().await.unwrap();
}

#[tokio::test]
async fn using_a_rotated_refresh_token_twice_revokes_the_grant() {
    let served = serve(Options { rotate_refresh_tokens: true, ..Options::default() }).await;
    let first = SecretString::from(served.refresh_token.as_str());
    let tokens = refreshed(&served, &first).await.unwrap();
    let second = tokens.refresh_token.unwrap();
    assert_ne!(second.expose_secret(), first.expose_secret());
    for token in [&first, &second] {
        let error = refreshed(&served, token).await.unwrap_err();
        assert!(matches!(error, RefreshError::DeadGrant { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_revoked_grant_is_dead() {
    let served = serve(Options::default()).await;
    let token = SecretString::from(served.refresh_token.as_str());
    revoke(&reqwest::Client::new(), &served.url, &token).await.unwrap();
    assert!(matches!(refreshed(&served, &token).await.unwrap_err(), RefreshError::DeadGrant { .. }));
    assert_eq!(served.client.user_permissions().await.unwrap_err().kind(), Kind::Refresh);
}

#[tokio::test]
async fn a_wrong_client_secret_is_a_misconfiguration() {
    let served = serve(Options::default()).await;
    let (id, token) = (served.org.client_id(), SecretString::from(served.refresh_token.as_str()));
    let error = refresh(&reqwest::Client::new(), &served.url, &id, &"wrong".into(), &token).await.unwrap_err();
    assert!(matches!(error, RefreshError::Misconfigured { .. }), "{error:?}");
}

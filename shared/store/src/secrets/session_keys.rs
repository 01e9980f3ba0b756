//! The signing keys of session cookies.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::Error;
use crate::secrets;
use crate::ttl_cache::TtlCache;

/// The version stage of the value before the current one.
const PREVIOUS: &str = "AWSPREVIOUS";
/// How long the keys are cached: a key that was replaced twice is refused after this time at the latest.
const TTL: SignedDuration = SignedDuration::from_mins(1);
/// How old the cached keys may be if none of them fits: so a new key is known as soon as it signs, and a flood of
/// forged cookies costs an environment two requests in this time.
const REFUSAL_AGE: SignedDuration = SignedDuration::from_secs(1);
/// The least length of a key in bytes: that of the hash it is used with, as RFC 2104 advises.
const MIN_LEN: usize = 32;

/// The signing keys of session cookies: the current one signs, the previous one's cookies are still accepted.
///
/// An operator replaces the key by giving the secret a new value, such as
/// `aws secretsmanager put-secret-value --secret-id <ARN> --secret-string "$(openssl rand -hex 32)"`:
/// Secrets Manager itself then moves `AWSPREVIOUS` to the value before.
/// A second replacement within the lifetime of a session ends the sessions of the first key.
/// When a key has leaked, replace it twice.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>
#[derive(Clone, Debug)]
pub struct SessionKeys {
    source: Source,
    cache: Arc<TtlCache<(), CachedKeys>>,
}

#[derive(Clone, Debug)]
enum Source {
    Secret { secretsmanager: Client, id: String },
    Fixed(SecretString),
}

#[derive(Clone, Debug)]
struct CachedKeys {
    current: SecretString,
    previous: Option<SecretString>,
    read_at: Timestamp,
}

impl SessionKeys {
    /// The keys in the secret with this ARN or name.
    pub fn new(secretsmanager: Client, id: impl Into<String>) -> Self {
        Self::from_source(Source::Secret { secretsmanager, id: id.into() })
    }

    /// One key that is never replaced, for a console without Secrets Manager.
    pub fn fixed(key: SecretString) -> Self {
        Self::from_source(Source::Fixed(key))
    }

    fn from_source(source: Source) -> Self {
        Self { source, cache: Arc::new(TtlCache::new(1)) }
    }

    /// The key that signs: always the current one, never a cached one that has been replaced.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer, or the key does not exist or is shorter than 32 bytes.
    pub async fn signing(&self) -> Result<SecretString, Error> {
        Ok(self.read(Timestamp::now()).await?.current)
    }

    /// What `verify` returns for the first key that fits, the current one first; none if no key fits.
    ///
    /// # Errors
    /// As [`SessionKeys::signing`].
    pub async fn find<T>(&self, verify: impl Fn(&SecretString) -> Option<T>) -> Result<Option<T>, Error> {
        let now = Timestamp::now();
        let cached = match self.cache.get(&(), now) {
            Some(cached) => cached,
            None => self.read(now).await?,
        };
        match cached.find(&verify) {
            None if cached.read_at + REFUSAL_AGE <= now => Ok(self.read(now).await?.find(verify)),
            found => Ok(found),
        }
    }

    async fn read(&self, now: Timestamp) -> Result<CachedKeys, Error> {
        let (current, previous) = match &self.source {
            Source::Secret { secretsmanager, id } => {
                let previous = secrets::value(secretsmanager, id, PREVIOUS);
                let (current, previous) = tokio::try_join!(current(secretsmanager, id), previous)?;
                (current, previous.filter(is_long))
            }
            Source::Fixed(key) => (key.clone(), None),
        };
        let read = CachedKeys { current, previous, read_at: now };
        self.cache.insert((), read.clone(), now, TTL);
        Ok(read)
    }
}

impl CachedKeys {
    fn find<T>(&self, verify: impl Fn(&SecretString) -> Option<T>) -> Option<T> {
        verify(&self.current).or_else(|| self.previous.as_ref().and_then(verify))
    }
}

async fn current(secretsmanager: &Client, id: &str) -> Result<SecretString, Error> {
    let key = secrets::required(secretsmanager, id).await?;
    if is_long(&key) {
        return Ok(key);
    }
    let cause = format!("the secret {id} is shorter than {MIN_LEN} bytes, so it signs no sessions");
    Err(Error::Misconfigured { operation: "GetSecretValue", cause })
}

fn is_long(key: &SecretString) -> bool {
    key.expose_secret().len() >= MIN_LEN
}

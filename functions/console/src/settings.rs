//! Changes of the settings, whoever asks for them: a page or the API.

pub(crate) mod change;
pub(crate) mod merge;
mod schedule;

use jiff::Timestamp;
use rules::Settings;
use rules::settings::Problem;
use serde_json::Value;
use store::{MadeFrom, PutError, TenantId};

use crate::console::Console;
use crate::session::Session;

/// Why settings were not saved. Nothing of them was.
#[derive(Debug)]
pub(crate) enum SaveError {
    /// They are wrong.
    Invalid(Vec<Problem>),
    /// Somebody else changed the settings first: what they are now.
    Stale(Box<Settings>),
    /// The table could not answer.
    Store(store::Error),
}

/// Replaces the tenant's settings by `document`, if they still are at the version that it names.
pub(crate) async fn save(console: &Console, session: &Session, document: &Value) -> Result<Settings, SaveError> {
    let settings = Settings::parse(document).map_err(SaveError::Invalid)?;
    put(console, session, &settings, MadeFrom::Edit).await
}

/// A version of the tenant's settings, if there was one; 0 is what a new tenant has.
pub(crate) async fn version(
    console: &Console,
    tenant: &TenantId,
    version: u64,
) -> Result<Option<Settings>, store::Error> {
    if version == 0 {
        return Ok(Some(Settings::default()));
    }
    Ok(console.history.get(tenant, version).await?.map(|version| version.settings))
}

/// Takes `old` back, as a new version, if the settings still are at the version `current`.
pub(crate) async fn restore(
    console: &Console,
    session: &Session,
    old: &Settings,
    current: u64,
) -> Result<Settings, SaveError> {
    let settings = Settings { version: current, ..old.clone() };
    put(console, session, &settings, MadeFrom::Restore { version: old.version }).await
}

async fn put(
    console: &Console,
    session: &Session,
    settings: &Settings,
    made_from: MadeFrom,
) -> Result<Settings, SaveError> {
    let now = Timestamp::now();
    let put = console.settings.put_made_from(&session.tenant, settings, made_from, session.label(), now).await;
    let stored = put.map_err(|error| match error {
        PutError::Stale { current } => SaveError::Stale(current),
        PutError::Store(error) => SaveError::Store(error),
    })?;
    tracing::info!(tenant = %session.tenant, version = stored.version, "changed the settings");
    Ok(stored)
}

//! Changes of the settings, whoever asks for them: a page or the API.

pub(crate) mod change;
mod schedule;

use jiff::Timestamp;
use rules::Settings;
use rules::settings::Problem;
use serde_json::Value;
use store::PutError;

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
    let put = console.settings.put(&session.tenant, &settings, &session.user, Timestamp::now()).await;
    let stored = put.map_err(|error| match error {
        PutError::Stale { current } => SaveError::Stale(current),
        PutError::Store(error) => SaveError::Store(error),
    })?;
    tracing::info!(tenant = %session.tenant, version = stored.version, "changed the settings");
    Ok(stored)
}

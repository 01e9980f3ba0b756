//! The org that was known before at the address of a new one, such as a sandbox before it was refreshed: its settings are
//! copied, if the admin who signed in to the new org administered it.

use rules::{Settings, StatusChoice};
use store::{Tenant, TenantId};

use crate::console::Console;
use crate::settings::{self, SaveError};
use crate::web::error::ApiError;
use crate::web::session::Session;

/// Why nothing was copied.
#[derive(Debug)]
pub(crate) enum CopyError {
    /// There is no former org, or another user administered it.
    NothingToCopy,
    /// The settings were not saved.
    Save(SaveError),
}

impl From<store::Error> for CopyError {
    fn from(error: store::Error) -> Self {
        CopyError::Save(SaveError::Store(error))
    }
}

impl From<CopyError> for ApiError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::NothingToCopy => ApiError::not_found("There is no former org whose settings could be copied."),
            CopyError::Save(error) => error.into(),
        }
    }
}

/// Copies the former org's settings, as a change by this admin, and what was chosen of statuses and users: a refreshed
/// sandbox has the same users, and a status that it lacks is not used. Nothing else is copied: neither the grant nor the
/// Aircall account belongs to this org.
///
/// The predecessor is forgotten last, so that after a crash the same can be done again.
pub(crate) async fn copy(console: &Console, session: &Session) -> Result<(), CopyError> {
    let tenant = &session.tenant;
    let known = console.tenants.get(tenant).await?;
    let former = known.and_then(|known| known.predecessor?.tenant).ok_or(CopyError::NothingToCopy)?;
    let (theirs, ours) = (console.settings.get(&former).await?, console.settings.get(tenant).await?);
    let copied = Settings { version: ours.version, ..theirs };
    if copied != ours {
        settings::replace(console, session, &copied).await.map_err(CopyError::Save)?;
    }
    if let Some(Tenant { statuses, users, .. }) = console.tenants.get(&former).await? {
        console.tenants.set_choices(tenant, &statuses, &users).await?;
    }
    console.tenants.forget_predecessor(tenant).await?;
    tracing::info!(%tenant, "copied the settings of the former org");
    Ok(())
}

/// Forgets the former org. Nothing is copied.
pub(crate) async fn dismiss(console: &Console, tenant: &TenantId) -> Result<(), store::Error> {
    console.tenants.forget_predecessor(tenant).await
}

/// Whether copying replaces something that an admin of this org has changed or chosen.
pub(crate) async fn replaces(console: &Console, tenant: &Tenant) -> Result<bool, store::Error> {
    let has_choices = tenant.statuses != StatusChoice::default() || !tenant.users.is_empty();
    Ok(has_choices || console.settings.get(&tenant.id).await?.version > 0)
}

//! The org that was known before at the address of a new one, such as a sandbox before it was refreshed: its settings are
//! copied by an admin of the new org who administered it, too.

use rules::{Settings, StatusChoice};
use store::{Tenant, TenantId};

use super::view::PredecessorView;
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
/// sandbox has the same users, and a status that it lacks is not used. Where the former org has no choice, this one's stays.
/// Nothing else is copied: neither the grant nor the Aircall account belongs to this org.
///
/// The predecessor is forgotten last, so that after a crash the same can be done again.
pub(crate) async fn copy(console: &Console, session: &Session) -> Result<(), CopyError> {
    let tenant = &session.tenant;
    let known = console.tenants.get(tenant).await?;
    let former = match &known {
        Some(known) => administered(console, known, session).await?,
        None => None,
    };
    let former = former.ok_or(CopyError::NothingToCopy)?;
    let (theirs, ours) = (console.settings.get(&former.id).await?, console.settings.get(tenant).await?);
    let copied = Settings { version: ours.version, ..theirs };
    if copied != ours {
        settings::replace(console, session, &copied).await.map_err(CopyError::Save)?;
    }
    console.tenants.set_choices(tenant, &former.statuses, &former.users).await?;
    console.tenants.forget_predecessor(tenant).await?;
    tracing::info!(%tenant, "copied the settings of the former org");
    Ok(())
}

/// Forgets the former org. Nothing is copied.
pub(crate) async fn dismiss(console: &Console, tenant: &TenantId) -> Result<(), store::Error> {
    console.tenants.forget_predecessor(tenant).await
}

/// What is shown of the org that was known before `tenant`, to whoever has this session.
pub(crate) async fn offer(
    console: &Console,
    tenant: &Tenant,
    session: &Session,
) -> Result<Option<PredecessorView>, store::Error> {
    if tenant.predecessor.is_none() {
        return Ok(None);
    }
    let former = administered(console, tenant, session).await?;
    let replaces = match &former {
        Some(former) => replaces(console, tenant, former).await?,
        None => false,
    };
    Ok(Some(PredecessorView { is_copyable: former.is_some(), replaces }))
}

/// The tenant's former one, if the session's user administered that. Asked anew each time: it depends on who asks.
async fn administered(console: &Console, tenant: &Tenant, session: &Session) -> Result<Option<Tenant>, store::Error> {
    let former = tenant.predecessor.as_ref().and_then(|former| former.tenant.as_ref());
    let (Some(former), Some(user)) = (former, &session.user_id) else { return Ok(None) };
    Ok(console.tenants.get(former).await?.filter(|former| former.is_administered_by(user)))
}

/// Whether copying replaces something that an admin of this org has changed or chosen.
async fn replaces(console: &Console, tenant: &Tenant, former: &Tenant) -> Result<bool, store::Error> {
    let none = StatusChoice::default();
    let statuses = tenant.statuses != none && former.statuses != none && tenant.statuses != former.statuses;
    let users = !tenant.users.is_empty() && !former.users.is_empty() && tenant.users != former.users;
    Ok(statuses || users || console.settings.get(&tenant.id).await?.version > 0)
}

//! The states of an entry, and the attributes that go with them.

use serde::{Deserialize, Serialize};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item;
use crate::tenant_id::TenantId;

/// The state of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The call is in progress.
    Open,
    /// Pending for the writer.
    Pending,
    /// Its Task is in Salesforce.
    Logged,
    /// Deliberately not logged, for a stated reason.
    Skipped,
    /// Not logged because of an error. It can be retried.
    Failed,
}

/// Makes an entry pending for the writer. It also needs a `due_at`.
pub(super) fn pending(update: Update, tenant: &TenantId) -> Update {
    update.set("state", item::value(&State::Pending)).set("pending", item::text(tenant.as_str()))
}

/// Puts an entry into a state in which it is not pending for the writer.
pub(super) fn terminal(update: Update, state: State) -> Update {
    update.set("state", item::value(&state)).remove("pending").remove("due_at")
}

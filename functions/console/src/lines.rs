//! The Aircall lines of a tenant, so that pages can call them by name.

use std::collections::BTreeMap;

use rules::{Line, LineId};
use store::TenantId;

use crate::connections::aircall;
use crate::console::Console;

/// How many of the latest calls are looked at.
const CALLS: usize = 100;

/// Lines by their ids.
pub(crate) type Lines = BTreeMap<LineId, Line>;

/// The names of the lines that are known.
pub(crate) async fn known(console: &Console, tenant: &TenantId) -> Result<BTreeMap<LineId, String>, store::Error> {
    let lines = lines(console, tenant).await?;
    Ok(lines.into_iter().map(|(id, number)| (id, number.label())).collect())
}

/// The lines that are known: those that Aircall tells, and those of the latest calls.
pub(crate) async fn lines(console: &Console, tenant: &TenantId) -> Result<Lines, store::Error> {
    let mut lines = aircall::lines::lines(console, tenant).await;
    for entry in console.calls.activity(tenant, CALLS, None).await?.entries.into_iter().flatten() {
        let number = entry.document.interaction().line().clone();
        // The latest call knows the latest name.
        lines.entry(number.id).or_insert(number);
    }
    Ok(lines)
}

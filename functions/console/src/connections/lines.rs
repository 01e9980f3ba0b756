//! The Aircall lines of a tenant, with their names.

use std::collections::BTreeMap;

use rules::LineId;
use store::TenantId;

use crate::connections::aircall;
use crate::console::Console;
use crate::console::aircall::Lines;

/// How many of the latest calls are searched for lines.
const CALLS: usize = 100;

/// The names of the known lines.
pub(crate) async fn names(console: &Console, tenant: &TenantId) -> Result<BTreeMap<LineId, String>, store::Error> {
    let lines = lines(console, tenant).await?;
    Ok(lines.into_iter().map(|(id, line)| (id, line.label())).collect())
}

/// The known lines: those that Aircall lists, and those of the latest calls.
pub(crate) async fn lines(console: &Console, tenant: &TenantId) -> Result<Lines, store::Error> {
    let mut lines = aircall::lines::lines(console, tenant).await;
    for entry in console.calls.activity(tenant, CALLS, None).await?.entries.into_iter().flatten() {
        let line = entry.document.interaction().line().clone();
        // The latest call has the latest name.
        lines.entry(line.id).or_insert(line);
    }
    Ok(lines)
}

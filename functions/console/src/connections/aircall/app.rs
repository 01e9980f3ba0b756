//! The app's installation at Aircall, for accounts that were connected with it.

use std::time::Duration;

use rules::LineId;
use serde::Serialize;
use store::{AircallAuth, AircallConnection, TenantId};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::{client_of, is_uninstalled, lines};
use crate::console::Console;

/// How long a page waits for Aircall.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The app's installation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct App {
    /// Whether it is switched on.
    pub(crate) is_active: bool,
    /// The lines whose calls it gets; `None` if Aircall does not say.
    pub(crate) lines: Option<Vec<AttachedLine>>,
    /// Whether these are all lines of the company.
    pub(crate) has_all_lines: bool,
}

/// A line whose calls the app gets.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AttachedLine {
    /// Aircall's ID of the line.
    pub(crate) id: u64,
    /// Its name, or its number; null if unknown.
    #[schema(required)]
    pub(crate) name: Option<String>,
}

/// The installation as Aircall reports it now; `None` with an API key, or if Aircall does not answer.
pub(crate) async fn fetch(console: &Console, tenant: &TenantId, connection: &AircallConnection) -> Option<App> {
    if connection.how != AircallAuth::OAuth || is_uninstalled(connection) {
        return None;
    }
    let client = client_of(console, tenant).await.ok()?;
    let integration = timeout(TIMEOUT, client.integration()).await.ok()?.ok()??;
    let known = lines::lines(console, tenant).await;
    let has_all_lines = integration
        .lines
        .as_ref()
        .is_some_and(|attached| !known.is_empty() && known.keys().all(|line| attached.contains(&line.0)));
    let attached = |id: u64| AttachedLine { id, name: known.get(&LineId(id)).map(rules::Line::label) };
    Some(App {
        is_active: integration.active != Some(false),
        lines: integration.lines.map(|lines| lines.into_iter().map(attached).collect()),
        has_all_lines,
    })
}

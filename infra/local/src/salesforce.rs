//! The sandbox Salesforce org that calls are logged in.

use anyhow::{Context as _, Result};
use salesforce_sandbox::{Options, Org};
use serde_json::Value;
use tokio::net::TcpListener;

/// An org and the URL that it is served at.
#[derive(Clone)]
pub(crate) struct ServedOrg {
    pub(crate) org: Org,
    pub(crate) url: String,
}

impl std::fmt::Debug for ServedOrg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServedOrg").field("url", &self.url).finish_non_exhaustive()
    }
}

/// An org, restored from an earlier run or new.
pub(crate) fn org(saved: Option<Value>) -> Result<Org> {
    let org = Org::new(Options::default());
    if let Some(saved) = saved {
        org.restore(saved).context("cannot restore the Salesforce org")?;
    }
    Ok(org)
}

/// Another customer's org: its own records and users, but the same External Client App, which every org authorises.
pub(crate) fn another_org(mut options: Options, first: &Org) -> Org {
    options.client_id.get_or_insert_with(|| first.client_id());
    options.client_secret.get_or_insert_with(|| first.client_secret());
    Org::new(options)
}

/// Answers requests until the task is dropped.
pub(crate) async fn serve(org: Org, listener: TcpListener) {
    if let Err(error) = axum::serve(listener, org.router()).await {
        tracing::error!(%error, "the Salesforce org no longer answers");
    }
}

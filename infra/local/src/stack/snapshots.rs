//! Saves the in-memory state at an interval, so that a stack that is killed loses only the last seconds.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use aircall_sandbox::Company;
use anyhow::Result;
use salesforce_sandbox::Org;
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{
    files,
    services::{Api, save_secrets},
};

const SAVE_INTERVAL: Duration = Duration::from_secs(2);
const SALESFORCE: &str = "salesforce.json";
const AIRCALL: &str = "aircall.json";

/// The state that is saved.
pub(super) struct InMemory {
    pub(super) org: Org,
    pub(super) aircall: Company,
    pub(super) secretsmanager: Api,
}

/// Saves the Salesforce org, the sandbox Aircall and the secrets, each at every interval in which it has changed, until
/// `stop` changes.
pub(super) async fn save_periodically(state: InMemory, data: PathBuf, mut stop: watch::Receiver<bool>) {
    let InMemory { org, aircall, secretsmanager } = state;
    let mut ticks = interval(SAVE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut saved_org, mut saved_aircall, mut saved_secrets) = (None, None, None);
    loop {
        tokio::select! { _ = ticks.tick() => {}, _ = stop.changed() => return }
        if let Err(error) = save_secrets(&secretsmanager, &data, &mut saved_secrets).await {
            tracing::warn!("cannot save the secrets: {error:#}");
        }
        save_if_changed(&mut saved_org, org.revision(), "the Salesforce org", save_org(&org, &data)).await;
        save_if_changed(&mut saved_aircall, aircall.revision(), "the sandbox Aircall", save_company(&aircall, &data))
            .await;
    }
}

/// Saves unless `saved` is this revision. A revision is read before its snapshot, so that a change in between is saved
/// twice and not lost.
async fn save_if_changed(saved: &mut Option<u64>, revision: u64, what: &str, save: impl Future<Output = Result<()>>) {
    if *saved == Some(revision) {
        return;
    }
    match save.await {
        Ok(()) => *saved = Some(revision),
        Err(error) => tracing::warn!("cannot save {what}: {error:#}"),
    }
}

/// Saves the Salesforce org.
pub(super) async fn save_org(org: &Org, data: &Path) -> Result<()> {
    let (org, file) = (org.clone(), data.join(SALESFORCE));
    tokio::task::spawn_blocking(move || files::write(&file, &org.snapshot())).await?
}

/// Saves the sandbox Aircall.
pub(super) async fn save_company(company: &Company, data: &Path) -> Result<()> {
    let (company, file) = (company.clone(), data.join(AIRCALL));
    tokio::task::spawn_blocking(move || files::write(&file, &company.snapshot())).await?
}

/// The last snapshot of the Salesforce org, as [`Org::restore`] takes it.
pub(super) fn saved_org(data: &Path) -> Result<Option<Value>> {
    files::read(&data.join(SALESFORCE))
}

/// The last snapshot of the sandbox Aircall, as [`Company::restore`] takes it.
pub(super) fn saved_company(data: &Path) -> Result<Option<Value>> {
    files::read(&data.join(AIRCALL))
}

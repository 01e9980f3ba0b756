//! Keeps what lives in memory only, so that a stack that is killed loses no more than the last seconds.

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

const EVERY: Duration = Duration::from_secs(2);
const SALESFORCE: &str = "salesforce.json";
const AIRCALL: &str = "aircall.json";

/// What is kept.
pub(super) struct Kept {
    pub(super) org: Org,
    pub(super) aircall: Company,
    pub(super) secretsmanager: Api,
}

/// Saves the Salesforce org, the sandbox Aircall and the secrets again and again, each when it has changed, until told
/// to stop.
pub(super) async fn keep(kept: Kept, data: PathBuf, mut stop: watch::Receiver<bool>) {
    let Kept { org, aircall, secretsmanager } = kept;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut of_org, mut of_aircall, mut secrets) = (None, None, None);
    loop {
        tokio::select! { _ = ticks.tick() => {}, _ = stop.changed() => return }
        if let Err(error) = save_secrets(&secretsmanager, &data, &mut secrets).await {
            tracing::warn!("cannot keep the secrets: {error:#}");
        }
        if_changed(&mut of_org, org.revision(), "the Salesforce org", save_org(&org, &data)).await;
        if_changed(&mut of_aircall, aircall.revision(), "the sandbox Aircall", save_company(&aircall, &data)).await;
    }
}

/// Saves, unless `saved` is of this revision. A revision is taken before its snapshot: what comes in between is kept
/// twice, not lost.
async fn if_changed(saved: &mut Option<u64>, revision: u64, what: &str, save: impl Future<Output = Result<()>>) {
    if *saved == Some(revision) {
        return;
    }
    match save.await {
        Ok(()) => *saved = Some(revision),
        Err(error) => tracing::warn!("cannot keep {what}: {error:#}"),
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

/// The Salesforce org as it was saved last, as [`Org::restore`] takes it.
pub(super) fn saved_org(data: &Path) -> Result<Option<Value>> {
    files::read(&data.join(SALESFORCE))
}

/// The sandbox Aircall as it was saved last, as [`Company::restore`] takes it.
pub(super) fn saved_company(data: &Path) -> Result<Option<Value>> {
    files::read(&data.join(AIRCALL))
}

//! Keeps what lives in memory only, so that a stack that is killed loses no more than the last seconds.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use salesforce_sandbox::Org;
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

/// Saves the Salesforce org and the secrets again and again, each when it has changed, until told to stop.
pub(super) async fn keep(org: Org, secretsmanager: Api, data: PathBuf, mut stop: watch::Receiver<bool>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut revision, mut secrets) = (None, None);
    loop {
        tokio::select! { _ = ticks.tick() => {}, _ = stop.changed() => return }
        if let Err(error) = save_secrets(&secretsmanager, &data, &mut secrets).await {
            tracing::warn!("cannot keep the secrets: {error:#}");
        }
        // Taken before the snapshot: what comes in between is kept twice, not lost.
        let current = Some(org.revision());
        if current == revision {
            continue;
        }
        match save_org(&org, &data).await {
            Ok(()) => revision = current,
            Err(error) => tracing::warn!("cannot keep the Salesforce org: {error:#}"),
        }
    }
}

/// Saves the Salesforce org.
pub(super) async fn save_org(org: &Org, data: &Path) -> Result<()> {
    let (org, file) = (org.clone(), data.join(SALESFORCE));
    tokio::task::spawn_blocking(move || files::write(&file, &org.snapshot())).await?
}

/// The Salesforce org as it was saved last, as [`Org::restore`] takes it.
pub(super) fn saved_org(data: &Path) -> Result<Option<serde_json::Value>> {
    files::read(&data.join(SALESFORCE))
}

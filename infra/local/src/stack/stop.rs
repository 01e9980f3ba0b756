//! Stops a stack: accepts nothing new, waits for what is in flight, and saves the state.

use std::time::Duration;

use anyhow::Result;

use super::{Stack, snapshots};

/// Grace period of what is in flight if state is kept. Otherwise it is killed at once.
const GRACE: Duration = Duration::from_secs(10);

impl Stack {
    /// Stops everything. With a data folder it waits for what is in flight and saves the state there.
    ///
    /// # Errors
    /// When the state cannot be saved. Everything is stopped even then.
    pub async fn stop(mut self) -> Result<()> {
        self.api.abort();
        let _ = self.stop_polling.send(true);
        let Some(data) = self.data.clone() else {
            self.pollers.shutdown().await;
            for pool in self.pools.values() {
                pool.stop(Duration::ZERO).await;
            }
            self.servers.shutdown().await;
            return Ok(());
        };
        let polled = async { while self.pollers.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, polled).await.is_err() {
            self.pollers.shutdown().await;
        }
        for pool in self.pools.values() {
            pool.stop(GRACE).await;
        }
        for mapping in &self.mappings {
            mapping.release().await;
        }
        self.services.save(&data, &self.resources.queues).await?;
        snapshots::save_org(&self.salesforce.org, &data).await?;
        snapshots::save_company(&self.aircall, &data).await?;
        self.servers.shutdown().await;
        Ok(())
    }
}

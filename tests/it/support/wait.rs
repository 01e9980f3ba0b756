//! Waiting for a condition: always with a timeout, never for a fixed time.

use std::time::{Duration, Instant};

use super::{POLL, TestEnv};

impl TestEnv {
    /// Waits until every posted event has been evaluated and no entry is pending.
    /// An entry of a call that is not over stays open.
    ///
    /// # Panics
    /// After [`TestEnv::timeout`], with the entries that are still pending.
    pub(crate) async fn wait_until_idle(&self) {
        let deadline = Instant::now() + self.timeout;
        while !self.is_empty(&self.queue("EventsQueue")).await {
            assert!(Instant::now() < deadline, "events still wait in the queue");
            tokio::time::sleep(self.poll()).await;
        }
        loop {
            let entries = self.entries().await;
            let waiting: Vec<_> = entries.iter().filter(|entry| entry["state"] == "pending").collect();
            if waiting.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "still pending: {waiting:#?}");
            tokio::time::sleep(self.poll()).await;
        }
    }

    /// Waits until `condition` holds.
    ///
    /// # Panics
    /// After [`TestEnv::timeout`], naming `what` was waited for.
    pub(crate) async fn until(&self, what: &str, mut condition: impl AsyncFnMut(&Self) -> bool) {
        let deadline = Instant::now() + self.timeout;
        while !condition(self).await {
            assert!(Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(self.poll()).await;
        }
    }

    /// The interval at which a condition is polled: longer where the test waits for long.
    fn poll(&self) -> Duration {
        POLL.max(self.timeout / 2_000)
    }
}

//! Waiting, always bounded and never for a fixed time.

use std::time::Instant;

use super::{POLL, TestEnv};

impl TestEnv {
    /// Waits until every event that was posted has been looked at and nothing waits to be written any more.
    /// A call that is not over stays open.
    ///
    /// # Panics
    /// After [`TestEnv::timeout`], with what still waits.
    pub(crate) async fn settle(&self) {
        let deadline = Instant::now() + self.timeout;
        while !self.is_empty(&self.queue("EventsQueue")).await {
            assert!(Instant::now() < deadline, "events still wait in the queue");
            tokio::time::sleep(POLL).await;
        }
        loop {
            let entries = self.entries().await;
            let waiting: Vec<_> = entries.iter().filter(|entry| entry["state"] == "pending").collect();
            if waiting.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "still pending: {waiting:#?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until `is_so`.
    ///
    /// # Panics
    /// After [`TestEnv::timeout`], with `what`.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl AsyncFnMut(&Self) -> bool) {
        let deadline = Instant::now() + self.timeout;
        while !is_so(self).await {
            assert!(Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(POLL).await;
        }
    }
}

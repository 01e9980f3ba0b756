//! State that the clones of a sandbox share.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;
use serde_json::Value;

/// State behind a lock, with a revision that increases with every change.
pub struct Shared<T>(Arc<Inner<T>>);

struct Inner<T> {
    state: Mutex<T>,
    /// Changes only while the state is locked.
    revision: AtomicU64,
}

impl<T> Shared<T> {
    /// The state, at revision 0.
    pub fn new(state: T) -> Self {
        Self(Arc::new(Inner { state: Mutex::new(state), revision: AtomicU64::new(0) }))
    }

    /// Locks the state and increments the revision.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let state = self.lock_untracked();
        self.0.revision.fetch_add(1, Ordering::Relaxed);
        state
    }

    /// Locks the state without incrementing the revision: for reads, and for state that a snapshot leaves out. A panic
    /// in another request leaves the state usable.
    pub fn lock_untracked(&self) -> MutexGuard<'_, T> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The revision: while it is unchanged, so is [`Shared::snapshot`].
    pub fn revision(&self) -> u64 {
        let _state = self.lock_untracked();
        self.0.revision.load(Ordering::Relaxed)
    }

    /// The state as JSON.
    ///
    /// # Panics
    /// If a part of the state cannot be serialized as JSON.
    pub fn snapshot(&self) -> Value
    where
        T: Serialize,
    {
        serde_json::to_value(&*self.lock_untracked()).expect("the state is JSON")
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Without the state, which contains credentials.
impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Shared;

    #[test]
    fn only_a_tracked_lock_increments_the_revision() {
        let shared = Shared::new(1);
        *shared.lock_untracked() += 1;
        assert_eq!((shared.revision(), shared.snapshot()), (0, 2.into()));
        *shared.clone().lock() += 1;
        assert_eq!((shared.revision(), shared.snapshot()), (1, 3.into()));
    }
}

//! A middleware in front of the vendors' servers that lets the nth request hang forever, so that a test can cancel the
//! caller at exactly that point.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::sync::Notify;

#[derive(Clone, Default)]
pub(crate) struct Barrier(Arc<BarrierState>);

struct BarrierState {
    /// Requests until the one that hangs.
    remaining: AtomicUsize,
    /// Whether the hanging request is processed first.
    takes_effect: AtomicBool,
    hangs: Notify,
}

impl Default for BarrierState {
    fn default() -> Self {
        Self { remaining: AtomicUsize::new(usize::MAX), takes_effect: AtomicBool::new(false), hangs: Notify::new() }
    }
}

impl Barrier {
    pub(crate) fn in_front_of(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), pass))
    }

    /// Runs `work` and cancels it at the request after the first `requests` ones. Returns `None` if it was cancelled.
    pub(crate) async fn kill<T>(
        &self,
        requests: usize,
        takes_effect: bool,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        self.0.takes_effect.store(takes_effect, Ordering::SeqCst);
        self.0.remaining.store(requests, Ordering::SeqCst);
        let done = tokio::select! {
            biased;
            () = self.0.hangs.notified() => None,
            done = work => Some(done),
        };
        self.0.remaining.store(usize::MAX, Ordering::SeqCst);
        done
    }
}

async fn pass(State(Barrier(state)): State<Barrier>, request: Request, next: Next) -> Response {
    let remaining = state.remaining.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some(n.saturating_sub(1)));
    if remaining != Ok(0) {
        return next.run(request).await;
    }
    if state.takes_effect.load(Ordering::SeqCst) {
        next.run(request).await;
    }
    state.hangs.notify_one();
    std::future::pending().await
}

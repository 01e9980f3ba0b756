//! Stands in front of servers, and lets the so-maniest request hang for ever: whoever made it can then be killed there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::sync::Notify;

#[derive(Clone, Default)]
pub(crate) struct Barrier(Arc<Shut>);

struct Shut {
    /// Requests until the one that hangs.
    left: AtomicUsize,
    /// Whether that one takes effect first.
    takes_effect: AtomicBool,
    hangs: Notify,
}

impl Default for Shut {
    fn default() -> Self {
        Self { left: AtomicUsize::new(usize::MAX), takes_effect: AtomicBool::new(false), hangs: Notify::new() }
    }
}

impl Barrier {
    pub(crate) fn in_front_of(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), pass))
    }

    /// Does `work`, and kills it at the request that comes after `requests` others; `None` if it was killed.
    pub(crate) async fn kill<T>(
        &self,
        requests: usize,
        takes_effect: bool,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        self.0.takes_effect.store(takes_effect, Ordering::SeqCst);
        self.0.left.store(requests, Ordering::SeqCst);
        let done = tokio::select! {
            biased;
            () = self.0.hangs.notified() => None,
            done = work => Some(done),
        };
        self.0.left.store(usize::MAX, Ordering::SeqCst);
        done
    }
}

async fn pass(State(Barrier(shut)): State<Barrier>, request: Request, next: Next) -> Response {
    let left = shut.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(1)));
    if left != Ok(0) {
        return next.run(request).await;
    }
    if shut.takes_effect.load(Ordering::SeqCst) {
        next.run(request).await;
    }
    shut.hangs.notify_one();
    std::future::pending().await
}

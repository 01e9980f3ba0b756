//! Compares a page of calls with the entries, and queues the calls that are lacking.

use std::collections::BTreeSet;

use aircall::client::Call;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use lambda::queue::{Fetch, MAX_EVENT_LEN, QueueError};
use lambda::{EventQueue, metrics};
use rules::FetchCause;
use store::{Backfill, Calls, Completeness, Tenant, TenantId};

use super::BackfillError;
use super::progress::is_settling;

/// Calls that are queued concurrently.
const CONCURRENCY: usize = 10;

/// What bounds the calls of a tenant that are lacking.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    cause: FetchCause,
    /// Calls that ended earlier are not fetched.
    since: Option<Timestamp>,
    /// The lines whose calls an app gets; none if these are all.
    lines: Option<BTreeSet<u64>>,
}

/// A call without a complete entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lacking<'a> {
    pub(super) call: &'a Call,
    /// Whether it has no entry at all.
    pub(super) is_unknown: bool,
    /// Whether Aircall may still send the event of its end by itself.
    pub(super) is_settling: bool,
}

impl Scope {
    pub(super) fn new(cause: FetchCause, tenant: &Tenant) -> Self {
        let since = match cause {
            // An admin who asks for a period may ask for one of before the connection.
            FetchCause::Requested => None,
            FetchCause::Repaired | FetchCause::Compared => tenant.fetched_since(),
        };
        Self { cause, since, lines: tenant.comparison.lines.clone() }
    }

    fn covers(&self, call: &Call, ended_at: Timestamp) -> bool {
        let is_in_time = self.since.is_none_or(|since| ended_at >= since);
        is_in_time && self.lines.as_ref().is_none_or(|lines| call.is_on(lines))
    }
}

/// Those of the calls that are over and have no complete entry.
pub(super) async fn lacking<'a>(
    calls: &Calls,
    tenant: &TenantId,
    listed: &[&'a Call],
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<Lacking<'a>>, store::Error> {
    let ended = listed.iter().filter_map(|call| Some((*call, call.ended_at?)));
    let ended: Vec<(&'a Call, Timestamp)> = ended.filter(|(call, at)| scope.covers(call, *at)).collect();
    let keys: Vec<String> = ended.iter().map(|(call, _)| call.id.key()).collect();
    let known = calls.completeness(tenant, &keys).await?;
    let lacking = ended.into_iter().filter_map(|(call, ended_at)| {
        let known = known.get(&call.id.key()).copied();
        let lacking = Lacking { call, is_unknown: known.is_none(), is_settling: is_settling(ended_at, now) };
        Completeness::is_lacking(known, scope.cause).then_some(lacking)
    });
    Ok(lacking.collect())
}

/// Queues calls as the events of their end, which Aircall was asked for at `now`.
pub(super) async fn enqueue(
    queue: &EventQueue,
    tenant: &TenantId,
    backfill: &Backfill,
    calls: &[&Call],
    now: Timestamp,
) -> Result<(), BackfillError> {
    let fetch = &Fetch {
        from: backfill.from.as_second(),
        until: backfill.until.as_second(),
        cause: backfill.cause.key().to_owned(),
    };
    stream::iter(calls.iter().filter_map(|call| Some((call.id, call.ended_body(now)?))))
        .map(|(id, body)| async move {
            if body.len() <= MAX_EVENT_LEN {
                return queue.enqueue_fetched(tenant.as_str(), &body, fetch).await;
            }
            tracing::warn!(target: metrics::TARGET, EventsTooLong = 1, %tenant, key = id.key(), "a call is too long to be queued");
            let timestamp = now.as_second();
            let note = format!(
                r#"{{"resource":"call","event":"call.ended","timestamp":{timestamp},"data":{{"id":{}}}}}"#,
                id.0
            );
            queue.enqueue_fetched_note(tenant.as_str(), &note, &body, fetch).await
        })
        .buffer_unordered(CONCURRENCY)
        .try_collect::<()>()
        .await
        .map_err(|error: QueueError| error.into())
}

//! A batch of events: those of one call, message or conversation are merged together.
//!
//! Each merge reads and writes the whole item, with optimistic locking. Many events of one item at once would otherwise
//! be as many rewrites, most of them lost to a conflict with each other.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use aircall::Webhook;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use jiff::Timestamp;
use lambda::batch::{AllFailed, id_of, response};
use lambda::metrics;
use rules::messages::redact_key;
use rules::{CallDocument, Document, MessageDocument, MessageId};
use store::TenantId;

use crate::evaluate::{EvaluateError, Evaluator};
use crate::message::Routed;
use crate::received::{self, Content, Received};
use crate::update::{Times, Update};

/// Merges that run concurrently.
const CONCURRENCY: usize = 10;

/// Updates by what they change, of one tenant: a message's aggregate by its id, an entry by its key.
type Updates<K, T> = BTreeMap<(TenantId, K), Vec<Update<T>>>;

fn add<K: Ord, T>(updates: &mut Updates<K, T>, key: K, update: Update<T>) {
    updates.entry((update.tenant.clone(), key)).or_default().push(update);
}

/// The SQS messages that failed. Each failure is logged where it is added.
#[derive(Debug, Default)]
struct Failed(BTreeSet<String>);

impl Failed {
    fn add(&mut self, messages: &BTreeSet<String>, failure: &Failure) {
        for message_id in messages {
            tracing::error!(message_id, error = %failure, "a record failed");
        }
        self.0.extend(messages.iter().cloned());
    }
}

/// Why an update failed.
enum Failure {
    Error(EvaluateError),
    Panic,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Error(error) => write!(f, "{error:#}"),
            Failure::Panic => f.write_str("its handler panicked"),
        }
    }
}

impl Failure {
    /// Whether one of several updates that were merged together may be the cause, so that the others succeed without it.
    fn may_be_of_one(&self) -> bool {
        match self {
            Failure::Error(error) => error.may_be_of_one(),
            Failure::Panic => true,
        }
    }
}

/// Runs `work`; a panic is a failure, too.
async fn caught<T>(work: impl Future<Output = Result<T, EvaluateError>>) -> Result<T, Failure> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result.map_err(Failure::Error),
        Err(_) => Err(Failure::Panic),
    }
}

impl Evaluator {
    /// Evaluates a batch of the events queue, and returns the messages that failed. SQS delivers only these again.
    ///
    /// # Errors
    /// When all messages failed.
    pub(crate) async fn evaluate(&self, batch: SqsEvent, times: Times) -> Result<SqsBatchResponse, AllFailed> {
        let records = batch.records.len();
        let mut failed = Failed::default();
        let (mut entries, mut aggregates) = (Updates::new(), Updates::new());
        // The entries of events that are sent once more, by their messages.
        let mut superseded: Vec<(BTreeSet<String>, TenantId, String)> = Vec::new();
        for message in batch.records {
            let messages = BTreeSet::from([id_of(&message)]);
            let Received { tenant, at: sent_at, content, is_fresh, entry } =
                match caught(async { received::read(message, times.now) }).await {
                    Ok(received) => received,
                    Err(failure) => {
                        failed.add(&messages, &failure);
                        continue;
                    }
                };
            if is_fresh {
                self.heartbeat.record(&tenant, times.now).await;
            }
            let webhook = match content {
                Content::Webhook(webhook) => {
                    superseded.extend(entry.map(|entry| (messages.clone(), tenant.clone(), entry)));
                    webhook
                }
                Content::Unreadable { unreadable, body } => {
                    match caught(self.keep_body(&tenant, body, times.now)).await {
                        Ok(()) => {
                            let (key, path) = (unreadable.key.clone(), &unreadable.path);
                            tracing::warn!(target: metrics::TARGET, EventsUnreadable = 1, %tenant, key = %redact_key(&key), path, "an event cannot be read");
                            let events = BTreeSet::from(["Unreadable".to_owned()]);
                            add(&mut entries, key, Update { tenant, value: unreadable.into(), events, messages });
                        }
                        Err(failure) => failed.add(&messages, &failure),
                    }
                    continue;
                }
            };
            match webhook {
                Webhook::Call(report) => {
                    let (key, events) = (report.id.key(), BTreeSet::from([format!("{:?}", report.event)]));
                    let value = Document::from(CallDocument::from(*report));
                    add(&mut entries, key, Update { tenant, value, events, messages });
                }
                Webhook::Message(snapshot) => {
                    let (id, events) = (snapshot.id.clone(), BTreeSet::from([format!("{:?}", snapshot.event)]));
                    let value = MessageDocument::from(*snapshot);
                    add(&mut aggregates, id, Update { tenant, value, events, messages });
                }
                Webhook::Uninstalled(at) => {
                    if let Err(failure) = caught(self.uninstall(&tenant, at.unwrap_or(sent_at))).await {
                        failed.add(&messages, &failure);
                    }
                }
                Webhook::Other => {}
            }
        }

        // The update of the aggregate that each message is from.
        let mut sources = BTreeMap::new();
        let merged =
            merge_all(aggregates, MessageDocument::merge, async |_, update| self.merge_message(update, times).await);
        for (update, routed) in merged.await {
            match routed {
                Ok(routed) => {
                    for Routed { key, document } in routed {
                        for message in document.in_order() {
                            sources.insert((update.tenant.clone(), message.id.clone()), update.clone());
                        }
                        add(&mut entries, key, update.with(Document::Messages(document)));
                    }
                }
                Err(failure) => failed.add(&update.messages, &failure),
            }
        }

        self.merge_entries(entries, &sources, &mut failed, times).await;
        for (messages, tenant, key) in superseded {
            if failed.0.is_disjoint(&messages)
                && let Err(failure) = caught(self.remove_unread(&tenant, &key)).await
            {
                failed.add(&messages, &failure);
            }
        }
        response(failed.0.into_iter(), records)
    }

    /// Merges the updates of entries. A message for which its conversation has no room goes to the next part of it: `sources`
    /// has the update that each message is from.
    async fn merge_entries(
        &self,
        mut entries: Updates<String, Document>,
        sources: &BTreeMap<(TenantId, MessageId), Update<MessageDocument>>,
        failed: &mut Failed,
        times: Times,
    ) {
        // Each round leaves a part of a conversation behind, and a conversation has a limited number of parts.
        while !entries.is_empty() {
            let merged =
                merge_all(entries, Document::merge, async |key, update| self.merge_entry(key, update, times).await);
            entries = Updates::new();
            for (update, excess) in merged.await {
                let excess = match excess {
                    Ok(excess) => excess,
                    Err(failure) => {
                        failed.add(&update.messages, &failure);
                        continue;
                    }
                };
                let full = update.value.conversation();
                for id in excess {
                    let Some(source) = sources.get(&(update.tenant.clone(), id.clone())) else { continue };
                    let Some(full) = full else { continue };
                    match Box::pin(caught(self.move_on(source, &id, full, times))).await {
                        Ok(routed) => {
                            for Routed { key, document } in routed {
                                add(&mut entries, key, source.with(Document::Messages(document)));
                            }
                        }
                        Err(failure) => failed.add(&source.messages, &failure),
                    }
                }
            }
        }
    }

    /// Removes the entry of an event that could be evaluated when it was sent once more, unless its call took its place.
    async fn remove_unread(&self, tenant: &TenantId, key: &str) -> Result<(), EvaluateError> {
        Ok(self.calls.remove_unread(tenant, key).await?)
    }

    /// Ends the connection of a tenant whose app was uninstalled in Aircall.
    async fn uninstall(&self, tenant: &TenantId, at: Timestamp) -> Result<(), EvaluateError> {
        if self.tenants.uninstall_aircall(tenant, at).await? {
            tracing::warn!(target: metrics::TARGET, AppsUninstalled = 1, %tenant, "the app was uninstalled in Aircall");
        }
        Ok(())
    }

    /// Keeps a body that could not be read.
    async fn keep_body(
        &self,
        tenant: &TenantId,
        body: Option<(String, String)>,
        now: Timestamp,
    ) -> Result<(), EvaluateError> {
        match body {
            Some((digest, body)) => Ok(self.calls.keep_body(tenant, &digest, &body, now).await?),
            None => Ok(()),
        }
    }
}

/// Merges the updates of each key together, several keys concurrently. If that fails for a reason that one of the updates
/// may be the cause of, each is merged alone, so that one bad event fails no other.
async fn merge_all<K, T, O>(
    updates: Updates<K, T>,
    join: impl Fn(T, T) -> T,
    merge: impl AsyncFn(&K, &Update<T>) -> Result<O, EvaluateError>,
) -> Vec<(Update<T>, Result<O, Failure>)>
where
    T: Clone,
{
    let (join, merge) = (&join, &merge);
    let work = updates.into_iter().map(|((_, key), updates)| async move {
        let together = updates.iter().cloned().reduce(|a, b| joined(a, b, join));
        let Some(together) = together else { return Vec::new() };
        match caught(merge(&key, &together)).await {
            Err(failure) if updates.len() > 1 && failure.may_be_of_one() => {
                let mut outcomes = Vec::new();
                for update in updates {
                    let outcome = caught(merge(&key, &update)).await;
                    outcomes.push((update, outcome));
                }
                outcomes
            }
            outcome => vec![(together, outcome)],
        }
    });
    let outcomes: Vec<Vec<_>> = stream::iter(work).buffer_unordered(CONCURRENCY).collect().await;
    outcomes.into_iter().flatten().collect()
}

fn joined<T>(mut first: Update<T>, mut second: Update<T>, join: impl Fn(T, T) -> T) -> Update<T> {
    first.events.append(&mut second.events);
    first.messages.append(&mut second.messages);
    Update { value: join(first.value, second.value), ..first }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use store::Error;

    use super::*;

    /// Updates of the keys 1 and 2, each a number in a message of its own.
    fn updates(numbers: &[(u8, u32)]) -> Updates<u8, Vec<u32>> {
        let mut updates = Updates::new();
        for (key, number) in numbers {
            let tenant = TenantId::parse("tenant-0123456789").unwrap();
            let messages = BTreeSet::from([format!("message-{number}")]);
            add(&mut updates, *key, Update { tenant, value: vec![*number], events: BTreeSet::new(), messages });
        }
        updates
    }

    /// Merges them, where each merge with the number 13 fails with `error`. Returns the merges and the failed messages.
    async fn merge(
        numbers: &[(u8, u32)],
        error: impl Fn() -> EvaluateError,
    ) -> (Vec<(u8, Vec<u32>)>, BTreeSet<String>) {
        let made = RefCell::new(Vec::new());
        let merged = merge_all(
            updates(numbers),
            |a, b| [a, b].concat(),
            async |key, update| {
                made.borrow_mut().push((*key, update.value.clone()));
                if update.value.contains(&13) { Err(error()) } else { Ok(()) }
            },
        );
        let failed = merged.await.into_iter().filter(|(_, outcome)| outcome.is_err());
        let failed = failed.flat_map(|(update, _)| update.messages).collect();
        let mut made = made.into_inner();
        made.sort();
        (made, failed)
    }

    #[tokio::test]
    async fn an_event_that_cannot_be_stored_fails_alone() {
        let refused =
            || EvaluateError::Store(Error::Misconfigured { operation: "UpdateItem", cause: "too large".into() });
        let (merges, failed) = merge(&[(1, 11), (1, 13), (1, 12), (2, 14)], refused).await;
        assert_eq!(failed, BTreeSet::from(["message-13".to_owned()]));
        assert_eq!(
            merges,
            [(1, vec![11]), (1, vec![11, 13, 12]), (1, vec![12]), (1, vec![13]), (2, vec![14])],
            "together first, then each alone"
        );
    }

    #[tokio::test]
    async fn what_no_single_event_causes_fails_all_of_its_entry_at_once() {
        let (merges, failed) = merge(&[(1, 11), (1, 13), (2, 14)], || EvaluateError::Contended).await;
        assert_eq!(failed, ["message-11", "message-13"].map(str::to_owned).into());
        assert_eq!(merges, [(1, vec![11, 13]), (2, vec![14])]);
    }

    #[tokio::test]
    async fn a_panic_fails_only_the_event_that_causes_it() {
        let (_, failed) = merge(&[(1, 13), (1, 11)], || panic!("a bug")).await;
        assert_eq!(failed, BTreeSet::from(["message-13".to_owned()]));
    }
}

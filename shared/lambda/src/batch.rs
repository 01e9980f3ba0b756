//! Partial batch responses: one outcome for each record of an SQS batch, so that only failed records are redelivered.
//!
//! The function's event source needs `FunctionResponseTypes: [ReportBatchItemFailures]`.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::collections::BTreeMap;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{FutureExt as _, StreamExt as _, stream};

/// Passes each record to `handle`, up to `concurrency` of them concurrently, and returns those that failed.
///
/// A record whose handler panics has failed. `E` is logged, so it must not contain personal data.
///
/// # Errors
/// When all records failed.
pub async fn each<F, E>(
    event: SqsEvent,
    concurrency: usize,
    handle: impl Fn(SqsMessage) -> F,
) -> Result<SqsBatchResponse, AllFailed>
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let records = event.records.len();
    let work = event.records.into_iter().map(|message| {
        let id = id_of(&message);
        // The future is created within the block, so that a panic before its first await is caught as well.
        let handled = AssertUnwindSafe(async { handle(message).await }).catch_unwind();
        async move {
            match handled.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => {
                    tracing::error!(message_id = id, error = format!("{error:#}"), "a record failed");
                    Some(id)
                }
                Err(_) => {
                    tracing::error!(message_id = id, "a record failed: its handler panicked");
                    Some(id)
                }
            }
        }
    });
    let outcomes: Vec<_> = stream::iter(work).buffer_unordered(concurrency.max(1)).collect().await;
    response(outcomes.into_iter().flatten(), records)
}

/// Passes the messages of each message group to `handle`, in order, up to `concurrency` groups concurrently.
/// Returns all messages of the groups that failed, which preserves their order.
///
/// # Errors
/// When all records failed.
pub async fn each_group<F, E>(
    event: SqsEvent,
    concurrency: usize,
    handle: impl Fn(String, Vec<SqsMessage>) -> F,
) -> Result<SqsBatchResponse, AllFailed>
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let records = event.records.len();
    let mut groups: BTreeMap<String, Vec<SqsMessage>> = BTreeMap::new();
    for message in event.records {
        groups.entry(group_of(&message).to_owned()).or_default().push(message);
    }
    let work = groups.into_iter().map(|(group, messages)| {
        let ids: Vec<String> = messages.iter().map(id_of).collect();
        let name = group.clone();
        let handled = AssertUnwindSafe(async { handle(group, messages).await }).catch_unwind();
        async move {
            match handled.await {
                Ok(Ok(())) => Vec::new(),
                Ok(Err(error)) => {
                    tracing::error!(group = name, error = format!("{error:#}"), "a group of messages failed");
                    ids
                }
                Err(_) => {
                    tracing::error!(group = name, "a group of messages failed: its handler panicked");
                    ids
                }
            }
        }
    });
    let outcomes: Vec<Vec<String>> = stream::iter(work).buffer_unordered(concurrency.max(1)).collect().await;
    response(outcomes.into_iter().flatten(), records)
}

/// The message group of a FIFO queue's message; empty for a message of a standard queue.
fn group_of(message: &SqsMessage) -> &str {
    message.attributes.get("MessageGroupId").map_or("", String::as_str)
}

/// The message's id, which Lambda always sets. An empty id would fail the whole batch, which is safe.
pub fn id_of(message: &SqsMessage) -> String {
    message.message_id.clone().unwrap_or_default()
}

/// The response to a batch of `records` that names the messages that failed.
///
/// If all of them failed, the invocation fails as well: SQS delivers the same messages again, and Lambda counts an error, by
/// which a deployment of a broken version is rolled back.
///
/// # Errors
/// When all records failed.
pub fn response(failed: impl Iterator<Item = String>, records: usize) -> Result<SqsBatchResponse, AllFailed> {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures.extend(failed.map(|id| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        failure
    }));
    let failed = response.batch_item_failures.len();
    if failed > 0 && failed >= records { Err(AllFailed(records)) } else { Ok(response) }
}

/// Every record of a batch failed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("all {0} records of the batch failed")]
pub struct AllFailed(usize);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Messages with this id, group and body.
    fn event(messages: &[(&str, &str, &str)]) -> SqsEvent {
        let mut event = SqsEvent::default();
        for (id, group, body) in messages {
            let mut message = SqsMessage::default();
            message.message_id = Some((*id).to_owned());
            message.body = Some((*body).to_owned());
            message.attributes.insert("MessageGroupId".to_owned(), (*group).to_owned());
            event.records.push(message);
        }
        event
    }

    fn failed(response: &SqsBatchResponse) -> Vec<&str> {
        let mut ids: Vec<&str> = response.batch_item_failures.iter().map(|f| f.item_identifier.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    async fn handle(message: SqsMessage) -> Result<(), String> {
        match message.body.as_deref() {
            Some("good") => Ok(()),
            Some("panic") => panic!("on purpose"),
            _ => Err("bad".to_owned()),
        }
    }

    #[tokio::test]
    async fn a_failed_record_does_not_fail_the_others() {
        let batch =
            event(&[("1", "", "good"), ("2", "", "bad"), ("3", "", "good"), ("4", "", "panic"), ("5", "", "good")]);
        assert_eq!(failed(&each(batch, 2, handle).await.unwrap()), ["2", "4"]);
    }

    #[test]
    fn an_invocation_fails_only_with_all_of_its_records() {
        let failed = |ids: &[&str], records| response(ids.iter().map(|id| (*id).to_owned()), records);
        assert!(failed(&[], 0).is_ok() && failed(&["1"], 2).is_ok());
        assert_eq!(failed(&["1", "2"], 2).unwrap_err(), AllFailed(2));
    }

    #[tokio::test(start_paused = true)]
    async fn records_are_processed_concurrently() {
        let started = tokio::time::Instant::now();
        let batch = event(&[("1", "", ""), ("2", "", ""), ("3", "", ""), ("4", "", "")]);
        let response = each(batch, 2, |_| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, String>(())
        });
        assert!(response.await.unwrap().batch_item_failures.is_empty());
        assert_eq!(started.elapsed().as_secs(), 2);
    }

    #[tokio::test]
    async fn a_group_fails_as_a_whole_and_other_groups_continue() {
        let batch = event(&[
            ("1", "one", "good"),
            ("2", "two", "good"),
            ("3", "one", "bad"),
            ("4", "one", "good"),
            ("5", "two", "good"),
            ("6", "three", "panic"),
        ]);
        let response = each_group(batch, 2, |_, messages| async move {
            for message in messages {
                handle(message).await?;
            }
            Ok::<(), String>(())
        });
        assert_eq!(failed(&response.await.unwrap()), ["1", "3", "4", "6"]);
    }

    #[tokio::test]
    async fn a_groups_messages_are_passed_in_order() {
        let batch = event(&[("1", "one", "a"), ("2", "two", "b"), ("3", "one", "c")]);
        let response = each_group(batch, 1, |group, messages| async move {
            let bodies: Vec<_> = messages.iter().filter_map(|m| m.body.as_deref()).collect();
            let expected: &[&str] = if group == "one" { &["a", "c"] } else { &["b"] };
            if bodies == expected { Ok(()) } else { Err("out of order") }
        });
        assert!(response.await.unwrap().batch_item_failures.is_empty());
    }
}

//! DynamoDB's write transactions, with retries on conflicts.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder};
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};

use crate::error::{self, Error};

const OPERATION: &str = "TransactWriteItems";
/// How often a transaction is sent again after a conflict with another one.
const MAX_RETRIES: u32 = 4;

/// The result of a transaction.
#[derive(Debug)]
pub(crate) enum Transacted {
    /// All changes are stored.
    Done,
    /// A condition failed, and nothing is stored.
    Refused(Refusal),
}

/// Which conditions failed.
#[derive(Debug)]
pub(crate) struct Refusal(Vec<CancellationReason>);

impl Refusal {
    /// The reason, if the condition of the change with this index failed.
    pub(crate) fn reason_for(&self, change: usize) -> Option<&CancellationReason> {
        self.0.get(change).filter(|reason| is_condition(reason))
    }
}

/// The change that `put` makes; its table and item must be set.
pub(crate) fn put(put: PutBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
}

/// The change that `delete` makes; its table and key must be set.
pub(crate) fn delete(delete: DeleteBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
}

/// Stores all of `changes`, which must be to different items, or none.
///
/// Retries with backoff on a conflict with another transaction; its changes may then fail one of our conditions.
pub(crate) async fn send(dynamodb: &Client, changes: Vec<TransactWriteItem>) -> Result<Transacted, Error> {
    let mut retries = 0;
    loop {
        let request = dynamodb.transact_write_items().set_transact_items(Some(changes.clone()));
        let Err(error) = request.send().await else { return Ok(Transacted::Done) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return Err(error::from_sdk(OPERATION, &error));
        };
        let reasons = cancelled.cancellation_reasons();
        if reasons.iter().any(is_condition) {
            return Ok(Transacted::Refused(Refusal(reasons.to_vec())));
        }
        if retries == MAX_RETRIES || !reasons.iter().any(is_conflict) {
            return Err(cancellation_error(reasons));
        }
        tokio::time::sleep(Duration::from_millis(20 << retries)).await;
        retries += 1;
    }
}

fn is_condition(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

fn is_conflict(reason: &CancellationReason) -> bool {
    reason.code() == Some("TransactionConflict")
}

/// Classifies a cancellation for a reason other than a condition. The codes of single changes differ from those of
/// whole requests:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn cancellation_error(reasons: &[CancellationReason]) -> Error {
    let codes: Vec<&str> = reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None").collect();
    let cause = format!("TransactionCanceledException: {}", codes.join(", "));
    let is_fault =
        |code: &&str| matches!(*code, "ValidationError" | "ItemCollectionSizeLimitExceeded" | "AccessDenied");
    if codes.iter().any(is_fault) {
        Error::Misconfigured { operation: OPERATION, cause }
    } else {
        Error::Retry { operation: OPERATION, cause }
    }
}

//! DynamoDB's transactions: all of their changes, or none.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};

use crate::error::{self, Error};

const OPERATION: &str = "TransactWriteItems";
/// How often a transaction is sent again because another one was at the same items.
const TIMEOUT: u32 = 4;

/// What became of a transaction.
#[derive(Debug)]
pub(crate) enum Transacted {
    /// All of it is stored.
    Done,
    /// A condition did not hold, and nothing is stored.
    Refused(Refusal),
}

/// Which conditions did not hold.
#[derive(Debug)]
pub(crate) struct Refusal(Vec<CancellationReason>);

impl Refusal {
    /// The reason if it was the condition of this change, counted from 0.
    pub(crate) fn reason_for(&self, change: usize) -> Option<&CancellationReason> {
        self.0.get(change).filter(|reason| is_condition(reason))
    }
}

/// Stores all of `changes`, which are of different items, or nothing.
///
/// Waits a little while another transaction is at the same items, and is then refused if that one broke a condition.
pub(crate) async fn send(dynamodb: &Client, changes: Vec<TransactWriteItem>) -> Result<Transacted, Error> {
    let mut tried = 0;
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
        if tried == TIMEOUT || !reasons.iter().any(is_conflict) {
            return Err(other(reasons));
        }
        tokio::time::sleep(Duration::from_millis(20 << tried)).await;
        tried += 1;
    }
}

fn is_condition(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

fn is_conflict(reason: &CancellationReason) -> bool {
    reason.code() == Some("TransactionConflict")
}

/// A transaction that was cancelled for another reason than a condition. The codes of each change are other words than
/// those of whole requests:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn other(reasons: &[CancellationReason]) -> Error {
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

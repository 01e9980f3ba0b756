//! Transactions that DynamoDB cancels for reasons other than a condition.

use aws_sdk_dynamodb::Client;
use rules::Settings;
use serde_json::json;
use wiremock::matchers::header;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::tests::{START, at, tenant};
use crate::{Error, History, PutError, SettingsStore};

/// Sends a change that is cancelled `times` times with this code. Returns its result and how often it was sent.
async fn cancelled(times: u64, code: &str) -> (Result<Settings, PutError>, usize) {
    let server = MockServer::start().await;
    let operation = || Mock::given(header("x-amz-target", "DynamoDB_20120810.TransactWriteItems"));
    let refusal = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": [{ "Code": "None" }, { "Code": code, "Message": "because" }],
    });
    let refused = ResponseTemplate::new(400).set_body_json(refusal);
    operation().respond_with(refused).up_to_n_times(times).mount(&server).await;
    operation().respond_with(ResponseTemplate::new(200).set_body_json(json!({}))).mount(&server).await;
    let config = test_aws::config(server.uri());
    let dynamodb = Client::new(&config);
    let store = SettingsStore::new(dynamodb.clone(), "Settings").with_history(History::new(dynamodb, "Console"));
    let put = store.put(&tenant("one"), &Settings::default(), "user@example.com", at(START)).await;
    (put, server.received_requests().await.unwrap().len())
}

#[tokio::test]
async fn a_transaction_is_retried_after_a_conflict() {
    let (put, sent) = cancelled(3, "TransactionConflict").await;
    assert_eq!((put.unwrap().version, sent), (1, 4));
}

#[tokio::test]
async fn persistent_conflicts_end_in_a_retryable_error() {
    let (put, sent) = cancelled(100, "TransactionConflict").await;
    assert!(matches!(put, Err(PutError::Store(Error::Retry { operation: "TransactWriteItems", .. }))), "{put:?}");
    assert_eq!(sent, 5);
}

#[tokio::test]
async fn throttling_is_a_retryable_error_and_an_invalid_request_is_not() {
    for code in ["ThrottlingError", "ProvisionedThroughputExceeded"] {
        let (put, sent) = cancelled(100, code).await;
        assert!(matches!(put, Err(PutError::Store(Error::Retry { .. }))), "{put:?}");
        assert_eq!(sent, 1);
    }
    let (put, _) = cancelled(100, "ValidationError").await;
    assert!(matches!(put, Err(PutError::Store(Error::Misconfigured { .. }))), "{put:?}");
}

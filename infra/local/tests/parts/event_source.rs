//! What a function's response means for the messages of its batch.

use local::event_source::{Received, done, event};
use serde_json::{Value, json};

fn message(id: &str, group: Option<&str>) -> Received {
    let mut attributes = json!({ "ApproximateReceiveCount": "1", "SentTimestamp": "1700000000000" });
    if let Some(group) = group {
        attributes["MessageGroupId"] = group.into();
        attributes["SequenceNumber"] = "00000000000000000001".into();
    }
    serde_json::from_value(json!({
        "MessageId": id,
        "ReceiptHandle": format!("receipt-{id}"),
        "Body": "{}",
        "MD5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
        "Attributes": attributes,
        "MessageAttributes": { "tenant": { "DataType": "String", "StringValue": "t1" } },
    }))
    .expect("a message")
}

/// Messages are written `id` or `id@group`.
#[track_caller]
fn check(messages: &str, response: Value, expected: &str) {
    let messages: Vec<_> = messages
        .split(' ')
        .map(|text| match text.split_once('@') {
            Some((id, group)) => message(id, Some(group)),
            None => message(text, None),
        })
        .collect();
    let done: Vec<_> = done(&messages, &response, true).iter().map(|message| message.message_id.as_str()).collect();
    assert_eq!(done.join(" "), expected, "{response}");
}

fn failed(ids: &[&str]) -> Value {
    let failures: Vec<_> = ids.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": failures })
}

#[test]
fn only_the_messages_that_failed_are_delivered_again() {
    check("a b c", failed(&[]), "a b c");
    check("a b c", failed(&["b"]), "a c");
    check("a b c", failed(&["a", "b", "c"]), "");
}

#[test]
fn without_a_report_all_messages_are_done() {
    check("a b", Value::Null, "a b");
    check("a b", json!({}), "a b");
    check("a b", json!({ "batchItemFailures": null }), "a b");
}

#[test]
fn an_invalid_report_fails_the_batch() {
    check("a b", failed(&["unknown"]), "");
    check("a b", failed(&[""]), "");
    check("a b", json!({ "batchItemFailures": [{ "itemIdentifier": null }] }), "");
    check("a b", json!({ "batchItemFailures": [{ "id": "a" }] }), "");
    check("a b", json!({ "batchItemFailures": "a" }), "");
}

#[test]
fn messages_after_a_failed_one_in_its_group_are_delivered_again() {
    check("a@1 b@1 c@2 d@1", failed(&["b"]), "a c");
    check("a@1 b@2", failed(&["a"]), "b");
}

#[test]
fn without_failure_reports_any_response_means_that_all_messages_are_done() {
    let messages = [message("a", None)];
    assert_eq!(done(&messages, &failed(&["a"]), false).len(), 1);
}

#[test]
fn the_event_has_lambdas_shape() {
    let event = event(&[message("a", Some("t1"))], "arn:aws:sqs:us-east-1:000000000000:writes.fifo");
    assert_eq!(
        event,
        json!({ "Records": [{
            "messageId": "a",
            "receiptHandle": "receipt-a",
            "body": "{}",
            "md5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
            "attributes": {
                "ApproximateReceiveCount": "1", "SentTimestamp": "1700000000000",
                "MessageGroupId": "t1", "SequenceNumber": "00000000000000000001",
            },
            "messageAttributes": { "tenant": {
                "stringValue": "t1", "stringListValues": [], "binaryListValues": [], "dataType": "String",
            } },
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:writes.fifo",
            "awsRegion": "us-east-1",
        }] })
    );
}

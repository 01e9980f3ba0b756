//! One batch of messages: the event a function receives, and what its response means for each message.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::services::REGION;

/// A message as `ReceiveMessage` returns it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Received {
    /// Id of the message.
    pub message_id: String,
    /// Identifies this receipt of the message.
    pub receipt_handle: String,
    /// The body.
    pub body: String,
    /// MD5 of the body, in hexadecimal.
    #[serde(rename = "MD5OfBody", default)]
    pub md5_of_body: String,
    /// System attributes, such as `MessageGroupId`.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// The sender's attributes.
    #[serde(default)]
    pub message_attributes: Map<String, Value>,
}

impl Received {
    fn group(&self) -> Option<&str> {
        self.attributes.get("MessageGroupId").and_then(Value::as_str)
    }
}

/// The event for a batch.
pub fn event(messages: &[Received], queue_arn: &str) -> Value {
    let records = messages.iter().map(|message| {
        json!({
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "md5OfBody": message.md5_of_body,
            "attributes": message.attributes,
            "messageAttributes": message_attributes(&message.message_attributes),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": REGION,
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// SQS spells `StringValue` what Lambda spells `stringValue`.
fn message_attributes(attributes: &Map<String, Value>) -> Map<String, Value> {
    let attribute = |attribute: &Value| {
        let mut renamed = json!({
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute["DataType"],
        });
        for (theirs, ours) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
            if let Some(value) = attribute.get(theirs) {
                renamed[ours] = value.clone();
            }
        }
        renamed
    };
    attributes.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

/// The messages that are done and can be deleted; the others are delivered again after the visibility timeout.
///
/// With `reports_failures` the response names those that failed. In a FIFO group the messages after a failed one are
/// delivered again with it. A response that names an unknown message, or is not a valid report, fails the whole batch.
pub fn done<'a>(messages: &'a [Received], response: &Value, reports_failures: bool) -> Vec<&'a Received> {
    if !reports_failures {
        return messages.iter().collect();
    }
    let Some(failed) = failures(response) else { return Vec::new() };
    if failed.iter().any(|id| !messages.iter().any(|message| message.message_id == *id)) {
        return Vec::new();
    }
    let mut blocked = BTreeSet::new();
    let mut done = Vec::new();
    for message in messages {
        let group = message.group();
        if failed.contains(message.message_id.as_str()) {
            blocked.extend(group);
        } else if !group.is_some_and(|group| blocked.contains(group)) {
            done.push(message);
        }
    }
    done
}

/// IDs of the failed messages; `None` if the report is invalid.
fn failures(response: &Value) -> Option<BTreeSet<&str>> {
    match response.get("batchItemFailures") {
        None | Some(Value::Null) => Some(BTreeSet::new()),
        Some(Value::Array(failures)) => failures.iter().map(|failure| failure["itemIdentifier"].as_str()).collect(),
        Some(_) => None,
    }
}

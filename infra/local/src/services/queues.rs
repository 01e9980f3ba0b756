//! SQS queues from the template.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::{Account, Api, generated_name};
use crate::template::{Resource, Scope};

/// The embedded SQS refuses a limit above 256 KiB, which was that of AWS until 2025.
const MAXIMUM_MESSAGE_SIZE: u64 = 262_144;

/// Properties that map to queue attributes of the same name.
const ATTRIBUTES: [&str; 12] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

/// Creates the queues, dead-letter queues first, and returns their URLs by logical id.
pub(super) async fn create(
    sqs: &Api,
    queues: &[Resource<'_>],
    scope: &mut Scope,
    account: &Account,
) -> Result<BTreeMap<String, String>> {
    // A queue's name follows from the template alone, so every ARN is known before the first queue exists.
    for queue in queues {
        let name = name(queue, scope)?;
        scope.set(&format!("{}.Arn", queue.id()), arn(&name, account).into());
        scope.set(&format!("{}.QueueName", queue.id()), name.into());
    }
    let mut urls = BTreeMap::new();
    for redrives in [false, true] {
        for queue in queues {
            if queue.get::<Value>("RedrivePolicy", scope)?.is_some() != redrives {
                continue;
            }
            let input = json!({ "QueueName": name(queue, scope)?, "Attributes": attributes(queue, scope)? });
            let about = || format!("{}: cannot create the queue", queue.id());
            let answer = sqs.call("CreateQueue", &input).await.with_context(about)?;
            let url = answer["QueueUrl"].as_str().with_context(about)?;
            scope.set(queue.id(), url.into());
            scope.set(&format!("{}.QueueUrl", queue.id()), url.into());
            urls.insert(queue.id().to_owned(), url.to_owned());
        }
    }
    Ok(urls)
}

/// ARN of the queue with that name or URL, whose last part is the name.
pub(super) fn arn(url: &str, account: &Account) -> String {
    let (name, Account { id, region, .. }) = (url.rsplit('/').next().unwrap_or_default(), account);
    format!("arn:aws:sqs:{region}:{id}:{name}")
}

fn name(queue: &Resource<'_>, scope: &Scope) -> Result<String> {
    let fifo = queue.get("FifoQueue", scope)?.unwrap_or(false);
    let generated = || generated_name(queue.id()) + if fifo { ".fifo" } else { "" };
    Ok(queue.get("QueueName", scope)?.unwrap_or_else(generated))
}

/// The properties as SQS attributes, which are all strings.
fn attributes(queue: &Resource<'_>, scope: &Scope) -> Result<Map<String, Value>> {
    queue.allow_only(&[&ATTRIBUTES[..], &["QueueName", "Tags", "KmsMasterKeyId"]].concat())?;
    let mut attributes = Map::new();
    for attribute in ATTRIBUTES {
        let Some(value) = queue.get::<Value>(attribute, scope)? else { continue };
        let value = match (attribute, value) {
            ("MaximumMessageSize", size) => size.as_u64().unwrap_or(u64::MAX).min(MAXIMUM_MESSAGE_SIZE).to_string(),
            (_, Value::String(text)) => text,
            (_, other) => other.to_string(),
        };
        attributes.insert(attribute.to_owned(), value.into());
    }
    Ok(attributes)
}

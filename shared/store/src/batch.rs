//! DynamoDB's batch operations, with retries of unprocessed keys and items.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::WriteRequest;
use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;

use crate::error::{self, Error};
use crate::item::Attributes;

/// Most keys in a `BatchGetItem` request.
const MAX_KEYS: usize = 100;
/// Most writes in a `BatchWriteItem` request.
const MAX_WRITES: usize = 25;
/// How often in a row a batch is sent again of which nothing was processed.
const MAX_RETRIES: u32 = 5;

/// The items with these keys, in any order. Duplicate keys are dropped, because DynamoDB rejects them.
pub(crate) async fn get(
    dynamodb: &Client,
    table: &str,
    keys: Vec<Attributes>,
    read: KeysAndAttributesBuilder,
) -> Result<Vec<Attributes>, Error> {
    let mut remaining: Vec<Attributes> = Vec::new();
    for key in keys {
        if !remaining.contains(&key) {
            remaining.push(key);
        }
    }
    let mut items = Vec::new();
    let mut retries = 0;
    while !remaining.is_empty() {
        let rest = remaining.split_off(remaining.len().min(MAX_KEYS));
        let requested = remaining.len();
        let batch = read.clone().set_keys(Some(remaining)).build().expect("the keys are set");
        let request = dynamodb.batch_get_item().request_items(table, batch);
        let answer = request.send().await.map_err(|e| error::from_sdk("BatchGetItem", &e))?;
        items.extend(answer.responses.and_then(|mut tables| tables.remove(table)).unwrap_or_default());
        remaining = answer
            .unprocessed_keys
            .and_then(|mut tables| tables.remove(table))
            .map(|keys| keys.keys)
            .unwrap_or_default();
        retries = back_off_if_throttled("BatchGetItem", retries, remaining.len() == requested).await?;
        remaining.extend(rest);
    }
    Ok(items)
}

/// Sends all `requests`, no two of which may be for the same item.
pub(crate) async fn write(dynamodb: &Client, table: &str, requests: Vec<WriteRequest>) -> Result<(), Error> {
    let mut remaining = requests;
    let mut retries = 0;
    while !remaining.is_empty() {
        let rest = remaining.split_off(remaining.len().min(MAX_WRITES));
        let requested = remaining.len();
        let request =
            dynamodb.batch_write_item().set_request_items(Some(HashMap::from([(table.to_owned(), remaining)])));
        let answer = request.send().await.map_err(|e| error::from_sdk("BatchWriteItem", &e))?;
        remaining = answer.unprocessed_items.and_then(|mut tables| tables.remove(table)).unwrap_or_default();
        retries = back_off_if_throttled("BatchWriteItem", retries, remaining.len() == requested).await?;
        remaining.extend(rest);
    }
    Ok(())
}

/// Backs off when DynamoDB processed nothing of a batch, which means that it throttles.
/// Returns the number of such responses in a row.
async fn back_off_if_throttled(operation: &'static str, retries: u32, is_throttled: bool) -> Result<u32, Error> {
    if !is_throttled {
        return Ok(0);
    }
    if retries == MAX_RETRIES {
        return Err(Error::Retry { operation, cause: "none of the batch was processed".to_owned() });
    }
    tokio::time::sleep(Duration::from_millis(25 << retries)).await;
    Ok(retries + 1)
}

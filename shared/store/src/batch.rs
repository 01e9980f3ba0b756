//! DynamoDB's batches, which may leave some of their work undone.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::WriteRequest;
use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;

use crate::error::{self, Error};
use crate::item::Attributes;

/// Most keys of a `BatchGetItem`.
const GET: usize = 100;
/// Most requests of a `BatchWriteItem`.
const WRITE: usize = 25;
/// How often a batch of which nothing at all was done is sent again.
const TIMEOUT: u32 = 5;

/// The items of `keys`, in any order. A key given twice is asked for once, as DynamoDB demands.
pub(crate) async fn get(
    dynamodb: &Client,
    table: &str,
    keys: Vec<Attributes>,
    read: KeysAndAttributesBuilder,
) -> Result<Vec<Attributes>, Error> {
    let mut left: Vec<Attributes> = Vec::new();
    for key in keys {
        if !left.contains(&key) {
            left.push(key);
        }
    }
    let mut items = Vec::new();
    let mut idle = 0;
    while !left.is_empty() {
        let rest = left.split_off(left.len().min(GET));
        let asked = left.len();
        let batch = read.clone().set_keys(Some(left)).build().expect("the keys are set");
        let request = dynamodb.batch_get_item().request_items(table, batch);
        let answer = request.send().await.map_err(|e| error::from_sdk("BatchGetItem", &e))?;
        items.extend(answer.responses.and_then(|mut tables| tables.remove(table)).unwrap_or_default());
        left = answer
            .unprocessed_keys
            .and_then(|mut tables| tables.remove(table))
            .map(|keys| keys.keys)
            .unwrap_or_default();
        idle = rest_if_idle("BatchGetItem", idle, left.len() == asked).await?;
        left.extend(rest);
    }
    Ok(items)
}

/// Sends all `requests`, of which no two are for one item.
pub(crate) async fn write(dynamodb: &Client, table: &str, requests: Vec<WriteRequest>) -> Result<(), Error> {
    let mut left = requests;
    let mut idle = 0;
    while !left.is_empty() {
        let rest = left.split_off(left.len().min(WRITE));
        let asked = left.len();
        let request = dynamodb.batch_write_item().set_request_items(Some(HashMap::from([(table.to_owned(), left)])));
        let answer = request.send().await.map_err(|e| error::from_sdk("BatchWriteItem", &e))?;
        left = answer.unprocessed_items.and_then(|mut tables| tables.remove(table)).unwrap_or_default();
        idle = rest_if_idle("BatchWriteItem", idle, left.len() == asked).await?;
        left.extend(rest);
    }
    Ok(())
}

/// Waits a little when DynamoDB did nothing of a batch, which means that it throttles. Counts how often that was.
async fn rest_if_idle(operation: &'static str, before: u32, is_idle: bool) -> Result<u32, Error> {
    if !is_idle {
        return Ok(0);
    }
    if before == TIMEOUT {
        return Err(Error::Retry { operation, cause: "nothing of the batch is done".to_owned() });
    }
    tokio::time::sleep(Duration::from_millis(25 << before)).await;
    Ok(before + 1)
}

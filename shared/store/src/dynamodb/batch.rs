//! DynamoDB's batch operations, with retries of unprocessed keys and items.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};

use crate::dynamodb::item::Attributes;
use crate::error::{self, Error};

/// Most keys in a `BatchGetItem` request.
const MAX_KEYS: usize = 100;
/// Most items in a `BatchWriteItem` request.
const MAX_WRITES: usize = 25;
/// How often in a row a batch is sent again of which nothing was processed.
const MAX_RETRIES: u32 = 5;

/// Those of the items that exist, in any order (a consistent read).
/// Duplicate keys are dropped, because DynamoDB rejects them. If there are `paths`, only these attributes are read.
pub(crate) async fn get(
    dynamodb: &Client,
    table: &str,
    keys: Vec<Attributes>,
    paths: &[&str],
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
        let batch = KeysAndAttributes::builder().consistent_read(true).set_keys(Some(remaining));
        let batch = projected(batch, paths).build().expect("the keys are set");
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

/// Limits a batch to these attributes.
fn projected(batch: KeysAndAttributesBuilder, paths: &[&str]) -> KeysAndAttributesBuilder {
    if paths.is_empty() {
        return batch;
    }
    let placeholder = |path: &&str| path.split('.').map(|name| format!("#{name}")).collect::<Vec<_>>().join(".");
    let expression = paths.iter().map(placeholder).collect::<Vec<_>>().join(", ");
    let names = paths.iter().flat_map(|path| path.split('.')).map(|name| (format!("#{name}"), name.to_owned()));
    batch.projection_expression(expression).set_expression_attribute_names(Some(names.collect()))
}

/// Creates or replaces `items`, no two of which may have the same key.
pub(crate) async fn put(dynamodb: &Client, table: &str, items: Vec<Attributes>) -> Result<(), Error> {
    let put = |item| PutRequest::builder().set_item(Some(item)).build().expect("the item is set");
    let request = |item| WriteRequest::builder().put_request(put(item)).build();
    let mut remaining: Vec<WriteRequest> = items.into_iter().map(request).collect();
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

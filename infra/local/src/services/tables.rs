//! DynamoDB tables from the template.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use super::{Api, generated_name};
use crate::template::{Resource, Scope};

/// Properties that `CreateTable` accepts unchanged.
const SHAPE: [&str; 4] = ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
/// Properties that `CreateTable` does not need or that have no effect on this machine.
const IGNORED: [&str; 9] = [
    "TableName",
    "BillingMode",
    "ProvisionedThroughput",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "DeletionProtectionEnabled",
    "Tags",
    "TableClass",
    "TimeToLiveSpecification",
];

/// Creates the table unless it exists, and returns its name.
pub(super) async fn create(dynamodb: &Api, table: &Resource<'_>, scope: &Scope) -> Result<String> {
    table.allow_only(&[&SHAPE[..], &IGNORED].concat())?;
    let name = table.get("TableName", scope)?.unwrap_or_else(|| generated_name(table.id()));
    let about = || format!("{}: cannot create the table", table.id());

    let mut input = Map::from_iter([
        ("TableName".to_owned(), Value::from(name.as_str())),
        ("BillingMode".to_owned(), Value::from("PAY_PER_REQUEST")),
    ]);
    for property in SHAPE {
        if let Some(value) = table.get::<Value>(property, scope)? {
            input.insert(property.to_owned(), value);
        }
    }
    let existing = dynamodb.call("ListTables", &json!({})).await.with_context(about)?;
    if existing["TableNames"].as_array().is_some_and(|names| names.iter().any(|known| known == &name)) {
        let description = dynamodb.call("DescribeTable", &json!({ "TableName": name })).await.with_context(about)?;
        if shape(&description["Table"]) != shape(&Value::Object(input)) {
            bail!("{}: the stored table's keys differ from the template's; start with an empty --data", table.id());
        }
    } else {
        dynamodb.call("CreateTable", &Value::Object(input)).await.with_context(about)?;
        if let Some(specification) = table.get::<Value>("TimeToLiveSpecification", scope)? {
            let input = json!({ "TableName": name, "TimeToLiveSpecification": specification });
            dynamodb.call("UpdateTimeToLive", &input).await.with_context(about)?;
        }
    }
    Ok(name)
}

/// Keys of the table and of its indexes, for comparison.
fn shape(table: &Value) -> Vec<String> {
    let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
    let mut keys: Vec<_> = indexes
        .iter()
        .filter_map(|indexes| table[indexes].as_array())
        .flatten()
        .map(|index| format!("{} {}", index["IndexName"], index["KeySchema"]))
        .collect();
    keys.sort();
    keys.push(table["KeySchema"].to_string());
    keys
}

//! One call to AWS as IAM sees it: an action on a resource.

use std::{collections::BTreeMap, fmt};

use anyhow::{Context as _, Result};
use serde::{Deserialize, de::IgnoredAny};

use crate::services::Account;

/// An action on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// The service's name in IAM, such as `dynamodb`.
    pub(super) service: &'static str,
    /// The action without its service, such as `GetItem`.
    pub(super) action: String,
    /// The ARN of the resource.
    pub(super) resource: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} on {}", self.service, self.action, self.resource)
    }
}

/// What names resources in the body of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    table_name: Option<String>,
    index_name: Option<String>,
    /// The tables of a batch.
    #[expect(clippy::zero_sized_map_values, reason = "serde reads a set from a list only")]
    request_items: BTreeMap<String, IgnoredAny>,
    /// The writes of a transaction: each has one key, its action.
    transact_items: Vec<BTreeMap<String, Write>>,
    queue_url: Option<String>,
    secret_id: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    table_name: String,
}

impl Call {
    /// Reads a request in AWS's JSON protocol. `target` names the operation.
    pub(super) fn read(target: &str, body: &[u8], account: &Account) -> Result<Vec<Self>> {
        let Account { id, region, .. } = account;
        let (api, operation) = target.split_once('.').with_context(|| format!("no operation: {target:?}"))?;
        let input: Input = serde_json::from_slice(body).with_context(|| format!("the body of {target}"))?;
        let call = |service, action: &str, resource| Self { service, action: action.to_owned(), resource };
        let missing = || format!("{target} names no resource that is known here");
        if api.starts_with("DynamoDB_") {
            let table = |name: &str| format!("arn:aws:dynamodb:{region}:{id}:table/{name}");
            // IAM knows no action of its own for a transaction.
            let writes = input.transact_items.iter().flatten();
            let writes = writes.map(|(write, Write { table_name })| {
                let action = if write == "ConditionCheck" { "ConditionCheckItem" } else { &format!("{write}Item") };
                call("dynamodb", action, table(table_name))
            });
            let batch = input.request_items.keys().map(|name| call("dynamodb", operation, table(name)));
            let one = input.table_name.iter().map(|name| {
                let index = input.index_name.as_ref().map(|index| format!("/index/{index}"));
                call("dynamodb", operation, table(name) + index.as_deref().unwrap_or_default())
            });
            let calls: Vec<_> = writes.chain(batch).chain(one).collect();
            return Some(calls).filter(|calls| !calls.is_empty()).with_context(missing);
        }
        match (api, input) {
            ("AmazonSQS", Input { queue_url: Some(url), .. }) => {
                let name = url.rsplit('/').next().unwrap_or_default();
                let action = operation.trim_end_matches("Batch");
                Ok(vec![call("sqs", action, format!("arn:aws:sqs:{region}:{id}:{name}"))])
            }
            ("secretsmanager", Input { secret_id: Some(secret), .. } | Input { name: Some(secret), .. }) => {
                let named = || format!("arn:aws:secretsmanager:{region}:{id}:secret:{secret}");
                let arn = if secret.starts_with("arn:") { secret.clone() } else { named() };
                Ok(vec![call("secretsmanager", operation, arn)])
            }
            _ => Err(anyhow::anyhow!(missing())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, body: &str, expected: &[&str]) {
        let calls = Call::read(target, body.as_bytes(), &Account::embedded()).expect("calls");
        assert_eq!(calls.iter().map(Call::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_action_and_its_resource_are_those_of_iam() {
        let table = "arn:aws:dynamodb:us-east-1:000000000000:table";
        check("DynamoDB_20120810.GetItem", r#"{"TableName": "a"}"#, &[&format!("dynamodb:GetItem on {table}/a")]);
        check(
            "DynamoDB_20120810.Query",
            r#"{"TableName": "a", "IndexName": "i"}"#,
            &[&format!("dynamodb:Query on {table}/a/index/i")],
        );
        check(
            "DynamoDB_20120810.BatchGetItem",
            r#"{"RequestItems": {"a": {}, "b": {}}}"#,
            &[&format!("dynamodb:BatchGetItem on {table}/a"), &format!("dynamodb:BatchGetItem on {table}/b")],
        );
        check(
            "DynamoDB_20120810.TransactWriteItems",
            r#"{"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]}"#,
            &[&format!("dynamodb:PutItem on {table}/a"), &format!("dynamodb:ConditionCheckItem on {table}/b")],
        );
        check(
            "AmazonSQS.SendMessageBatch",
            r#"{"QueueUrl": "http://127.0.0.1:1/000000000000/q"}"#,
            &["sqs:SendMessage on arn:aws:sqs:us-east-1:000000000000:q"],
        );
        check(
            "secretsmanager.CreateSecret",
            r#"{"Name": "a/b"}"#,
            &["secretsmanager:CreateSecret on arn:aws:secretsmanager:us-east-1:000000000000:secret:a/b"],
        );
    }

    #[test]
    fn what_names_no_resource_is_an_error() {
        for (target, body) in [("", "{}"), ("DynamoDB_20120810.ListTables", "{}"), ("AmazonSQS.ListQueues", "{}")] {
            assert!(Call::read(target, body.as_bytes(), &Account::embedded()).is_err(), "{target}");
        }
    }
}

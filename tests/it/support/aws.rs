//! The stack's own DynamoDB, SQS and Secrets Manager, as the AWS CLI would use them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use local::demo::bodies::MessageBody;
use serde_json::{Value, json};
use sha2::Sha256;

use super::TestEnv;

/// The API version that prefixes DynamoDB's operation names in `x-amz-target`.
const DYNAMODB: &str = "DynamoDB_20120810";
/// The most items of a `BatchWriteItem`.
const BATCH: usize = 25;

impl TestEnv {
    /// URL of a queue of the template.
    pub(crate) fn queue(&self, id: &str) -> String {
        self.running.stack.info().queues[id].clone()
    }

    /// Name of a table of the template.
    pub(crate) fn table(&self, id: &str) -> String {
        self.running.stack.info().tables[id].clone()
    }

    /// Calls an operation of the stack's SQS.
    pub(crate) async fn sqs(&self, operation: &str, input: &Value) -> Value {
        let url = &self.running.stack.info().aws_endpoint_urls.sqs;
        self.aws(url, &format!("AmazonSQS.{operation}"), "1.0", input).await
    }

    /// Calls an operation of the stack's DynamoDB.
    pub(crate) async fn dynamodb(&self, operation: &str, input: &Value) -> Value {
        let url = &self.running.stack.info().aws_endpoint_urls.dynamodb;
        self.aws(url, &format!("{DYNAMODB}.{operation}"), "1.0", input).await
    }

    /// Updates an item if the condition of the update holds. Returns whether it did.
    pub(crate) async fn update_if(&self, input: &Value) -> bool {
        let url = &self.running.stack.info().aws_endpoint_urls.dynamodb;
        match self.try_aws(url, &format!("{DYNAMODB}.UpdateItem"), "1.0", input).await {
            Ok(_) => true,
            Err(error) if error.contains("ConditionalCheckFailedException") => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// An item of a table of the template, as DynamoDB's JSON.
    pub(crate) async fn item(&self, table: &str, key: Value) -> Value {
        let input = json!({"TableName": self.table(table), "Key": key, "ConsistentRead": true});
        self.dynamodb("GetItem", &input).await["Item"].clone()
    }

    /// Replaces an item of a table of the template.
    pub(crate) async fn put_item(&self, table: &str, item: &Value) {
        self.dynamodb("PutItem", &json!({"TableName": self.table(table), "Item": item})).await;
    }

    /// Inserts copies of a stored call into its table, each with these texts of its item replaced.
    pub(crate) async fn insert_copies<'a>(&self, key: &str, copies: impl IntoIterator<Item = Vec<(&'a str, String)>>) {
        let table = self.table("CallsTable");
        let original = self.item("CallsTable", self.call_key(key)).await.to_string();
        let copy = |replaced: Vec<(&str, String)>| {
            let item = replaced.into_iter().fold(original.clone(), |item, (from, to)| item.replace(from, &to));
            json!({"PutRequest": {"Item": serde_json::from_str::<Value>(&item).expect("an item")}})
        };
        let requests: Vec<Value> = copies.into_iter().map(copy).collect();
        for batch in requests.chunks(BATCH) {
            let written = self.dynamodb("BatchWriteItem", &json!({"RequestItems": {&table: batch}})).await;
            assert!(written["UnprocessedItems"].as_object().is_none_or(serde_json::Map::is_empty), "{written}");
        }
    }

    /// The key of an item in the table of calls.
    pub(crate) fn call_key(&self, key: &str) -> Value {
        json!({"tenant": {"S": self.tenant.tenant}, "key": {"S": key}})
    }

    /// The key of a message's conversation: the tenant's digest of the phone number stands in it.
    pub(crate) async fn conversation_key(&self, message: &MessageBody) -> String {
        let tenant = self.item("TenantsTable", json!({"tenant": {"S": self.tenant.tenant}})).await;
        let key = STANDARD.decode(tenant["digest_key"]["B"].as_str().expect("a digest key")).expect("base64");
        let former = message.former_conversation_key();
        let parts: Vec<&str> = former.splitn(4, '-').collect();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
        mac.update(format!("+{}", parts[2]).as_bytes());
        let digest = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        format!("{}-{}-x{}-{}", parts[0], parts[1], &digest[..15], parts[3])
    }

    /// The tenant's stored Salesforce tokens.
    pub(crate) async fn tokens(&self) -> Value {
        let answer = self.secretsmanager("GetSecretValue", &json!({"SecretId": self.tokens_secret()})).await;
        serde_json::from_str(answer["SecretString"].as_str().expect("a secret")).expect("tokens are JSON")
    }

    /// Stores Salesforce tokens for the tenant, as connecting the org does.
    pub(crate) async fn put_tokens(&self, tokens: &Value) {
        let input = json!({"SecretId": self.tokens_secret(), "SecretString": tokens.to_string()});
        self.secretsmanager("PutSecretValue", &input).await;
    }

    fn tokens_secret(&self) -> String {
        format!("local/salesforce/{}", self.tenant.tenant)
    }

    async fn secretsmanager(&self, operation: &str, input: &Value) -> Value {
        let url = &self.running.stack.info().aws_endpoint_urls.secretsmanager;
        self.aws(url, &format!("secretsmanager.{operation}"), "1.1", input).await
    }

    async fn aws(&self, url: &str, target: &str, json_version: &str, input: &Value) -> Value {
        self.try_aws(url, target, json_version, input).await.unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    /// Sends a request. An error is the body of the response.
    async fn try_aws(&self, url: &str, target: &str, json_version: &str, input: &Value) -> Result<Value, String> {
        // Another implementation of AWS knows the service by the scope of the credentials.
        let service = match target.split('.').next() {
            Some("AmazonSQS") => "sqs",
            Some("secretsmanager") => "secretsmanager",
            _ => "dynamodb",
        };
        let credential = format!("local/20260101/us-east-1/{service}/aws4_request");
        let request = self
            .http
            .post(url)
            .header("x-amz-target", target)
            .header("content-type", format!("application/x-amz-json-{json_version}"))
            .header("x-amz-date", "20260101T000000Z")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=none"),
            )
            .body(input.to_string());
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a text"));
        if status.is_success() { Ok(serde_json::from_str(&text).unwrap_or_default()) } else { Err(text) }
    }
}

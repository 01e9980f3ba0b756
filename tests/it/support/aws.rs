//! The stack's own DynamoDB, SQS and Secrets Manager, as the AWS CLI would use them.

use serde_json::{Value, json};

use super::TestEnv;

/// The API version that prefixes DynamoDB's operation names in `x-amz-target`.
const DYNAMODB: &str = "DynamoDB_20120810";

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
        let request = self
            .http
            .post(url)
            .header("x-amz-target", target)
            .header("content-type", format!("application/x-amz-json-{json_version}"))
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=none")
            .body(input.to_string());
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a text"));
        assert!(status.is_success(), "{target}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

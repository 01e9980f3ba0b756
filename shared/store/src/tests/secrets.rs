//! Secrets Manager's answers, and what is sent to it.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::tenant;
use crate::{AppSecret, Error, SalesforceTokens, Tokens, secrets};

/// A Secrets Manager that has no secret but those given, each by its name and stage.
async fn holding(held: &[(&str, &str, &str)]) -> (MockServer, Client) {
    let server = MockServer::start().await;
    for (name, stage, text) in held {
        Mock::given(header("x-amz-target", "secretsmanager.GetSecretValue"))
            .and(body_partial_json(json!({ "SecretId": name, "VersionStage": stage })))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "Name": name, "SecretString": text })))
            .mount(&server)
            .await;
    }
    let missing = json!({ "__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find the secret." });
    Mock::given(header("x-amz-target", "secretsmanager.GetSecretValue"))
        .respond_with(ResponseTemplate::new(400).set_body_json(missing))
        .with_priority(6)
        .mount(&server)
        .await;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(server.uri())
        .build();
    (server, Client::from_conf(config))
}

async fn answering(server: &MockServer, operation: &str, answer: ResponseTemplate) {
    let target = format!("secretsmanager.{operation}");
    Mock::given(header("x-amz-target", target.as_str())).respond_with(answer).mount(server).await;
}

/// Operation and body of each request, in order.
async fn requests(server: &MockServer) -> Vec<(String, Value)> {
    let operation = |request: &wiremock::Request| request.headers["x-amz-target"].to_str().unwrap().to_owned();
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|r| (operation(r), serde_json::from_slice(&r.body).unwrap())).collect()
}

const TOKENS: &str = r#"{"access_token":"access","refresh_token":"refresh",
    "instance_url":"https://example.my.salesforce.com","login_url":"https://login.salesforce.com"}"#;

fn tokens() -> SalesforceTokens {
    serde_json::from_str(TOKENS).unwrap()
}

#[tokio::test]
async fn tokens_are_those_of_their_tenant() {
    let (_server, client) = holding(&[("stack/salesforce/one", "AWSCURRENT", TOKENS)]).await;
    let store = Tokens::new(client, "stack/salesforce/");
    let tokens = store.get(&tenant("one")).await.unwrap().unwrap();
    assert_eq!((tokens.access_token.expose_secret(), tokens.refresh_token.expose_secret()), ("access", "refresh"));
    assert_eq!(tokens.instance_url, "https://example.my.salesforce.com");
    assert!(store.get(&tenant("two")).await.unwrap().is_none());
}

#[tokio::test]
async fn tokens_are_written_as_they_are_read() {
    let (server, client) = holding(&[]).await;
    answering(&server, "PutSecretValue", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    Tokens::new(client, "stack/salesforce/").put(&tenant("one"), &tokens()).await.unwrap();
    let (_, request) = &requests(&server).await[0];
    assert_eq!(request["SecretId"], "stack/salesforce/one");
    let written: Value = serde_json::from_str(request["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(TOKENS).unwrap());
}

#[tokio::test]
async fn a_tenant_that_is_connected_again_has_its_secret_replaced() {
    let (server, client) = holding(&[]).await;
    let exists = json!({ "__type": "ResourceExistsException", "Message": "It exists." });
    answering(&server, "CreateSecret", ResponseTemplate::new(400).set_body_json(exists)).await;
    answering(&server, "PutSecretValue", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    Tokens::new(client, "stack/salesforce/").create(&tenant("one"), &tokens()).await.unwrap();
    let operations: Vec<String> = requests(&server).await.into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(operations, ["secretsmanager.CreateSecret", "secretsmanager.PutSecretValue"]);
}

#[tokio::test]
async fn no_secret_is_shown_in_logs_or_errors() {
    assert!(!format!("{:?}", tokens()).contains("refresh\""));
    let (_server, client) =
        holding(&[("p/one", "AWSCURRENT", r#"{"access_token":"very secret","refresh_token":1}"#)]).await;
    let error = Tokens::new(client, "p/").get(&tenant("one")).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("very secret"));
}

#[tokio::test]
async fn the_app_has_its_id_and_secret() {
    let (_server, client) = holding(&[("arn", "AWSCURRENT", r#"{"client_id":"id","client_secret":"secret"}"#)]).await;
    let app = AppSecret::new(client.clone(), "arn").get().await.unwrap();
    assert_eq!((app.client_id.as_str(), app.client_secret.expose_secret()), ("id", "secret"));
    let error = AppSecret::new(client, "other").get().await.unwrap_err();
    assert!(matches!(error, Error::Misconfigured { .. }), "{error}");
}

#[tokio::test]
async fn the_key_that_was_replaced_counts_behind_the_one_that_signs() {
    let (_server, client) = holding(&[("arn", "AWSCURRENT", "new"), ("arn", "AWSPREVIOUS", "old")]).await;
    let keys = secrets::session_keys(&client, "arn").await.unwrap();
    assert_eq!(keys.iter().map(SecretString::expose_secret).collect::<Vec<_>>(), ["new", "old"]);
    let (_server, client) = holding(&[("arn", "AWSCURRENT", "new")]).await;
    assert_eq!(secrets::session_keys(&client, "arn").await.unwrap().len(), 1);
}

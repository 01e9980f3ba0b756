//! The secrets, against a mocked Secrets Manager.

use aws_sdk_secretsmanager::Client;
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::tenant;
use crate::{AircallCredential, AircallCredentials, AppSecret, Error, SalesforceTokens, SessionKeys, Tokens};

/// A Secrets Manager with exactly these secrets: name, version stage and text of each.
async fn secrets_manager(secrets: &[(&str, &str, &str)]) -> (MockServer, Client) {
    let server = MockServer::start().await;
    for (name, stage, text) in secrets {
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
    let config = test_aws::config(server.uri());
    (server, Client::new(&config))
}

async fn respond(server: &MockServer, operation: &str, response: ResponseTemplate) {
    let target = format!("secretsmanager.{operation}");
    Mock::given(header("x-amz-target", target.as_str())).respond_with(response).mount(server).await;
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
async fn each_tenant_has_its_own_tokens() {
    let (_server, client) = secrets_manager(&[("stack/salesforce/one", "AWSCURRENT", TOKENS)]).await;
    let store = Tokens::new(client, "stack/salesforce/");
    let tokens = store.get(&tenant("one")).await.unwrap().unwrap();
    assert_eq!((tokens.access_token.expose_secret(), tokens.refresh_token.expose_secret()), ("access", "refresh"));
    assert_eq!(tokens.instance_url, "https://example.my.salesforce.com");
    assert!(store.get(&tenant("two")).await.unwrap().is_none());
}

#[tokio::test]
async fn written_tokens_have_the_format_that_is_read() {
    let (server, client) = secrets_manager(&[]).await;
    respond(&server, "PutSecretValue", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    Tokens::new(client, "stack/salesforce/").put(&tenant("one"), &tokens()).await.unwrap();
    let (_, request) = &requests(&server).await[0];
    assert_eq!(request["SecretId"], "stack/salesforce/one");
    let written: Value = serde_json::from_str(request["SecretString"].as_str().unwrap()).unwrap();
    let mut expected = serde_json::from_str::<Value>(TOKENS).unwrap();
    expected["schema"] = json!(1);
    assert_eq!(written, expected);
}

#[tokio::test]
async fn connecting_again_replaces_the_secret() {
    let (server, client) = secrets_manager(&[]).await;
    let exists = json!({ "__type": "ResourceExistsException", "Message": "It exists." });
    respond(&server, "CreateSecret", ResponseTemplate::new(400).set_body_json(exists)).await;
    respond(&server, "PutSecretValue", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    Tokens::new(client, "stack/salesforce/").create(&tenant("one"), &tokens()).await.unwrap();
    let operations: Vec<String> = requests(&server).await.into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(operations, ["secretsmanager.CreateSecret", "secretsmanager.PutSecretValue"]);
}

#[tokio::test]
async fn no_secret_is_shown_in_logs_or_errors() {
    assert!(!format!("{:?}", tokens()).contains("refresh\""));
    let (_server, client) =
        secrets_manager(&[("p/one", "AWSCURRENT", r#"{"access_token":"very secret","refresh_token":1}"#)]).await;
    let error = Tokens::new(client, "p/").get(&tenant("one")).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("very secret"));
}

#[tokio::test]
async fn the_app_is_read_and_may_not_be_stored_yet() {
    let (_server, client) =
        secrets_manager(&[("arn", "AWSCURRENT", r#"{"client_id":"id","client_secret":"secret"}"#)]).await;
    let app = AppSecret::new(client.clone(), "arn").required().await.unwrap();
    assert_eq!((app.client_id.as_str(), app.client_secret.expose_secret()), ("id", "secret"));
    let other = AppSecret::new(client, "other");
    assert!(other.get().await.unwrap().is_none());
    let error = other.required().await.unwrap_err();
    assert!(matches!(error, Error::Misconfigured { .. }), "{error}");
}

#[tokio::test]
async fn an_app_without_a_client_id_and_other_texts_are_none() {
    let empty = r#"{"client_id":"","client_secret":""}"#;
    let (_server, client) =
        secrets_manager(&[("empty", "AWSCURRENT", empty), ("other", "AWSCURRENT", "consumer key")]).await;
    for name in ["empty", "other"] {
        assert!(AppSecret::new(client.clone(), name).get().await.unwrap().is_none(), "{name}");
    }
}

#[tokio::test]
async fn an_app_that_is_stored_later_is_found_without_a_restart() {
    let (server, client) = secrets_manager(&[]).await;
    let app = AppSecret::new(client.clone(), "arn").with_ttl(SignedDuration::ZERO);
    let cached = AppSecret::new(client, "arn");
    assert!(app.get().await.unwrap().is_none() && cached.get().await.unwrap().is_none());
    let stored = json!({ "SecretString": r#"{"client_id":"id","client_secret":"secret"}"# });
    respond(&server, "GetSecretValue", ResponseTemplate::new(200).set_body_json(stored)).await;
    assert_eq!(app.required().await.unwrap().client_id, "id");
    assert!(cached.get().await.unwrap().is_none(), "the secret is read once a minute");
}

#[tokio::test]
async fn the_current_session_key_signs_and_the_previous_one_is_still_found() {
    let [new, old] = ["new", "old"].map(|key| key.repeat(16));
    let (server, client) = secrets_manager(&[("arn", "AWSCURRENT", &new), ("arn", "AWSPREVIOUS", &old)]).await;
    let keys = SessionKeys::new(client, "arn");
    let is = |expected: &str| {
        let expected = expected.to_owned();
        move |key: &SecretString| (key.expose_secret() == expected).then_some(())
    };
    assert_eq!(keys.signing().await.unwrap().expose_secret(), new);
    for (key, expected) in [(&new, Some(())), (&old, Some(())), (&"other".repeat(16), None)] {
        assert_eq!(keys.find(is(key)).await.unwrap(), expected, "{key}");
    }
    // Both keys are read to sign, and not again for a key that is unknown so soon after.
    assert_eq!(requests(&server).await.len(), 2);
}

#[tokio::test]
async fn a_short_session_key_is_refused() {
    let short = "k".repeat(31);
    let (_server, client) = secrets_manager(&[("arn", "AWSCURRENT", &short)]).await;
    let keys = SessionKeys::new(client, "arn");
    for error in [keys.signing().await.unwrap_err(), keys.find(|_| Some(())).await.unwrap_err()] {
        assert!(error.to_string().contains("shorter than 32 bytes"), "{error}");
    }
    // It may have been accepted by an earlier version.
    let long = "k".repeat(32);
    let (_server, client) = secrets_manager(&[("arn", "AWSCURRENT", &long), ("arn", "AWSPREVIOUS", &short)]).await;
    let is_short = |key: &SecretString| (key.expose_secret() == short).then_some(());
    assert_eq!(SessionKeys::new(client, "arn").find(is_short).await.unwrap(), None);
}

#[tokio::test]
async fn secrets_are_deleted_without_a_recovery_window() {
    let (server, client) = secrets_manager(&[]).await;
    respond(&server, "DeleteSecret", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    Tokens::new(client.clone(), "stack/salesforce/").delete(&tenant("one")).await.unwrap();
    AircallCredentials::new(client, "stack/aircall/").delete(&tenant("one")).await.unwrap();
    let deleted = |name: &str| {
        ("secretsmanager.DeleteSecret".to_owned(), json!({ "SecretId": name, "ForceDeleteWithoutRecovery": true }))
    };
    assert_eq!(requests(&server).await, [deleted("stack/salesforce/one"), deleted("stack/aircall/one")]);
}

#[tokio::test]
async fn deleting_a_missing_secret_succeeds() {
    let (server, client) = secrets_manager(&[]).await;
    let missing = json!({ "__type": "ResourceNotFoundException", "Message": "It does not exist." });
    respond(&server, "DeleteSecret", ResponseTemplate::new(400).set_body_json(missing)).await;
    Tokens::new(client, "stack/salesforce/").delete(&tenant("one")).await.unwrap();
}

#[tokio::test]
async fn creating_a_secret_that_is_being_deleted_is_a_retryable_error() {
    let (server, client) = secrets_manager(&[]).await;
    let deleting = json!({ "__type": "InvalidRequestException", "Message": "It is scheduled for deletion." });
    respond(&server, "CreateSecret", ResponseTemplate::new(400).set_body_json(deleting)).await;
    let error = Tokens::new(client, "stack/salesforce/").create(&tenant("one"), &tokens()).await.unwrap_err();
    assert!(matches!(error, Error::Retry { operation: "CreateSecret", .. }), "{error}");
}

/// Stores the credential and reads it back. Returns the operation that stored it, and what was read.
async fn aircall(credential: AircallCredential, exists: bool) -> (String, Option<AircallCredential>) {
    assert!(!format!("{credential:?}").contains("very secret"));
    let (server, client) = secrets_manager(&[]).await;
    let refusal = json!({ "__type": "ResourceExistsException", "Message": "It exists." });
    let created = ResponseTemplate::new(if exists { 400 } else { 200 });
    respond(&server, "CreateSecret", created.set_body_json(if exists { refusal } else { json!({}) })).await;
    respond(&server, "PutSecretValue", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    AircallCredentials::new(client, "stack/aircall/").create(&tenant("one"), &credential).await.unwrap();
    let (operation, request) = requests(&server).await.pop().unwrap();
    let text = request["SecretString"].as_str().unwrap().to_owned();
    let (_server, client) = secrets_manager(&[("stack/aircall/one", "AWSCURRENT", &text)]).await;
    let credentials = AircallCredentials::new(client, "stack/aircall/");
    assert!(credentials.get(&tenant("two")).await.unwrap().is_none());
    (operation, credentials.get(&tenant("one")).await.unwrap())
}

#[tokio::test]
async fn an_aircall_api_key_is_read_back() {
    let key = || AircallCredential::ApiKey { api_id: "id".to_owned(), api_token: "very secret".into() };
    for (exists, stored_by) in [(false, "secretsmanager.CreateSecret"), (true, "secretsmanager.PutSecretValue")] {
        let (operation, read) = aircall(key(), exists).await;
        let Some(AircallCredential::ApiKey { api_id, api_token }) = read else { panic!("{read:?}") };
        assert_eq!((operation.as_str(), api_id.as_str(), api_token.expose_secret()), (stored_by, "id", "very secret"));
    }
}

#[tokio::test]
async fn an_aircall_access_token_is_read_back() {
    let (_, read) = aircall(AircallCredential::OAuth { access_token: "very secret".into() }, false).await;
    let Some(AircallCredential::OAuth { access_token }) = read else { panic!("{read:?}") };
    assert_eq!(access_token.expose_secret(), "very secret");
}

//! A sign-in from the login page to the user info, and the set-up of the key field.

use rules::{Settings, StatusChoice};
use salesforce_sandbox::Options;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use super::{Served, serve};
use crate::SetUpOutcome::{AlreadyThere, Done, Failed};
use crate::oauth::{ExchangeError, Pkce, Tokens, TrustedHosts, VerifyError, authorize_url, exchange, userinfo, verify};
use crate::{
    ApiVersion, Atomicity, CheckStatus, Client, KeyField, Record, SObject, SalesforceId, SetUpOutcome, inspect_org,
    set_up,
};

const CALLBACK: &str = "https://console.example.com/auth/salesforce/callback";

async fn org(options: Options) -> Served {
    serve(Options { auto_approve: true, ..options }).await
}

/// The code from the redirect; checks that the state is unchanged.
async fn code(served: &Served, pkce: &Pkce) -> SecretString {
    let id = served.org.client_id();
    let url = authorize_url(&served.url, &id, CALLBACK, "api refresh_token openid", "st&te", pkce, None);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.get(url).send().await.unwrap();
    let redirect: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    assert!(redirect.as_str().starts_with(CALLBACK));
    let parameter = |name| redirect.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(parameter("state").as_deref(), Some("st&te"));
    parameter("code").unwrap().into()
}

async fn exchanged(served: &Served, code: &SecretString, pkce: &Pkce) -> Result<Tokens, ExchangeError> {
    let (id, secret) = (served.org.client_id(), SecretString::from(served.org.client_secret()));
    exchange(&reqwest::Client::new(), &served.url, &id, &secret, CALLBACK, code, pkce.verifier()).await
}

#[tokio::test]
async fn a_sign_in_returns_tokens_and_the_user() {
    let served = org(Options::default()).await;
    let pkce = Pkce::new();
    let tokens = exchanged(&served, &code(&served, &pkce).await, &pkce).await.unwrap();
    assert!(tokens.refresh_token.is_some());
    let user = userinfo(&reqwest::Client::new(), &tokens.instance_url, &tokens.access_token).await.unwrap();
    assert_eq!((user.user_id, user.organization_id), (tokens.user_id, tokens.org_id));
    assert_eq!((user.name.as_str(), user.email.as_deref()), ("Alex Admin", Some("admin@example.com")));
    let client = Client::new(reqwest::Client::new(), tokens.instance_url, tokens.access_token, ApiVersion::default());
    assert!(client.user_permissions().await.unwrap().value.is_admin());
}

/// The tokens of a sign-in in an org with these options, and the result of verifying them.
async fn verified(options: Options) -> Result<Tokens, VerifyError> {
    let served = org(options).await;
    let pkce = Pkce::new();
    let tokens = exchanged(&served, &code(&served, &pkce).await, &pkce).await.unwrap();
    let user = verify(&reqwest::Client::new(), &tokens, TrustedHosts::Only(&served.url)).await?;
    assert_eq!((user.organization_id, user.user_id), (tokens.org_id, tokens.user_id));
    Ok(tokens)
}

#[tokio::test]
async fn tokens_of_another_user_or_org_or_address_are_not_accepted() {
    let tokens = verified(Options::default()).await.unwrap();
    // The loopback is not Salesforce's.
    let foreign = verify(&reqwest::Client::new(), &tokens, TrustedHosts::Salesforce).await;
    assert_eq!(foreign.unwrap_err(), VerifyError::ForeignHost);
    for (key, id) in [("user_id", "005000000000002AAA"), ("organization_id", "00D000000000002")] {
        let userinfo = json!({key: id}).as_object().cloned();
        let error = verified(Options { userinfo, ..Options::default() }).await.unwrap_err();
        assert_eq!(error, VerifyError::Contradiction, "{key}");
    }
    for url in ["https://example.my.salesforce.com", "http://127.0.0.1:1"] {
        let error = verified(Options { instance_url: Some(url.to_owned()), ..Options::default() }).await.unwrap_err();
        assert_eq!(error, VerifyError::ForeignHost, "{url}");
    }
}

#[tokio::test]
async fn a_code_is_valid_once_and_only_with_its_verifier() {
    let served = org(Options::default()).await;
    let pkce = Pkce::new();
    let first = code(&served, &pkce).await;
    exchanged(&served, &first, &pkce).await.unwrap();
    let again = exchanged(&served, &first, &pkce).await.unwrap_err();
    assert!(matches!(again, ExchangeError::StartAgain { .. }), "{again:?}");
    let stolen = exchanged(&served, &code(&served, &pkce).await, &Pkce::new()).await.unwrap_err();
    assert!(matches!(stolen, ExchangeError::StartAgain { .. }), "{stolen:?}");
}

async fn outcomes(client: &Client, user: &SalesforceId) -> Vec<SetUpOutcome> {
    set_up(client, user).await.unwrap().value.iter().map(|step| step.outcome).collect()
}

#[tokio::test]
async fn the_set_up_creates_the_key_field_and_is_idempotent() {
    let served = org(Options { unique_key_field: false, ..Options::default() }).await;
    let admin = served.org.admin_user_id().parse().unwrap();
    let check = inspect_org(&served.client).await.unwrap().value.check(&Settings::default(), &StatusChoice::default());
    assert_eq!((check.status(), check.may_customize), (CheckStatus::Missing, Some(true)));
    // The org itself mirrors the permission for Tasks to Events.
    assert_eq!(outcomes(&served.client, &admin).await, [Done, Done, Done, AlreadyThere, Done]);
    let check = inspect_org(&served.client).await.unwrap().value.check(&Settings::default(), &StatusChoice::default());
    assert_eq!(check.status(), CheckStatus::Ok, "{check:?}");
    let task = Record::new(SObject::Task).with("Subject", "Call").with(KeyField::AircallKey.name(), "call-1");
    let saved = served.client.create(&[task], Atomicity::EachAlone).await.unwrap().value.remove(0);
    assert!(saved.is_ok(), "{saved:?}");
    assert_eq!(outcomes(&served.client, &admin).await, [AlreadyThere; 5]);
}

#[tokio::test]
async fn an_incomplete_set_up_is_completed() {
    let served = org(Options { unique_key_field: false, ..Options::default() }).await;
    let admin: SalesforceId = served.org.admin_user_id().parse().unwrap();
    // Leave the org with the field and part of the rest.
    // The org itself mirrors the permission for Tasks to Events.
    assert_eq!(outcomes(&served.client, &admin).await, [Done, Done, Done, AlreadyThere, Done]);
    let records = |sobject: &str| served.org.records(sobject);
    let event = records("FieldPermissions").into_iter().find(|entry| entry["SobjectType"] == "Event").unwrap();
    let http = reqwest::Client::new();
    for (sobject, id) in
        [("FieldPermissions", &event["Id"]), ("PermissionSetAssignment", &records("PermissionSetAssignment")[0]["Id"])]
    {
        let row = format!("{}services/data/v66.0/sobjects/{sobject}/{}", served.url, id.as_str().unwrap());
        let grant = served.org.issue_grant(&served.org.admin_user_id());
        let answer = http.delete(row).bearer_auth(grant.access_token).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }
    let expected = [AlreadyThere, AlreadyThere, Done, AlreadyThere, Done];
    assert_eq!(outcomes(&served.client, &admin).await, expected);
}

#[tokio::test]
async fn the_set_up_by_a_user_without_permission_fails_with_the_reason() {
    let served = org(Options { unique_key_field: false, ..Options::default() }).await;
    let user = served.insert(
        "User",
        json!({"Username": "sam@example.com", "Email": "sam@example.com", "LastName": "Sample", "Alias": "sam"}),
    );
    let grant = served.org.issue_grant(user.as_str());
    let token = grant.access_token.into();
    let client = Client::new(reqwest::Client::new(), served.url.clone(), token, ApiVersion::default());
    assert!(!client.user_permissions().await.unwrap().value.is_admin());
    let steps = set_up(&client, &user).await.unwrap().value;
    assert_eq!(steps.iter().map(|step| step.outcome).collect::<Vec<_>>(), [Failed]);
    assert!(steps[0].message.contains("Customize Application"), "{}", steps[0].message);
}

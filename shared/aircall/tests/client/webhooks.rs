//! Making, reading, waking and ending webhooks.

use aircall::EVENTS;
use aircall::client::{Error, Events, Subscription, Webhook, WebhookId};
use aircall_sandbox::Options;
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use crate::sandbox::Sandbox;

fn url() -> Url {
    "https://hooks.example.com/webhooks/aircall/tenant-1".parse().unwrap()
}

fn ours(url: &Url) -> Subscription<'_> {
    Subscription { custom_name: "Salesforce Tasks", url, events: Events::OURS }
}

fn nowhere() -> WebhookId {
    WebhookId::parse("00000000-0000-4000-a000-000000000000").unwrap()
}

/// All but the token.
fn said(webhook: &Webhook) -> (&str, Option<&str>, &str, bool, &[String]) {
    let Webhook { id, custom_name, url, active, events, .. } = webhook;
    (id.as_str(), custom_name.as_deref(), url, *active, events)
}

#[tokio::test]
async fn a_webhook_gets_exactly_our_events() {
    let client = Sandbox::start().await.client();
    let url = url();
    let made = client.create_webhook(ours(&url)).await.unwrap();
    assert_eq!(
        (made.custom_name.as_deref(), made.url.as_str(), made.active),
        (Some("Salesforce Tasks"), url.as_str(), true)
    );
    assert_eq!(made.events, EVENTS);
    assert!(made.sends(Events::OURS) && made.created_at.is_some());
    assert!(!made.sends(Events::new(&["call.ended", "contact.created"]).unwrap()));
    let token = made.token.expose_secret();
    assert!(token.len() >= 32 && !format!("{made:?}").contains(token));
    let found = client.webhook(&made.id).await.unwrap().unwrap();
    assert_eq!((said(&found), found.token.expose_secret()), (said(&made), token));
    let listed = client.webhooks().await.unwrap();
    assert_eq!(listed.iter().map(said).collect::<Vec<_>>(), [said(&made)]);
}

#[test]
fn there_is_no_subscription_to_nothing() {
    assert_eq!(Events::new(&[]), None);
}

#[tokio::test]
async fn an_update_wakes_a_webhook_and_keeps_its_events() {
    let sandbox = Sandbox::with(Options { deactivate_after: 1, ..Options::default() }).await;
    let client = sandbox.client();
    // Nobody listens there.
    let gone: Url = "http://127.0.0.1:1/".parse().unwrap();
    let made = client.create_webhook(ours(&gone)).await.unwrap();
    sandbox.control("send", json!({"event": "call.ended", "data": {"id": 7}})).await;
    assert!(!client.webhook(&made.id).await.unwrap().unwrap().active);
    let url = url();
    let few = Subscription { custom_name: "New name", url: &url, events: Events::new(&["call.ended"]).unwrap() };
    let woken = client.update_webhook(&made.id, few).await.unwrap();
    let expected = (made.id.as_str(), Some("New name"), url.as_str(), true, &["call.ended".to_owned()][..]);
    assert_eq!(said(&woken), expected);
    assert_eq!(woken.token.expose_secret(), made.token.expose_secret());
}

#[tokio::test]
async fn what_is_gone_is_gone() {
    let client = Sandbox::start().await.client();
    let url = url();
    let made = client.create_webhook(ours(&url)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(client.delete_webhook(&made.id).await, Ok(()));
    }
    assert!(client.webhook(&made.id).await.unwrap().is_none());
    assert!(client.webhooks().await.unwrap().is_empty());
    let error = client.update_webhook(&nowhere(), ours(&url)).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { status: 404, .. }), "{error:?}");
}

#[tokio::test]
async fn aircalls_own_words_are_told() {
    let client = Sandbox::start().await.client();
    let url: Url = "http://hooks.example.com/".parse().unwrap();
    let error = client.create_webhook(ours(&url)).await.unwrap_err();
    let said = "Aircall does not accept the request: Bad Request: url is not https (HTTP 400)";
    assert_eq!((error.to_string().as_str(), error.may_have_happened()), (said, false));
}

#[tokio::test]
async fn a_hundred_webhooks_are_listed_and_no_more_are_made() {
    let client = Sandbox::with(Options { rate_limit: 0, ..Options::default() }).await.client();
    let url = url();
    for _ in 0..100 {
        client.create_webhook(ours(&url)).await.unwrap();
    }
    assert!(matches!(client.create_webhook(ours(&url)).await, Err(Error::Rejected { status: 400, .. })));
    assert_eq!(client.webhooks().await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_webhook_behind() {
    let sandbox = Sandbox::start().await;
    let client = sandbox.client();
    sandbox.control("faults", json!({"method": "POST", "path": "webhooks", "status": 502, "commit": true})).await;
    let url = url();
    let error = client.create_webhook(ours(&url)).await.unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    let listed = client.webhooks().await.unwrap();
    assert_eq!((listed.len(), listed[0].url.as_str()), (1, url.as_str()));
}

#[test]
fn an_id_is_one_part_of_a_path() {
    assert_eq!(nowhere().to_string().len(), 36);
    for text in ["", ".", "..", "a/b", "a?b", "a b", "%2e", "é", &"a".repeat(65)] {
        assert!(WebhookId::parse(text).is_err(), "{text}");
        assert!(serde_json::from_value::<WebhookId>(json!(text)).is_err(), "{text}");
    }
}

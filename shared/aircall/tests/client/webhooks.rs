//! Creating, reading, reactivating and deleting webhooks.

use aircall::EVENTS;
use aircall::client::{Error, NewWebhook, Subscription, Webhook, WebhookId};
use aircall_sandbox::Options;
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use crate::sandbox::Sandbox;

fn url() -> Url {
    "https://hooks.example.com/webhooks/aircall/tenant-1".parse().unwrap()
}

fn subscription(url: &Url) -> NewWebhook<'_> {
    NewWebhook { custom_name: "Salesforce Tasks", url, events: Subscription::ALL }
}

fn unknown_id() -> WebhookId {
    WebhookId::parse("00000000-0000-4000-a000-000000000000").unwrap()
}

/// All fields but the token, for comparison.
fn fields(webhook: &Webhook) -> (&str, Option<&str>, &str, bool, &[String]) {
    let Webhook { id, custom_name, url, active, events, .. } = webhook;
    (id.as_str(), custom_name.as_deref(), url, *active, events)
}

#[tokio::test]
async fn a_webhook_is_subscribed_to_exactly_the_given_events() {
    let client = Sandbox::start().await.client();
    let url = url();
    let created = client.create_webhook(subscription(&url)).await.unwrap();
    assert_eq!(
        (created.custom_name.as_deref(), created.url.as_str(), created.active),
        (Some("Salesforce Tasks"), url.as_str(), true)
    );
    assert_eq!(created.events, EVENTS);
    assert!(created.sends(Subscription::ALL) && created.created_at.is_some());
    assert!(!created.sends(Subscription::new(&["call.ended", "contact.created"]).unwrap()));
    let token = created.token.expose_secret();
    assert!(token.len() >= 32 && !format!("{created:?}").contains(token));
    let found = client.webhook(&created.id).await.unwrap().unwrap();
    assert_eq!((fields(&found), found.token.expose_secret()), (fields(&created), token));
    let listed = client.webhooks().await.unwrap();
    assert_eq!(listed.iter().map(fields).collect::<Vec<_>>(), [fields(&created)]);
}

#[test]
fn an_empty_list_of_events_is_refused() {
    assert_eq!(Subscription::new(&[]), None);
}

#[tokio::test]
async fn an_update_reactivates_a_webhook_and_replaces_its_configuration() {
    let sandbox = Sandbox::with(Options { deactivate_after: 1, ..Options::default() }).await;
    let client = sandbox.client();
    // Nothing listens on this port.
    let gone: Url = "http://127.0.0.1:1/".parse().unwrap();
    let created = client.create_webhook(subscription(&gone)).await.unwrap();
    sandbox.control("send", json!({"event": "call.ended", "data": {"id": 7}})).await;
    assert!(!client.webhook(&created.id).await.unwrap().unwrap().active);
    let url = url();
    let few = NewWebhook { custom_name: "New name", url: &url, events: Subscription::new(&["call.ended"]).unwrap() };
    let updated = client.update_webhook(&created.id, few).await.unwrap();
    let expected = (created.id.as_str(), Some("New name"), url.as_str(), true, &["call.ended".to_owned()][..]);
    assert_eq!(fields(&updated), expected);
    assert_eq!(updated.token.expose_secret(), created.token.expose_secret());
}

#[tokio::test]
async fn deleting_is_idempotent_and_updating_a_missing_webhook_is_rejected() {
    let client = Sandbox::start().await.client();
    let url = url();
    let created = client.create_webhook(subscription(&url)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(client.delete_webhook(&created.id).await, Ok(()));
    }
    assert!(client.webhook(&created.id).await.unwrap().is_none());
    assert!(client.webhooks().await.unwrap().is_empty());
    let error = client.update_webhook(&unknown_id(), subscription(&url)).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { status: 404, .. }), "{error:?}");
}

#[tokio::test]
async fn a_rejection_has_aircalls_message() {
    let client = Sandbox::start().await.client();
    let url: Url = "http://hooks.example.com/".parse().unwrap();
    let error = client.create_webhook(subscription(&url)).await.unwrap_err();
    let message = "Aircall does not accept the request: Bad Request: url is not https (HTTP 400)";
    assert_eq!((error.to_string().as_str(), error.may_have_happened()), (message, false));
}

#[tokio::test]
async fn at_most_a_hundred_webhooks_can_be_created_and_all_are_listed() {
    let client = Sandbox::with(Options { rate_limit: 0, ..Options::default() }).await.client();
    let url = url();
    for _ in 0..100 {
        client.create_webhook(subscription(&url)).await.unwrap();
    }
    assert!(matches!(client.create_webhook(subscription(&url)).await, Err(Error::Rejected { status: 400, .. })));
    assert_eq!(client.webhooks().await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_request_with_a_lost_response_may_have_created_the_webhook() {
    let sandbox = Sandbox::start().await;
    let client = sandbox.client();
    sandbox.control("faults", json!({"method": "POST", "path": "webhooks", "status": 502, "commit": true})).await;
    let url = url();
    let error = client.create_webhook(subscription(&url)).await.unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    let listed = client.webhooks().await.unwrap();
    assert_eq!((listed.len(), listed[0].url.as_str()), (1, url.as_str()));
}

#[test]
fn a_webhook_id_is_a_single_path_segment() {
    assert_eq!(unknown_id().to_string().len(), 36);
    for text in ["", ".", "..", "a/b", "a?b", "a b", "%2e", "é", &"a".repeat(65)] {
        assert!(WebhookId::parse(text).is_err(), "{text}");
        assert!(serde_json::from_value::<WebhookId>(json!(text)).is_err(), "{text}");
    }
}

/// A webhook that is subscribed while Aircall refuses and drops these events; with the number of requests.
async fn subscribed(refused: &[&str], dropped: &[&str]) -> (Result<Vec<String>, Error>, u64) {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let options =
        Options { refused_events: names(refused), dropped_events: names(dropped), rate_limit: 0, ..Options::default() };
    let sandbox = Sandbox::with(options).await;
    let (client, url) = (sandbox.client(), url());
    let quiet = NewWebhook { events: Subscription::QUIET, ..subscription(&url) };
    let webhook = client.create_webhook(quiet).await.unwrap();
    let before = sandbox.requests().await;
    let subscribed = client.subscribe(&webhook, "Salesforce Tasks", &url).await;
    let requests = sandbox.requests().await - before;
    let found = client.webhook(&webhook.id).await.unwrap().unwrap();
    let events = subscribed.inspect(|subscribed| assert_eq!(fields(subscribed), fields(&found)));
    (events.map(|webhook| webhook.events), requests)
}

/// All our events but these.
fn all_but(events: &[&str]) -> Vec<String> {
    EVENTS.iter().filter(|event| !events.contains(event)).map(|event| (*event).to_owned()).collect()
}

#[tokio::test]
async fn what_aircall_grants_is_subscribed_in_one_request() {
    assert_eq!(subscribed(&[], &[]).await, (Ok(all_but(&[])), 1));
    let dropped = ["call.comm_assets_generated", "ai_voice_agent.started"];
    assert_eq!(subscribed(&[], &dropped).await, (Ok(all_but(&dropped)), 1));
}

#[tokio::test]
async fn a_name_that_refuses_the_request_is_left_out() {
    assert_eq!(subscribed(&["integration.deleted"], &[]).await, (Ok(all_but(&["integration.deleted"])), 7));
    for event in EVENTS {
        let (events, requests) = subscribed(&[event], &["call.tagged"]).await;
        let expected: std::collections::BTreeSet<String> = all_but(&[event, "call.tagged"]).into_iter().collect();
        assert_eq!(events.unwrap().into_iter().collect::<std::collections::BTreeSet<_>>(), expected, "{event}");
        assert!(requests <= 17, "{event}: {requests}");
    }
}

#[tokio::test]
async fn a_webhook_without_any_event_is_refused() {
    let (events, requests) = subscribed(&EVENTS, &[]).await;
    assert!(matches!(events, Err(Error::Rejected { status: 400, .. })), "{events:?}");
    assert_eq!(requests, 39);
}

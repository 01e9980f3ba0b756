//! Tests of the queues against a mocked SQS that records its requests.

use aws_lambda_events::sqs::SqsMessageAttribute;
use serde_json::{Value, json};
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use std::time::Duration;

use super::retries::{MAX_DELAY, delay_seconds};
use super::*;

const QUEUE: &str = "https://sqs.us-east-1.example.com/000000000000/queue";

/// An SQS that answers this operation with `response`, and its client.
async fn sqs(operation: &str, response: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    let target = format!("AmazonSQS.{operation}");
    Mock::given(method("POST"))
        .and(header("x-amz-target", target.as_str()))
        .respond_with(response)
        .mount(&server)
        .await;
    let config = test_aws::config(server.uri());
    (server, Client::new(&config))
}

fn accepted() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "MessageId": "1", "MD5OfMessageBody": "" }))
}

async fn requests(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
}

fn wake_up(tenant: &str) -> WakeUp {
    WakeUp { tenant: tenant.to_owned(), key: Some("call-7".to_owned()) }
}

#[tokio::test]
async fn a_wake_up_has_its_tenants_message_group_and_deduplication_id() {
    let (server, client) = sqs("SendMessage", accepted()).await;
    WriteQueue::new(client, QUEUE).wake(&wake_up("one"), "call-7:3").await.unwrap();
    let request = &requests(&server).await[0];
    assert_eq!(
        (&request["MessageGroupId"], &request["MessageDeduplicationId"]),
        (&json!("one"), &json!("one:call-7:3"))
    );
    let mut message = SqsMessage::default();
    message.body = request["MessageBody"].as_str().map(str::to_owned);
    assert_eq!(WakeUp::read(&message).unwrap(), wake_up("one"));
}

#[tokio::test]
async fn wake_ups_are_sent_in_batches_of_ten() {
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "Successful": [], "Failed": [] }));
    let (server, client) = sqs("SendMessageBatch", answer).await;
    let wake_ups: Vec<_> = (0..11).map(|n| (wake_up(&format!("t-{n}")), "sweep".to_owned())).collect();
    WriteQueue::new(client, QUEUE).wake_many(&wake_ups).await.unwrap();
    let sizes: Vec<_> = requests(&server).await.iter().map(|r| r["Entries"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [10, 1]);
}

#[tokio::test]
async fn a_wake_up_that_fails_within_a_batch_is_an_error() {
    let failed = json!([{ "Id": "0", "Code": "InternalError", "SenderFault": false }]);
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "Successful": [], "Failed": failed }));
    let (_server, client) = sqs("SendMessageBatch", answer).await;
    let error = WriteQueue::new(client, QUEUE).wake_many(&[(wake_up("one"), "sweep".to_owned())]).await.unwrap_err();
    assert_eq!(error.to_string(), "SendMessageBatch: 1 of 1, the first: InternalError");
}

/// The message as Lambda delivers it.
fn received(request: &Value) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.body = request["MessageBody"].as_str().map(str::to_owned);
    for (name, sent) in request["MessageAttributes"].as_object().unwrap() {
        let mut attribute = SqsMessageAttribute::default();
        attribute.string_value = sent["StringValue"].as_str().map(str::to_owned);
        message.message_attributes.insert(name.clone(), attribute);
    }
    message
}

#[tokio::test]
async fn an_event_is_read_as_it_was_sent() {
    let (server, client) = sqs("SendMessage", accepted()).await;
    let (queue, body) = (EventQueue::new(client, QUEUE), r#"{"event":"call.ended"}"#);
    queue.enqueue("one", body).await.unwrap();
    queue.enqueue_note("one", "{}", body).await.unwrap();
    let fetch = Fetch { from: 1, until: 2, cause: "requested".to_owned() };
    queue.enqueue_fetched("one", body, &fetch).await.unwrap();
    queue.enqueue_fetched_note("one", "{}", body, &fetch).await.unwrap();
    queue.enqueue_again("one", body, "unread-1").await.unwrap();
    let read: Vec<Event> =
        requests(&server).await.iter().map(|request| Event::read(received(request)).unwrap()).collect();
    let event = |body: &str| Event {
        tenant: "one".to_owned(),
        body: body.to_owned(),
        too_long: None,
        fetch: None,
        is_given_up: false,
        entry: None,
    };
    let too_long = Some(TooLong { bytes: 22, digest: digest(body) });
    assert_eq!(digest(body).len(), 32);
    let fetch = Some(fetch);
    let mut expected = vec![
        event(body),
        Event { too_long: too_long.clone(), ..event("{}") },
        Event { fetch: fetch.clone(), ..event(body) },
        Event { too_long, fetch, ..event("{}") },
        Event { entry: Some("unread-1".to_owned()), ..event(body) },
    ];
    assert_eq!(read, expected);
    // What was given up is marked, and otherwise the same.
    for event in &read {
        queue.enqueue_given_up(event).await.unwrap();
    }
    let sent = requests(&server).await;
    let given_up: Vec<Event> = sent[5..].iter().map(|request| Event::read(received(request)).unwrap()).collect();
    for event in &mut expected {
        *event = Event { is_given_up: true, fetch: None, entry: None, ..event.clone() };
    }
    assert_eq!(given_up, expected);
}

#[test]
fn an_unreadable_fetch_is_an_ordinary_event() {
    for unreadable in ["", "{}", r#"{"from":"yesterday","until":2,"cause":"requested"}"#] {
        let attributes = json!({"tenant": {"StringValue": "one"}, "backfill": {"StringValue": unreadable}});
        let message = received(&json!({"MessageBody": "{}", "MessageAttributes": attributes}));
        assert_eq!(Event::read(message).unwrap().fetch, None, "{unreadable}");
    }
}

#[tokio::test]
async fn a_message_of_the_retries_queue_is_read_as_it_was_sent() {
    let (server, client) = sqs("SendMessage", accepted()).await;
    let queue = RetryQueue::new(client, QUEUE);
    let step = Retry::Backfill { tenant: "one".to_owned(), run: "run-1".to_owned() };
    queue.send_after(step.clone(), Duration::from_mins(1)).await.unwrap();
    queue.wake_after(&wake_up("one"), Duration::from_secs(5)).await.unwrap();
    let again =
        Retry::SendAgain { tenant: "one".to_owned(), key: "unread-1".to_owned(), bodies: vec!["ab".to_owned()] };
    queue.send_after(again.clone(), Duration::ZERO).await.unwrap();
    queue.send_after(Retry::Compare { since: 7 }, Duration::ZERO).await.unwrap();
    let requests = requests(&server).await;
    let message = |at: usize| {
        let mut message = SqsMessage::default();
        message.body = requests[at]["MessageBody"].as_str().map(str::to_owned);
        message
    };
    assert_eq!((Retry::read(&message(0)).unwrap(), &requests[0]["DelaySeconds"]), (step, &json!(60)));
    assert_eq!(Retry::read(&message(1)).unwrap(), Retry::Wake(wake_up("one")));
    assert_eq!(Retry::read(&message(2)).unwrap(), again);
    assert_eq!(Retry::read(&message(3)).unwrap(), Retry::Compare { since: 7 });
    assert_eq!(requests[1]["MessageBody"], r#"{"tenant":"one","key":"call-7"}"#, "earlier versions read it, too");
    assert_eq!(WakeUp::read(&message(0)).unwrap(), WakeUp { tenant: "one".to_owned(), key: None });
}

#[tokio::test]
async fn an_sqs_error_does_not_show_the_response_body() {
    let (_server, client) = sqs("SendMessage", ResponseTemplate::new(500).set_body_string("secret")).await;
    let error = EventQueue::new(client, QUEUE).enqueue("one", "{}").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

#[test]
fn delays_are_rounded_up_and_capped_at_fifteen_minutes() {
    for (after, seconds) in [(0, 0), (1, 1), (1000, 1), (1001, 2), (899_500, 900), (10_000_000, 900)] {
        assert_eq!(delay_seconds(Duration::from_millis(after)), seconds, "{after} ms");
    }
    assert_eq!(delay_seconds(Duration::MAX), MAX_DELAY);
}

#[test]
fn messages_of_another_format_are_refused() {
    assert!(WakeUp::read(&SqsMessage::default()).is_err());
    assert!(Event::read(SqsMessage::default()).is_err());
}

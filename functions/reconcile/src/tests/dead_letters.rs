//! The dead-letter queues, against a mock SQS.

use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header};
use wiremock::{Mock, ResponseTemplate};

use super::{DEAD, EVENTS, Fixture};

const RECEIVE: &str = "AmazonSQS.ReceiveMessage";

impl Fixture {
    /// What is received of a dead-letter queue, once.
    async fn dead(&self, queue: &str, messages: Value) {
        let of_queue = body_partial_json(json!({"QueueUrl": format!("{DEAD}{queue}")}));
        let received = ResponseTemplate::new(200).set_body_json(json!({"Messages": messages}));
        let mock = Mock::given(header("x-amz-target", RECEIVE)).and(of_queue).respond_with(received);
        mock.up_to_n_times(1).with_priority(1).mount(&self.sqs).await;
    }

    /// The receipts that were deleted, by queue.
    async fn deleted(&self) -> Vec<(String, String)> {
        let requests = self.sqs.received_requests().await.unwrap();
        let deletes = requests.iter().filter(|request| request.headers["x-amz-target"] == "AmazonSQS.DeleteMessage");
        let text = |body: &Value, name: &str| body[name].as_str().unwrap().to_owned();
        let mut receipts: Vec<_> = deletes
            .map(|request| serde_json::from_slice(&request.body).unwrap())
            .map(|body: Value| (text(&body, "QueueUrl").replace(DEAD, ""), text(&body, "ReceiptHandle")))
            .collect();
        receipts.sort();
        receipts
    }

    async fn sweep_all(&self) {
        assert!(self.handle(json!({"source": "aws.scheduler"})).await.is_none());
    }
}

fn message(receipt: &str, attributes: &Value) -> Value {
    json!({"MessageId": receipt, "ReceiptHandle": receipt, "Body": "{}", "MessageAttributes": attributes})
}

fn text(value: &str) -> Value {
    json!({"DataType": "String", "StringValue": value})
}

#[tokio::test]
async fn events_are_sent_to_be_kept_and_wake_ups_are_dropped() {
    let f = Fixture::new().await;
    let too_long = json!({"tenant": text("two"), "bytes": text("2000000"), "digest": text("ab")});
    let events =
        json!([message("1", &json!({"tenant": text("one")})), message("2", &too_long), message("3", &json!({}))]);
    f.dead("events", events).await;
    f.dead("writes.fifo", json!([message("4", &json!({}))])).await;
    f.dead("retries", json!([message("5", &json!({})), message("6", &json!({}))])).await;
    f.sweep_all().await;
    let queues = ["events", "events", "events", "retries", "retries", "writes.fifo"];
    let expected = queues.into_iter().zip(["1", "2", "3", "5", "6", "4"]);
    assert_eq!(f.deleted().await, expected.map(|(q, r)| (q.to_owned(), r.to_owned())).collect::<Vec<_>>());
    let sent = f.sent().await;
    assert!(sent.iter().all(|message| message["QueueUrl"] == EVENTS));
    let attributes: Vec<&Value> = sent.iter().map(|message| &message["MessageAttributes"]).collect();
    let given_up =
        json!({"tenant": text("two"), "given_up": text("true"), "bytes": text("2000000"), "digest": text("ab")});
    assert_eq!(attributes, [&json!({"tenant": text("one"), "given_up": text("true")}), &given_up]);
}

#[tokio::test]
async fn an_event_that_cannot_be_sent_stays_where_it_is() {
    let f = Fixture::new().await;
    f.dead("events", json!([message("1", &json!({"tenant": text("one")}))])).await;
    let refusal = ResponseTemplate::new(500);
    Mock::given(header("x-amz-target", "AmazonSQS.SendMessage"))
        .respond_with(refusal)
        .with_priority(1)
        .mount(&f.sqs)
        .await;
    f.sweep_all().await;
    assert_eq!(f.deleted().await, []);
}

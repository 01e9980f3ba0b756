//! The payload of a scheduled function.

use std::time::Duration;

use jiff::Timestamp;
use local::{schedule::payload, template::Schedule};
use serde_json::json;

fn schedule(input: Option<&str>) -> Schedule {
    Schedule {
        name: "Sweep".to_owned(),
        every: Duration::from_mins(1),
        source: "aws.scheduler",
        input: input.map(ToOwned::to_owned),
    }
}

#[test]
fn the_event_has_the_schedulers_shape() {
    let event = payload(&schedule(None), Timestamp::from_second(1_773_342_238).expect("a timestamp"));
    assert_eq!(event["source"], "aws.scheduler");
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["time"], "2026-03-12T19:03:58Z");
    assert_eq!(event["resources"], json!(["arn:aws:scheduler:us-east-1:000000000000:schedule/default/Sweep"]));
}

#[test]
fn an_input_replaces_the_event() {
    assert_eq!(payload(&schedule(Some(r#"{"job":"health"}"#)), Timestamp::UNIX_EPOCH), json!({ "job": "health" }));
}

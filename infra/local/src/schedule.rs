//! Schedules: invokes a function at an interval.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use crate::{
    lambda::Pool,
    services::{ACCOUNT, REGION},
    template::Schedule,
};

/// Invokes the function at each interval until the task is dropped; the first time after one whole interval.
pub async fn run(schedule: Schedule, pool: Arc<Pool>) {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + schedule.every, schedule.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let payload = payload(&schedule, Timestamp::now());
        // EventBridge invokes asynchronously. Lambda then retries twice, after one minute and after another two.
        for wait in [Some(1), Some(2), None] {
            if pool.invoke(payload.clone()).await.is_ok() {
                break;
            }
            if let Some(minutes) = wait {
                tokio::time::sleep(Duration::from_mins(minutes)).await;
            }
        }
    }
}

/// The function's payload: the template's input, else the event that AWS generates.
pub fn payload(schedule: &Schedule, at: Timestamp) -> Value {
    if let Some(input) = &schedule.input {
        return serde_json::from_str(input).unwrap_or_else(|_| Value::from(input.as_str()));
    }
    let (resource, detail) = match schedule.source {
        "aws.scheduler" => ("scheduler", json!("{}")),
        _ => ("events", json!({})),
    };
    json!({
        "version": "0",
        "id": format!("local-{}", at.as_millisecond()),
        "detail-type": "Scheduled Event",
        "source": schedule.source,
        "account": ACCOUNT,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [format!("arn:aws:{resource}:{REGION}:{ACCOUNT}:schedule/default/{}", schedule.name)],
        "detail": detail,
    })
}

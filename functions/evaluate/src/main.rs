//! Merges an event into its call and decides, with reasons, whether and how the call is logged.

mod batch;
mod companies;
mod digest_keys;
mod evaluate;
mod heartbeat;
mod message;
mod open_parts;
mod received;
#[cfg(test)]
mod tests;
mod update;

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use lambda::queue::WriteQueue;
use lambda::{env, start};
use lambda_runtime::{LambdaEvent, service_fn};
use store::{Calls, SettingsStore, Tenants};
use tokio::time::Instant;

use crate::companies::Companies;
use crate::digest_keys::DigestKeys;
use crate::evaluate::Evaluator;
use crate::heartbeat::Heartbeat;
use crate::open_parts::OpenParts;
use crate::update::Times;

/// What remains of an invocation's time when no merge is attempted again: enough for the last one, and to answer.
const RESERVE: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    start::logs();
    let aws = start::aws(Duration::from_secs(5)).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let retention_days: i64 = env::parsed("RETENTION_DAYS", "a number of days")?;
    let tenants = Tenants::new(dynamodb.clone(), env::required("TENANTS_TABLE")?);
    let evaluator = Evaluator {
        calls: Calls::new(dynamodb.clone(), env::required("CALLS_TABLE")?),
        settings: SettingsStore::new(dynamodb, env::required("SETTINGS_TABLE")?),
        heartbeat: Heartbeat::new(tenants.clone()),
        digest_keys: DigestKeys::new(tenants.clone()),
        companies: Companies::new(tenants.clone()),
        open_parts: OpenParts::new(),
        tenants,
        write_queue: WriteQueue::new(aws_sdk_sqs::Client::new(&aws), env::required("WRITES_QUEUE_URL")?),
        retention: SignedDuration::from_hours(24 * retention_days),
    };
    let handle = async |event: LambdaEvent<SqsEvent>| {
        let time_left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let deadline = Instant::now() + time_left.saturating_sub(RESERVE);
        let handled = Box::pin(evaluator.evaluate(event.payload, Times { now: Timestamp::now(), deadline })).await;
        Ok::<SqsBatchResponse, lambda_runtime::Error>(handled?)
    };
    lambda_runtime::run(service_fn(handle)).await
}

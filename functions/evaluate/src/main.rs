//! Merges an event into its call and decides, with reasons, whether and how the call is logged.

mod digest_keys;
mod evaluate;
mod heartbeat;
mod message;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use lambda::batch::each;
use lambda::queue::WriteQueue;
use lambda::{env, start};
use lambda_runtime::{LambdaEvent, service_fn};
use store::{Calls, SettingsStore, Tenants};

use crate::digest_keys::DigestKeys;
use crate::evaluate::Evaluator;
use crate::heartbeat::Heartbeat;

/// Events that are evaluated concurrently.
const CONCURRENCY: usize = 10;

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
        digest_keys: DigestKeys::new(tenants),
        write_queue: WriteQueue::new(aws_sdk_sqs::Client::new(&aws), env::required("WRITES_QUEUE_URL")?),
        retention: SignedDuration::from_hours(24 * retention_days),
    };
    let handle = async |event: LambdaEvent<SqsEvent>| {
        let handled = each(event.payload, CONCURRENCY, |message| evaluator.evaluate(message, Timestamp::now())).await;
        Ok::<SqsBatchResponse, lambda_runtime::Error>(handled)
    };
    lambda_runtime::run(service_fn(handle)).await
}

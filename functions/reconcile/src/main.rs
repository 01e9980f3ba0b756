//! Wakes the writer for retries that are due, for overdue entries whose wake-up was lost, and for orgs that it neither
//! wrote to nor asked for an hour. Fetches the calls that Aircall lists and that have no complete entry. Checks the webhooks
//! at Aircall, and repairs them. Reads the phone numbers of each company's own lines once a day, and then subscribes
//! webhooks to the events that this version asks for. Empties the dead-letter queues.

mod access;
mod aircall;
mod backfill;
mod dead_letters;
mod events;
mod grants;
mod health;
mod lines;
mod payload;
mod sweep;
mod tenants;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use lambda::queue::DeadLetterQueue;
use lambda::{EventQueue, RetryQueue, WriteQueue, env, start};
use lambda_runtime::{LambdaEvent, run, service_fn};
use store::{AircallCredentials, Calls, SettingsStore, Tenants};
use tokio::time::Instant;
use url::Url;

use crate::aircall::Aircall;
use crate::dead_letters::DeadLetters;
use crate::health::Health;
use crate::payload::{Payload, Reconcile};

/// Timeout of one call to AWS.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout of one request to Aircall.
const AIRCALL_TIMEOUT: Duration = Duration::from_secs(10);
/// What remains of an invocation's time when no more is begun.
const RESERVE: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start::logs();
    let calls_table = env::required("CALLS_TABLE")?;
    let tenants_table = env::required("TENANTS_TABLE")?;
    let settings_table = env::required("SETTINGS_TABLE")?;
    let writes_queue_url = env::required("WRITES_QUEUE_URL")?;
    let events_queue_url = env::required("EVENTS_QUEUE_URL")?;
    let retries_queue_url = env::required("RETRIES_QUEUE_URL")?;
    let events_dead_letters = env::required("EVENTS_DEAD_LETTER_QUEUE_URL")?;
    let wake_up_dead_letters =
        [env::required("WRITES_DEAD_LETTER_QUEUE_URL")?, env::required("RETRIES_DEAD_LETTER_QUEUE_URL")?];
    let aircall_api_url: Url = env::parsed("AIRCALL_API_URL", "a URL")?;
    let aircall_credentials_prefix = env::required("AIRCALL_CREDENTIALS_PREFIX")?;
    let public_url: Option<Url> = env::optional("PUBLIC_URL", "an address such as https://calls.example.com")?;
    let aws = start::aws(TIMEOUT).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let sqs = aws_sdk_sqs::Client::new(&aws);
    let secretsmanager = aws_sdk_secretsmanager::Client::new(&aws);
    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(4))
        .timeout(AIRCALL_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let reconcile = &Reconcile {
        calls: Calls::new(dynamodb.clone(), calls_table),
        settings: SettingsStore::new(dynamodb.clone(), settings_table),
        tenants: Tenants::new(dynamodb, tenants_table),
        write_queue: WriteQueue::new(sqs.clone(), writes_queue_url),
        event_queue: EventQueue::new(sqs.clone(), events_queue_url),
        retry_queue: RetryQueue::new(sqs.clone(), retries_queue_url),
        dead_letters: DeadLetters {
            events: DeadLetterQueue::new(sqs.clone(), events_dead_letters),
            wake_ups: wake_up_dead_letters.map(|url| DeadLetterQueue::new(sqs.clone(), url)),
        },
        aircall: Aircall {
            http,
            api_url: aircall_api_url,
            credentials: AircallCredentials::new(secretsmanager, aircall_credentials_prefix),
        },
        health: Health::new(public_url),
    };
    let handle = async |event: LambdaEvent<Payload>| {
        let time_left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        reconcile.handle(event.payload, Instant::now() + time_left.saturating_sub(RESERVE)).await
    };
    run(service_fn(handle)).await.map_err(anyhow::Error::from_boxed)
}

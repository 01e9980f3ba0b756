//! Drains tenants' pending entries into Salesforce. Each tenant has one message group, and so one writer.

mod batch;
mod drain;
mod grant;
mod outcome;
mod rounds;
mod writer;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::SignedDuration;
use lambda::batch::each_group;
use lambda::queue::{RetryQueue, WakeUp, WriteQueue};
use lambda::{env, start};
use lambda_runtime::{LambdaEvent, service_fn};
use org::{Lookup, OrgConnector, Owners, PendingTokens};
use salesforce::ApiVersion;
use store::{AppSecret, Calls, Phones, SettingsStore, TenantId, Tenants, Tokens};
use tokio::time::timeout_at;

use crate::writer::{DrainError, PhoneTtl, Writer};

/// Tenants that are drained concurrently.
const TENANT_CONCURRENCY: usize = 10;

/// Timeout of the token endpoint. Other requests are also bounded by the drain's deadline.
const SALESFORCE_TIMEOUT: Duration = Duration::from_secs(25);

/// How long renewing an org's session may take, including the lease and storing the tokens.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(32);

/// Time reserved for Lambda to return the response.
const RESPONSE_MARGIN: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    start::logs();
    let aws = start::aws(Duration::from_secs(10)).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let secrets = aws_sdk_secretsmanager::Client::new(&aws);
    let sqs = aws_sdk_sqs::Client::new(&aws);
    let version = env::required("SALESFORCE_API_VERSION")?;
    let tenants = Tenants::new(dynamodb.clone(), env::required("TENANTS_TABLE")?);
    let writer = Writer {
        calls: Calls::new(dynamodb.clone(), env::required("CALLS_TABLE")?),
        settings: SettingsStore::new(dynamodb.clone(), env::required("SETTINGS_TABLE")?),
        lookup: Lookup {
            phones: Phones::new(dynamodb, env::required("PHONES_TABLE")?),
            tenants: tenants.clone(),
            owners: Owners::default(),
        },
        connector: OrgConnector {
            tenants,
            http: reqwest::Client::builder()
                .connect_timeout(Duration::from_secs(5))
                .timeout(SALESFORCE_TIMEOUT)
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            tokens: Tokens::new(secrets.clone(), env::required("SALESFORCE_TOKENS_PREFIX")?),
            app: AppSecret::new(secrets, env::required("SALESFORCE_APP_SECRET")?),
            version: ApiVersion::parse(&version).ok_or("SALESFORCE_API_VERSION is not a version such as 66.0")?,
            pending: PendingTokens::default(),
            renewal: RENEWAL_TIMEOUT,
        },
        phone_ttl: PhoneTtl {
            matched: SignedDuration::from_mins(whole_number("PHONE_MATCH_MINUTES", "a number of minutes")?),
            created: SignedDuration::from_hours(whole_number("CREATED_PHONE_HOURS", "a number of hours")?),
        },
        late_effect: SignedDuration::from_secs(whole_number("LATE_EFFECT_SECONDS", "a number of seconds")?),
        write_queue: WriteQueue::new(sqs.clone(), env::required("WRITES_QUEUE_URL")?),
        retry_queue: RetryQueue::new(sqs, env::required("RETRIES_QUEUE_URL")?),
    };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| handle(&writer, event).await)).await
}

/// Reads an environment variable as a `u16`, which is small enough for any unit of time.
fn whole_number(name: &'static str, expected: &'static str) -> Result<i64, env::EnvError> {
    env::parsed::<u16>(name, expected).map(i64::from)
}

async fn handle(writer: &Writer, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let left = event.context.deadline().duration_since(std::time::SystemTime::now()).unwrap_or_default();
    let deadline = Instant::now() + left.saturating_sub(RESPONSE_MARGIN);
    let holder = event.context.request_id;
    let drain = async |group: String, messages: Vec<SqsMessage>| {
        // A foreign message would only block its message group.
        let wake_ups = messages.iter().filter_map(|message| match WakeUp::read(message) {
            Ok(wake_up) => Some(wake_up),
            Err(error) => {
                tracing::error!(group, %error, "dropped a message that is not a wake-up");
                None
            }
        });
        let woken: BTreeSet<String> = wake_ups.filter_map(|wake_up| wake_up.key).collect();
        match TenantId::parse(&group) {
            // One slow org must not let Lambda kill the drains of other tenants.
            Ok(tenant) => {
                match timeout_at(deadline.into(), Box::pin(writer.drain(&tenant, &holder, woken, deadline))).await {
                    Ok(drained) => drained,
                    Err(_) => Err(DrainError::OutOfTime),
                }
            }
            Err(error) => {
                tracing::error!(%error, "dropped a wake-up without a valid tenant");
                Ok(())
            }
        }
    };
    Ok(each_group(event.payload, TENANT_CONCURRENCY, drain).await?)
}

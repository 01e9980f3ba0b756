//! Wakes the writer for retries that are due, and for overdue entries whose wake-up was lost.

mod payload;
mod sweep;
#[cfg(test)]
mod tests;

use std::time::Duration;

use lambda::{WriteQueue, env, start};
use lambda_runtime::{LambdaEvent, run, service_fn};
use store::{Calls, Tenants};

use crate::payload::{Payload, Reconcile};

/// Timeout of one call to AWS.
const TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start::logs();
    let calls_table = env::required("CALLS_TABLE")?;
    let tenants_table = env::required("TENANTS_TABLE")?;
    let writes_queue_url = env::required("WRITES_QUEUE_URL")?;
    let aws = start::aws(TIMEOUT).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let reconcile = &Reconcile {
        calls: Calls::new(dynamodb.clone(), calls_table),
        tenants: Tenants::new(dynamodb, tenants_table),
        write_queue: WriteQueue::new(aws_sdk_sqs::Client::new(&aws), writes_queue_url),
    };
    run(service_fn(|event: LambdaEvent<Payload>| reconcile.handle(event.payload)))
        .await
        .map_err(anyhow::Error::from_boxed)
}

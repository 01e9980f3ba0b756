//! Authenticates Aircall's webhooks and puts their raw bodies on the events queue.

mod authenticator;
mod envelope;
mod rate_limit;
mod response;
#[cfg(test)]
mod tests;
mod webhook;

use std::time::Duration;

use lambda::{EventQueue, env, start};
use store::{AllowedOrgs, OrgList, Tenants};

use crate::authenticator::Authenticator;
use crate::rate_limit::RateLimit;
use crate::webhook::Intake;

/// Timeout of one call to AWS. Aircall gives up after 5 s, and a webhook needs two calls at most, one after the other: the
/// tenant, together with the list of allowed orgs, and the queue.
const TIMEOUT: Duration = Duration::from_millis(1500);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start::logs();
    let tenants_table = env::required("TENANTS_TABLE")?;
    let events_queue_url = env::required("EVENTS_QUEUE_URL")?;
    let allowed_orgs = env::optional::<OrgList>("ALLOWED_ORGS", "* or ids of orgs, separated by commas")?;
    let tenant_rate_limit = env::parsed("TENANT_RATE_LIMIT", "a number of webhooks a second")?;
    let aws = start::aws(TIMEOUT).await;
    let tenants = Tenants::new(aws_sdk_dynamodb::Client::new(&aws), tenants_table);
    let event_queue = EventQueue::new(aws_sdk_sqs::Client::new(&aws), events_queue_url);
    let allowed_orgs = AllowedOrgs::new(allowed_orgs.unwrap_or_default(), tenants.clone());
    let intake = Intake::new(Authenticator::new(tenants, allowed_orgs), RateLimit::new(tenant_rate_limit), event_queue);
    lambda_http::run(webhook::router(intake)).await.map_err(anyhow::Error::from_boxed)
}

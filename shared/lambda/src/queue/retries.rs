//! The retries queue: what `reconcile` does later.

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_sqs::Client;
use serde::{Deserialize, Serialize};

use super::{QueueError, WakeUp, not_sent};

/// Longest delay that SQS supports, in seconds.
pub(super) const MAX_DELAY: i32 = 900;

/// A message of the retries queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Wake the tenant's writer.
    Wake(WakeUp),
    /// Take the next step of a tenant's backfill.
    Backfill {
        /// The tenant.
        tenant: String,
        /// The id of the run.
        run: String,
    },
    /// Send what arrived of an event that could not be read or was given up to be evaluated once more.
    SendAgain {
        /// The tenant.
        tenant: String,
        /// The key of the event's entry.
        key: String,
        /// The digests of the bodies that were kept.
        bodies: Vec<String>,
    },
    /// Compare Aircall's lists of calls for the tenants that the invocation before had no time for.
    Compare {
        /// When the first invocation began, in UNIX seconds: tenants that were compared since are done.
        since: i64,
    },
}

/// The tenant in messages about all of them.
const NO_TENANT: &str = "none";

/// The body of a message. A reader that does not know one of the last three wakes the writer, which finds nothing to do.
#[derive(Default, Serialize, Deserialize)]
struct Body {
    tenant: String,
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backfill: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compare: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bodies: Option<Vec<String>>,
}

impl Retry {
    /// Parses a message.
    ///
    /// # Errors
    /// When its body has another format.
    pub fn read(message: &SqsMessage) -> Result<Self, QueueError> {
        let body = message.body.as_deref().unwrap_or_default();
        let Body { tenant, key, backfill, compare, bodies } =
            serde_json::from_str(body).map_err(|_| QueueError::Malformed("wake-up"))?;
        Ok(match (backfill, compare, bodies, key) {
            (Some(run), ..) => Self::Backfill { tenant, run },
            (_, Some(since), ..) => Self::Compare { since },
            (_, _, Some(bodies), Some(key)) => Self::SendAgain { tenant, key, bodies },
            (.., key) => Self::Wake(WakeUp { tenant, key }),
        })
    }

    fn body(self) -> String {
        let body = match self {
            Self::Wake(WakeUp { tenant, key }) => Body { tenant, key, ..Body::default() },
            Self::Backfill { tenant, run } => Body { tenant, backfill: Some(run), ..Body::default() },
            Self::Compare { since } => Body { tenant: NO_TENANT.to_owned(), compare: Some(since), ..Body::default() },
            Self::SendAgain { tenant, key, bodies } => {
                Body { tenant, key: Some(key), bodies: Some(bodies), ..Body::default() }
            }
        };
        serde_json::to_string(&body).expect("strings serialize to JSON")
    }
}

/// The retries queue, which delivers its messages with a delay.
#[derive(Clone, Debug)]
pub struct RetryQueue {
    sqs: Client,
    queue_url: String,
}

impl RetryQueue {
    /// The queue with this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Wakes the tenant's writer after the delay `after`, at most fifteen minutes; the sweep finds entries due later.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn wake_after(&self, wake_up: &WakeUp, after: Duration) -> Result<(), QueueError> {
        self.send_after(Retry::Wake(wake_up.clone()), after).await
    }

    /// Sends a message that arrives after the delay `after`, at most fifteen minutes.
    ///
    /// # Errors
    /// When SQS does not accept it.
    pub async fn send_after(&self, retry: Retry, after: Duration) -> Result<(), QueueError> {
        self.sqs
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(retry.body())
            .delay_seconds(delay_seconds(after))
            .send()
            .await
            .map_err(|e| not_sent("SendMessage", &e))?;
        Ok(())
    }
}

/// The delay in seconds, rounded up so that the wake-up does not arrive before the entry is due.
pub(super) fn delay_seconds(after: Duration) -> i32 {
    let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
    i32::try_from(seconds).map_or(MAX_DELAY, |seconds| seconds.min(MAX_DELAY))
}

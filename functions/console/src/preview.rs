//! What would happen to a call or message: the same rules as ever, under settings that need not be saved, with a look into
//! Salesforce that changes nothing there.

pub(crate) mod described;
pub(crate) mod view;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use org::{Job, Org, Stop, Trouble, Writes};
use rules::{CallType, Document, E164, Interaction, SkipReason, Step, TaskStatus, Verdict, decide};
use store::{Tenant, TenantId};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::activity;
use crate::console::Console;
use crate::random;

/// How long Salesforce may take, of which [`Org`] keeps five seconds back; enough to renew its session first. API Gateway
/// gives up after thirty seconds.
const TIMEOUT: Duration = Duration::from_secs(26);

/// What would become of a call.
#[derive(Debug)]
pub(crate) struct Previewed {
    /// What it is about.
    pub(crate) interaction: Interaction,
    /// Which of the five; none of messages.
    pub(crate) call_type: Option<CallType>,
    /// The status of its Task; else why there would be none.
    pub(crate) would: Result<TaskStatus, SkipReason>,
    /// All that was looked at, and what followed.
    pub(crate) steps: Vec<Step>,
    /// What Salesforce knows.
    pub(crate) salesforce: Salesforce,
}

/// What Salesforce knows of a call.
#[derive(Debug)]
pub(crate) enum Salesforce {
    /// Nothing was asked: the settings alone rule the call out, or what it says did.
    NotNeeded,
    /// What would be written.
    Writes(Box<Writes>),
    /// It was not asked or did not answer: why, as a sentence.
    LeftOut(String),
}

/// A call that is not over, about which nothing is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotOver;

/// Says what would become of a call under `settings`, as if it came now. Nothing is stored or written.
pub(crate) async fn preview(
    console: &Arc<Console>,
    id: &TenantId,
    settings: &rules::Settings,
    document: Document,
) -> Result<Result<Previewed, NotOver>, store::Error> {
    let document = document.placed(settings);
    let Some(decision) = decide::decide(&document, settings, None) else { return Ok(Err(NotOver)) };
    let mut previewed = Previewed {
        call_type: decision.call_type(),
        would: match decision.verdict {
            Verdict::Log(status) => Ok(status),
            Verdict::Skip(reason) => Err(reason),
        },
        steps: decision.trace.steps().to_vec(),
        salesforce: Salesforce::NotNeeded,
        interaction: document.interaction(),
    };
    if let (Ok(status), Some(number)) = (previewed.would, previewed.interaction.party().phone().cloned()) {
        let tenant = activity::tenant(console, id).await?;
        match look_up(console, tenant, settings, &previewed.interaction, status, number).await {
            Ok(found) => {
                previewed.steps.extend(found.trace.steps().iter().cloned());
                match found.would {
                    Ok(writes) => previewed.salesforce = Salesforce::Writes(Box::new(writes)),
                    Err(reason) => previewed.would = Err(reason),
                }
            }
            Err(why) => previewed.salesforce = Salesforce::LeftOut(why),
        }
    }
    Ok(Ok(previewed))
}

/// Asks the tenant's org.
///
/// # Errors
/// Why it was not asked or did not answer, as a sentence.
async fn look_up(
    console: &Arc<Console>,
    tenant: Tenant,
    settings: &rules::Settings,
    interaction: &Interaction,
    status: TaskStatus,
    number: E164,
) -> Result<org::Preview, String> {
    if tenant.salesforce.is_none() {
        return Err("Salesforce is not connected.".to_owned());
    }
    let job = Job::new(interaction.key(), interaction.clone(), status, number);
    let id = tenant.id.clone();
    match ask(console, tenant, settings.clone(), job).await {
        Ok(found) => Ok(found),
        Err(Stop::Store(error)) => {
            tracing::error!(tenant = %id, %error, "a preview was made without Salesforce");
            Err("The connection cannot be used right now. Try again.".to_owned())
        }
        Err(
            Stop::Trouble(Trouble { code, message })
            | Stop::TimedOut(Trouble { code, message })
            | Stop::OutOfTime(Trouble { code, message })
            | Stop::Refused(Trouble { code, message })
            | Stop::Pause(Trouble { code, message })
            | Stop::Reconnect(Trouble { code, message })
            | Stop::Soon(Trouble { code, message }),
        ) => {
            tracing::info!(tenant = %id, code, "a preview was made without Salesforce");
            Err(message)
        }
    }
}

/// What the org says of a job.
async fn ask(
    console: &Arc<Console>,
    mut tenant: Tenant,
    settings: rules::Settings,
    job: Job,
) -> Result<org::Preview, Stop> {
    // On a thread of its own, as the compiler cannot tell that it may move from one to another while it waits, which
    // the requests' own may: <https://github.com/rust-lang/rust/issues/110338>.
    let (console, runtime) = (Arc::clone(console), Handle::current());
    let asked = spawn_blocking(move || {
        runtime.block_on(async {
            let (holder, deadline) = (random::text(), Instant::now() + TIMEOUT);
            let mut org = Org::open(&console.connector, &tenant, &holder, settings.api_usage_limit, deadline).await?;
            console.lookup.preview(&mut org, &mut tenant, &settings, job, Timestamp::now()).await
        })
    });
    asked.await.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic()))
}

//! Previews what would happen to a call or message: it applies the same rules, under saved or unsaved settings, and
//! reads from Salesforce without changing anything there.

mod api;
mod made_up;
mod page;
mod phone_field;
mod view;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use org::{BatchError, Job, Org, Reason, Writes};
use rules::{CallType, Document, E164, Interaction, SkipReason, Step, TaskStatus, Verdict, decide};
use store::{Tenant, TenantId};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::activity;
use crate::console::{AppState, Console};
use crate::web::error_code::ErrorCode;
use crate::web::nav::Nav;
use crate::web::openapi::refusals::operations;
use crate::web::random;

pub(crate) use self::page::of_unsaved;

/// Its entry in the navigation.
pub(crate) const NAV: Nav = Nav::new("Preview", "/preview");

/// The preview's page.
pub(crate) fn pages() -> Router<AppState> {
    Router::new().route("/preview", get(page::show).post(page::run))
}

/// The preview's API.
pub(crate) fn api() -> OpenApiRouter<AppState> {
    use ErrorCode::{BadParameter, InvalidSettings, NotFound};
    operations([
        (routes!(api::show), &[BadParameter, NotFound, InvalidSettings]),
        (routes!(phone_field::api::read), &[BadParameter]),
    ])
}

/// The time limit of the requests to Salesforce, which includes renewing the session. [`Org`] reserves five seconds of
/// it. API Gateway times out after thirty seconds.
const TIMEOUT: Duration = Duration::from_secs(26);

/// The result of a preview.
#[derive(Debug)]
pub(crate) struct Previewed {
    /// The call or message.
    pub(crate) interaction: Interaction,
    /// The call type; `None` for messages.
    pub(crate) call_type: Option<CallType>,
    /// The status of its Task, or why there would be none.
    pub(crate) would: Result<TaskStatus, SkipReason>,
    /// The trace: each step of the decision and of the matching in Salesforce.
    pub(crate) steps: Vec<Step>,
    /// The result of the look-up in Salesforce.
    pub(crate) salesforce: Salesforce,
}

/// The result of the look-up in Salesforce.
#[derive(Debug)]
pub(crate) enum Salesforce {
    /// No look-up was made: the settings or the call itself rule out a Task.
    NotNeeded,
    /// What would be written.
    Writes(Box<Writes>),
    /// The look-up was left out or failed: why, as a sentence.
    LeftOut(String),
}

/// The call is not over, so nothing can be decided yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotOver;

/// Previews a call or message under `settings`, as if it came now. Nothing is stored or written.
pub(crate) async fn preview(
    console: &Arc<Console>,
    id: &TenantId,
    settings: &rules::Settings,
    document: Document,
) -> Result<Result<Previewed, NotOver>, store::Error> {
    let tenant = activity::tenant(console, id).await?;
    let mut company = tenant.company();
    if made_up::is_made_up(&document) {
        // It comes now, whenever Aircall was connected.
        company.connected_since = None;
    }
    let document = match document {
        Document::Call(_) | Document::Unreadable { .. } => document,
        // Its conversation is part of the key that the preview shows.
        Document::Messages(_) => match console.tenants.digest_key(id).await? {
            Some(key) => document.with_conversation(settings, &company, &key),
            None => document,
        },
    };
    let Some(decision) = decide::decide(&document, settings, &company, None) else { return Ok(Err(NotOver)) };
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
    if let (Ok(status), Some(phone)) = (previewed.would, previewed.interaction.party().phone().cloned()) {
        match look_up(console, tenant, settings, &previewed.interaction, status, phone).await {
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

/// Looks the caller up in the tenant's org.
///
/// # Errors
/// Why the look-up was left out or failed, as a sentence.
async fn look_up(
    console: &Arc<Console>,
    tenant: Tenant,
    settings: &rules::Settings,
    interaction: &Interaction,
    status: TaskStatus,
    phone: E164,
) -> Result<org::Preview, String> {
    if tenant.salesforce.is_none() {
        return Err("Salesforce is not connected.".to_owned());
    }
    let job = Job::new(interaction.key(), interaction.clone(), status, phone);
    let id = tenant.id.clone();
    match query_org(console, tenant, settings.clone(), job).await {
        Ok(found) => Ok(found),
        Err(BatchError::Store(error)) => {
            tracing::error!(tenant = %id, %error, "a preview was made without Salesforce");
            Err("The connection cannot be used right now. Try again.".to_owned())
        }
        Err(
            BatchError::Failed(Reason { code, message })
            | BatchError::TimedOut(Reason { code, message })
            | BatchError::CutOff(Reason { code, message })
            | BatchError::OutOfTime(Reason { code, message })
            | BatchError::Refused(Reason { code, message })
            | BatchError::Unknown(Reason { code, message })
            | BatchError::Pause(Reason { code, message })
            | BatchError::Reconnect(Reason { code, message })
            | BatchError::RetrySoon(Reason { code, message }),
        ) => {
            tracing::info!(tenant = %id, code, "a preview was made without Salesforce");
            Err(message)
        }
    }
}

/// Runs the preview of a job against the org.
async fn query_org(
    console: &Arc<Console>,
    mut tenant: Tenant,
    settings: rules::Settings,
    job: Job,
) -> Result<org::Preview, BatchError> {
    // On a blocking thread, as the compiler cannot prove that this future is `Send`, which a handler's future must be:
    // <https://github.com/rust-lang/rust/issues/110338>.
    let (console, runtime) = (Arc::clone(console), Handle::current());
    let task = spawn_blocking(move || {
        runtime.block_on(async {
            let (holder, deadline) = (random::text(), Instant::now() + TIMEOUT);
            let mut org = Org::open(&console.connector, &tenant, &holder, settings.api_usage_limit, deadline).await?;
            console.lookup.preview(&mut org, &mut tenant, &settings, job, Timestamp::now()).await
        })
    });
    task.await.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic()))
}

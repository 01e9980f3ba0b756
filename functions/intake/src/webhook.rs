//! Handles a webhook: checks method, size, JSON, token and event, and puts the body on the queue.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use lambda::queue::MAX_EVENT_LEN;
use lambda::{EventQueue, metrics};
use store::TenantId;

use crate::authenticator::Authenticator;
use crate::envelope::Envelope;
use crate::rate_limit::RateLimit;
use crate::response::WebhookResponse;

/// Maximum length of a body in bytes: more than Lambda takes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_LEN: usize = 6 * 1024 * 1024;

/// State of the webhook handler.
#[derive(Debug)]
pub(crate) struct Intake {
    authenticator: Authenticator,
    rate_limit: RateLimit,
    event_queue: EventQueue,
}

impl Intake {
    pub(crate) fn new(authenticator: Authenticator, rate_limit: RateLimit, event_queue: EventQueue) -> Self {
        Self { authenticator, rate_limit, event_queue }
    }
}

/// `POST /webhooks/aircall/{tenant}`.
pub(crate) fn router(intake: Intake) -> Router {
    let webhook = post(receive).fallback(async || Refusal::from(WebhookResponse::MethodNotAllowed));
    Router::new().route("/webhooks/aircall/{tenant}", webhook).with_state(Arc::new(intake))
}

async fn receive(
    State(intake): State<Arc<Intake>>,
    tenant: Result<Path<String>, PathRejection>,
    body: Body,
) -> Response {
    // A path that is not valid text names no tenant. It gets the same response as an unknown tenant.
    let tenant = tenant.map(|Path(tenant)| tenant).unwrap_or_default();
    match enqueue(&intake, &tenant, body).await {
        Ok(()) => WebhookResponse::Ok.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// A webhook that is refused.
struct Refusal {
    /// Its tenant, if it is authentic: nothing else that a caller writes is logged.
    tenant: Option<TenantId>,
    response: WebhookResponse,
}

impl From<WebhookResponse> for Refusal {
    fn from(response: WebhookResponse) -> Self {
        Self { tenant: None, response }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let response = self.response.into_response();
        let (tenant, status) = (self.tenant.as_ref().map(TenantId::as_str), response.status());
        tracing::info!(target: metrics::TARGET, EventsRefused = 1, Status = status.as_str(), tenant, "refused a webhook");
        response
    }
}

async fn enqueue(intake: &Intake, tenant: &str, body: Body) -> Result<(), Refusal> {
    let body = to_bytes(body, MAX_LEN).await.map_err(|_| WebhookResponse::TooLarge)?;
    let body = String::from_utf8(body.into())
        .map_err(|_| WebhookResponse::BadRequest { field: "body", message: "The body is not UTF-8." })?;
    let envelope = Envelope::parse(&body)?;

    let authenticated =
        intake.authenticator.authenticate(tenant, envelope.token.as_deref()).await.map_err(|error| {
            tracing::error!(%error, "could not look up the tenant");
            WebhookResponse::Unavailable
        })?;
    let tenant = authenticated.ok_or(WebhookResponse::Unauthorized)?;
    let Some(event) = envelope.event.as_deref().filter(|event| aircall::webhook::is_of_interest(event)) else {
        tracing::debug!(%tenant, "ignored an event");
        return Ok(());
    };
    // After the authentication, so that nobody else can use up a tenant's share.
    if !intake.rate_limit.accepts(&tenant) {
        return Err(Refusal { tenant: Some(tenant), response: WebhookResponse::TooManyRequests });
    }
    let queued = envelope.for_sqs();
    let event_queue = &intake.event_queue;
    let enqueued = if queued.len() <= MAX_EVENT_LEN {
        event_queue.enqueue(tenant.as_str(), &queued).await
    } else {
        tracing::warn!(target: metrics::TARGET, EventsTooLong = 1, %tenant, event, bytes = queued.len(), "a webhook is too long");
        event_queue.enqueue_note(tenant.as_str(), &envelope.note(), &queued).await
    };
    enqueued.map_err(|error| {
        tracing::error!(%tenant, %event, %error, "could not enqueue an event");
        Refusal { tenant: Some(tenant.clone()), response: WebhookResponse::Unavailable }
    })?;
    tracing::info!(target: metrics::TARGET, EventsReceived = 1, %tenant, %event, "received an event");
    Ok(())
}

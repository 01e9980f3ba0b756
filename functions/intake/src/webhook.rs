//! Handles a webhook: checks method, size, JSON, token and event, and puts the body on the queue.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::routing::post;
use lambda::EventQueue;
use lambda::metrics::{self, Counter};

use crate::authenticator::Authenticator;
use crate::envelope::{Envelope, for_sqs};
use crate::response::WebhookResponse;

/// Maximum length of a body in bytes. The longest webhooks seen so far have a tenth of it.
const MAX_LEN: usize = 256 * 1024;

/// State of the webhook handler.
#[derive(Debug)]
pub(crate) struct Intake {
    authenticator: Authenticator,
    event_queue: EventQueue,
}

impl Intake {
    pub(crate) fn new(authenticator: Authenticator, event_queue: EventQueue) -> Self {
        Self { authenticator, event_queue }
    }
}

/// `POST /webhooks/aircall/{tenant}`.
pub(crate) fn router(intake: Intake) -> Router {
    let webhook = post(receive).fallback(async || WebhookResponse::MethodNotAllowed);
    Router::new().route("/webhooks/aircall/{tenant}", webhook).with_state(Arc::new(intake))
}

async fn receive(
    State(intake): State<Arc<Intake>>,
    tenant: Result<Path<String>, PathRejection>,
    body: Body,
) -> WebhookResponse {
    // A path that is not valid text names no tenant. It gets the same response as an unknown tenant.
    let tenant = tenant.map(|Path(tenant)| tenant).unwrap_or_default();
    match enqueue(&intake, &tenant, body).await {
        Ok(()) => WebhookResponse::Ok,
        Err(response) => response,
    }
}

async fn enqueue(intake: &Intake, tenant: &str, body: Body) -> Result<(), WebhookResponse> {
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

    let Some(event) = envelope.event.filter(|event| aircall::webhook::is_of_interest(event)) else {
        tracing::debug!(%tenant, "ignored an event");
        return Ok(());
    };
    intake.event_queue.enqueue(tenant.as_str(), &for_sqs(body)).await.map_err(|error| {
        tracing::error!(%tenant, %event, %error, "could not enqueue an event");
        WebhookResponse::Unavailable
    })?;
    metrics::count(Counter::EventsReceived, 1, &[]);
    tracing::info!(%tenant, %event, "received an event");
    Ok(())
}

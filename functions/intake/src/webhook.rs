//! The webhook's way in: method, size, form, token, interest, queue.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::routing::post;
use lambda::Events;
use lambda::metrics::{self, Counter};

use crate::answer::Answer;
use crate::envelope::{Envelope, for_sqs};
use crate::gate::Gate;

/// Longest body, bytes. The longest webhooks that were seen have a tenth of it.
const LONGEST: usize = 256 * 1024;

/// What a webhook passes on its way.
#[derive(Debug)]
pub(crate) struct Intake {
    gate: Gate,
    events: Events,
}

impl Intake {
    pub(crate) fn new(gate: Gate, events: Events) -> Self {
        Self { gate, events }
    }
}

/// `POST /webhooks/aircall/{tenant}`.
pub(crate) fn router(intake: Intake) -> Router {
    let webhook = post(receive).fallback(async || Answer::MethodNotAllowed);
    Router::new().route("/webhooks/aircall/{tenant}", webhook).with_state(Arc::new(intake))
}

async fn receive(State(intake): State<Arc<Intake>>, tenant: Result<Path<String>, PathRejection>, body: Body) -> Answer {
    // A path that is no text is no tenant's, and is answered as any other unknown one.
    let tenant = tenant.map(|Path(tenant)| tenant).unwrap_or_default();
    match take(&intake, &tenant, body).await {
        Ok(()) => Answer::Ok,
        Err(answer) => answer,
    }
}

async fn take(intake: &Intake, tenant: &str, body: Body) -> Result<(), Answer> {
    let body = to_bytes(body, LONGEST).await.map_err(|_| Answer::TooLarge)?;
    let body = String::from_utf8(body.into())
        .map_err(|_| Answer::BadRequest { field: "body", message: "The body is not UTF-8." })?;
    let envelope = Envelope::parse(&body)?;

    let admitted = intake.gate.admit(tenant, envelope.token.as_deref()).await.map_err(|error| {
        tracing::error!(%error, "the tenant could not be looked up");
        Answer::Unavailable
    })?;
    let tenant = admitted.ok_or(Answer::Unauthorized)?;

    let Some(event) = envelope.event.filter(|event| aircall::webhook::is_of_interest(event)) else {
        tracing::debug!(%tenant, "an event of no interest");
        return Ok(());
    };
    intake.events.send(tenant.as_str(), &for_sqs(body)).await.map_err(|error| {
        tracing::error!(%tenant, %event, %error, "an event was not stored");
        Answer::Unavailable
    })?;
    metrics::count(Counter::EventsReceived, 1, &[]);
    tracing::info!(%tenant, %event, "received an event");
    Ok(())
}

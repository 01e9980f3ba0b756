//! `/v1/webhooks`.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use sandbox_kit::JsonBody;
use serde_json::{Map, Value, json};

use super::{page::page, query_parameters::QueryParameters};
use crate::{
    Company,
    access::Caller,
    error::ApiError,
    options::Options,
    webhook::{EventsAction, LIMIT, Webhook},
};

type Fields = JsonBody<Map<String, Value>>;

pub(super) async fn list(
    State(company): State<Company>,
    Extension(caller): Extension<Caller>,
    parameters: QueryParameters,
) -> Result<Json<Value>, ApiError> {
    let state = company.lock_untracked();
    let seen = state.webhooks.iter().filter(|webhook| webhook.is_seen_by(caller));
    page(&parameters, "webhooks", seen, |webhook| webhook.to_json(&state.options)).map(Json)
}

pub(super) async fn create(
    State(company): State<Company>,
    Extension(caller): Extension<Caller>,
    JsonBody(fields): Fields,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let mut state = company.lock();
    let webhook = Webhook::create(&fields, caller, &state.options)?;
    if state.webhooks.len() >= LIMIT {
        return Err(ApiError::bad_request("A company has 100 webhooks at most"));
    }
    let created = response(&webhook, &state.options);
    state.webhooks.push(webhook);
    Ok((StatusCode::CREATED, created))
}

pub(super) async fn show(
    State(company): State<Company>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut state = company.lock_untracked();
    let options = state.options.clone();
    find(&mut state.webhooks, &id, caller).map(|webhook| response(webhook, &options))
}

pub(super) async fn update(
    State(company): State<Company>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    parameters: QueryParameters,
    JsonBody(fields): Fields,
) -> Result<Json<Value>, ApiError> {
    let action = match parameters.get("events_action") {
        None => EventsAction::Replace,
        Some("add") => EventsAction::Add,
        Some("remove") => EventsAction::Remove,
        Some(_) => return Err(ApiError::bad_request("events_action is add or remove")),
    };
    let mut state = company.lock();
    let options = state.options.clone();
    let webhook = find(&mut state.webhooks, &id, caller)?;
    webhook.update(&fields, action, &options)?;
    Ok(response(webhook, &options))
}

pub(super) async fn delete(
    State(company): State<Company>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let mut state = company.lock();
    find(&mut state.webhooks, &id, caller)?;
    state.webhooks.retain(|webhook| webhook.id != id);
    Ok(StatusCode::NO_CONTENT)
}

fn response(webhook: &Webhook, options: &Options) -> Json<Value> {
    Json(json!({"webhook": webhook.to_json(options)}))
}

fn find<'a>(webhooks: &'a mut [Webhook], id: &str, caller: Caller) -> Result<&'a mut Webhook, ApiError> {
    let mut seen = webhooks.iter_mut().filter(|webhook| webhook.is_seen_by(caller));
    seen.find(|webhook| webhook.id == id).ok_or_else(ApiError::not_found)
}

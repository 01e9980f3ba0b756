//! The data API: one file per resource, all of them functions of the org's state and a call.

mod collections;
mod composite;
pub(crate) mod cursors;
mod describe;
mod external_id;
mod graph;
mod info;
mod parameterized_search;
mod query;
mod references;
mod search;
mod sobjects;
mod tooling;

use axum::http::Method;

pub(crate) use self::info::versions;
use crate::{
    call::{ApiResponse, Call},
    error::ApiError,
    schema::{self, Object},
    state::State,
};

/// Handles a call; errors are responses in Salesforce's shape.
pub(crate) fn handle(state: &mut State, call: &Call) -> ApiResponse {
    state.set_viewer(&call.user_id);
    route(state, call).unwrap_or_else(|error| ApiResponse::refused(&error, state.options.language))
}

fn route(state: &mut State, call: &Call) -> Result<ApiResponse, ApiError> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [] => info::resources(state, call),
        ["limits"] => info::limits(state, call),
        ["sobjects"] => describe::global(state, call),
        ["sobjects", name] => sobjects::collection(state, call, object(state, name)?),
        ["sobjects", name, "describe"] => describe::one(state, call, object(state, name)?),
        ["sobjects", name, id] => sobjects::row(state, call, object(state, name)?, id),
        ["sobjects", name, field, value] => external_id::row(state, call, object(state, name)?, field, value),
        ["query"] => query::first_page(state, call, crate::query::Scope::Live),
        ["queryAll"] => query::first_page(state, call, crate::query::Scope::All),
        ["query" | "queryAll", locator] => query::next_page(state, call, locator),
        ["search"] => search::search(state, call),
        ["parameterizedSearch"] => parameterized_search::search(state, call),
        ["tooling", rest @ ..] => tooling::route(state, call, rest),
        ["composite"] => composite::composite(state, call),
        ["composite", "graph"] => graph::graph(state, call),
        ["composite", "sobjects"] => collections::collection(state, call),
        ["composite", "sobjects", name] => collections::retrieve(state, call, object(state, name)?),
        ["composite", "sobjects", name, field] => collections::upsert(state, call, object(state, name)?, field),
        _ => Err(ApiError::not_found()),
    }
}

/// The name under which a call is counted, for example `sobjects` or `composite/graph`.
pub(crate) fn resource(segments: &[String]) -> String {
    match segments {
        [] => "versions".to_owned(),
        [first, part, ..] if ["composite", "tooling"].contains(&first.as_str()) => format!("{first}/{part}"),
        [first, ..] => first.clone(),
    }
}

fn object(state: &State, name: &str) -> Result<&'static Object, ApiError> {
    schema::visible_object(&state.options, name).ok_or_else(ApiError::not_found)
}

fn method_not_allowed(method: &Method, allowed: &str) -> ApiError {
    ApiError::new(405, "METHOD_NOT_ALLOWED", format!("HTTP Method '{method}' not allowed. Allowed are {allowed}"))
}

fn require_method(call: &Call, allowed: &Method) -> Result<(), ApiError> {
    if call.method == *allowed { Ok(()) } else { Err(method_not_allowed(&call.method, allowed.as_str())) }
}

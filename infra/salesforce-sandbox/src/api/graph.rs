//! `…/composite/graph`: many composites, each a transaction of its own, as one API call.
//!
//! Limits: <https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-graph-limits.html>.

use std::collections::HashSet;

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    composite::{self, Subrequest},
    references::referenced,
    require_method,
};
use crate::{
    call::{Address, ApiResponse, Call},
    error::ApiError,
    options::Language,
    state::State,
};

const MAX_GRAPHS: usize = 75;
const MAX_NODES: usize = 500;
/// Maximum number of kinds of node (method and object) in one payload.
const MAX_KINDS: usize = 15;
/// Maximum length of a chain of nodes that refer to each other.
const MAX_DEPTH: usize = 15;
const MAX_FAILED_GRAPHS: usize = 14;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    graphs: Vec<Graph>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Graph {
    graph_id: String,
    composite_request: Vec<Subrequest>,
}

pub(super) fn graph(state: &mut State, call: &Call) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::POST)?;
    let mut body: Body = serde_json::from_value(Value::Object(call.object()?.clone()))
        .map_err(|error| ApiError::malformed_body(error.to_string()))?;
    check_limits(&body)?;
    for graph in &mut body.graphs {
        composite::check(&graph.composite_request)?;
        graph.composite_request = in_order(std::mem::take(&mut graph.composite_request))?;
    }
    let mut failures = 0;
    let mut graphs = Vec::new();
    for Graph { graph_id, composite_request: nodes } in &body.graphs {
        let (responses, successful) = if failures >= MAX_FAILED_GRAPHS {
            (nodes.iter().map(|node| halted(&node.reference_id, state.options.language)).collect(), false)
        } else {
            composite::run(state, call, nodes, true, is_record)
        };
        failures += usize::from(!successful);
        graphs.push(json!({"graphId": graph_id, "graphResponse": {"compositeResponse": responses},
            "isSuccessful": successful}));
    }
    Ok(ApiResponse::ok(json!({"graphs": graphs})))
}

fn check_limits(body: &Body) -> Result<(), ApiError> {
    let nodes = || body.graphs.iter().flat_map(|graph| &graph.composite_request);
    let kinds: HashSet<(&str, &str)> =
        nodes().map(|node| (node.method.as_str(), node.url.split(['/', '?']).nth(5).unwrap_or_default())).collect();
    let ids: HashSet<&str> = body.graphs.iter().map(|graph| graph.graph_id.as_str()).collect();
    if ids.len() < body.graphs.len() {
        return Err(ApiError::new(400, "INVALID_INPUT", "Each graph needs a graphId of its own"));
    }
    let message = match (body.graphs.len(), nodes().count(), kinds.len()) {
        (graphs, ..) if graphs > MAX_GRAPHS => format!("Cannot include more than {MAX_GRAPHS} graphs"),
        (_, nodes, _) if nodes > MAX_NODES => format!("Cannot include more than {MAX_NODES} nodes"),
        (.., kinds) if kinds > MAX_KINDS => format!("Cannot include more than {MAX_KINDS} different nodes"),
        _ => return Ok(()),
    };
    Err(ApiError::new(400, "LIMIT_EXCEEDED", message))
}

/// Sorts the nodes of a graph, which may be listed in any order, so that each follows those it refers to.
fn in_order(nodes: Vec<Subrequest>) -> Result<Vec<Subrequest>, ApiError> {
    let all: HashSet<String> = nodes.iter().map(|node| node.reference_id.clone()).collect();
    let mut placed = HashSet::new();
    let mut depth = 0;
    let mut ordered = Vec::new();
    let mut waiting = nodes;
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|node| {
            let text = format!("{}{}", node.url, node.body);
            referenced(&text).all(|id| placed.contains(id) || !all.contains(id))
        });
        if ready.is_empty() {
            return Err(ApiError::new(400, "INVALID_INPUT", "The nodes of a graph refer to each other in a circle"));
        }
        depth += 1;
        if depth > MAX_DEPTH {
            let message = format!("Cannot include nodes at a depth greater than {MAX_DEPTH}");
            return Err(ApiError::new(400, "LIMIT_EXCEEDED", message));
        }
        placed.extend(ready.iter().map(|node| node.reference_id.clone()));
        ordered.extend(ready);
        waiting = rest;
    }
    Ok(ordered)
}

/// Whether a graph may contain the resource: records, but no queries or collections.
fn is_record(address: &Address) -> bool {
    address.segments.first().is_some_and(|first| first == "sobjects") && address.segments.len() >= 2
}

fn halted(reference_id: &str, language: Language) -> Value {
    let error = ApiError::new(400, "PROCESSING_HALTED", "Too many graphs failed; this one was not processed.");
    json!({"body": [error.to_json(language)], "httpHeaders": {}, "httpStatusCode": 400, "referenceId": reference_id})
}

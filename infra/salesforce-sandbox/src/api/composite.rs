//! `…/composite`: up to 25 subrequests that can refer to each other, as one API call.

use std::collections::HashSet;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{handle, references::References, require_method};
use crate::{
    call::{Address, ApiResponse, Call},
    error::ApiError,
    state::State,
};

const MAX_SUBREQUESTS: usize = 25;
/// Maximum number of queries and collections among them.
const MAX_HEAVY: usize = 5;
const ROLLED_BACK: &str = "The transaction was rolled back since another operation in the same transaction failed.";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(default)]
    all_or_none: bool,
    /// Ignored: it could only change the order of independent subrequests, which run in the given order.
    #[serde(default, rename = "collateSubrequests")]
    _collate_subrequests: bool,
    composite_request: Vec<Subrequest>,
}

/// One subrequest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Subrequest {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) reference_id: String,
    #[serde(default)]
    pub(super) body: Value,
    #[serde(default)]
    http_headers: Map<String, Value>,
}

pub(super) fn composite(state: &mut State, call: &Call) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::POST)?;
    let body: Body = serde_json::from_value(Value::Object(call.object()?.clone()))
        .map_err(|error| ApiError::malformed_body(error.to_string()))?;
    check_size(&body.composite_request)?;
    check(&body.composite_request)?;
    let (responses, _) = run(state, call, &body.composite_request, body.all_or_none, is_supported);
    Ok(ApiResponse::ok(json!({"compositeResponse": responses})))
}

fn check_size(subrequests: &[Subrequest]) -> Result<(), ApiError> {
    let heavy = |subrequest: &&Subrequest| {
        let path = subrequest.url.split('/').nth(4).unwrap_or_default();
        ["query", "queryAll", "composite"].contains(&path.split('?').next().unwrap_or_default())
    };
    let message = match (subrequests.len(), subrequests.iter().filter(heavy).count()) {
        (count, _) if count > MAX_SUBREQUESTS => format!("Cannot include more than {MAX_SUBREQUESTS} subrequests"),
        (_, heavy) if heavy > MAX_HEAVY => {
            format!("Cannot include more than {MAX_HEAVY} query or sObject Collections subrequests")
        }
        _ => return Ok(()),
    };
    Err(ApiError::new(400, "LIMIT_EXCEEDED", message))
}

/// Refuses the whole request for invalid or repeated reference ids, and for headers that a subrequest may not set.
pub(super) fn check(subrequests: &[Subrequest]) -> Result<(), ApiError> {
    let mut seen = HashSet::new();
    for Subrequest { reference_id, http_headers, .. } in subrequests {
        let is_valid = !reference_id.is_empty() && reference_id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_valid || !seen.insert(reference_id) {
            let message = format!("Invalid or duplicate referenceId: {reference_id}");
            return Err(ApiError::new(400, "INVALID_INPUT", message));
        }
        let reserved = ["accept", "authorization", "content-type"];
        if let Some(name) = http_headers.keys().find(|name| reserved.contains(&name.to_ascii_lowercase().as_str())) {
            return Err(ApiError::new(400, "INVALID_INPUT", format!("Header not allowed in a subrequest: {name}")));
        }
    }
    Ok(())
}

/// Whether a composite may contain the resource: records, queries and collections, but neither search nor another
/// composite.
fn is_supported(address: &Address) -> bool {
    let segments: Vec<&str> = address.segments.iter().map(String::as_str).collect();
    matches!(segments.as_slice(), ["sobjects" | "query" | "queryAll", ..] | ["composite", "sobjects", ..])
}

/// Runs the subrequests in order, and returns whether all succeeded. With `all_or_none`, one failure rolls back all.
pub(super) fn run(
    state: &mut State,
    call: &Call,
    subrequests: &[Subrequest],
    all_or_none: bool,
    supported: impl Fn(&Address) -> bool,
) -> (Vec<Value>, bool) {
    let language = state.options.language;
    let savepoint = state.tables.savepoint();
    let mut references = References::default();
    let mut ran: Vec<ApiResponse> = Vec::new();
    let mut failed = None;
    for (at, subrequest) in subrequests.iter().enumerate() {
        let given = one(state, call, subrequest, &references, &supported)
            .unwrap_or_else(|error| ApiResponse::refused(&error, language));
        let ok = given.status < 400;
        if ok {
            references.insert(&subrequest.reference_id, given.body.clone());
        }
        let succeeded = ok && !(all_or_none && has_failed_record(&given.body));
        ran.push(given);
        if !succeeded && failed.is_none() {
            failed = Some(at);
            if all_or_none {
                break;
            }
        }
    }
    if let Some(first_failure) = failed.filter(|_| all_or_none) {
        state.tables.rollback(savepoint);
        let halted = ApiResponse::refused(&ApiError::new(400, "PROCESSING_HALTED", ROLLED_BACK), language);
        ran = ran
            .into_iter()
            .enumerate()
            .map(|(at, own)| if at == first_failure { own } else { halted.clone() })
            .collect();
        ran.resize(subrequests.len(), halted);
    }
    let responses = subrequests.iter().zip(ran).map(|(subrequest, given)| response(&subrequest.reference_id, given));
    (responses.collect(), failed.is_none())
}

fn one(
    state: &mut State,
    call: &Call,
    subrequest: &Subrequest,
    references: &References,
    supported: impl Fn(&Address) -> bool,
) -> Result<ApiResponse, ApiError> {
    let url = references.fill_text(&subrequest.url)?;
    let address = Address::parse(url.as_str().unwrap_or_default())?;
    if !supported(&address) {
        return Err(ApiError::not_found());
    }
    let method = ["POST", "PUT", "PATCH", "GET", "DELETE"].contains(&subrequest.method.as_str());
    let method = subrequest.method.parse::<Method>().ok().filter(|_| method);
    let method = method.ok_or_else(|| ApiError::new(400, "INVALID_INPUT", "unknown method"))?;
    let body = references.fill(&subrequest.body)?;
    let inner = Call {
        method,
        version: address.version,
        segments: address.segments,
        query: address.query,
        headers: headers(&subrequest.http_headers),
        body: (!body.is_null()).then_some(body),
        user_id: call.user_id.clone(),
        now: call.now,
    };
    Ok(handle(state, &inner))
}

fn headers(given: &Map<String, Value>) -> HeaderMap {
    let header = |(name, value): (&String, &Value)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.as_str()?).ok()?))
    };
    given.iter().filter_map(header).collect()
}

/// Whether a collection, whose status is 200 in any case, contains a failed record.
fn has_failed_record(body: &Value) -> bool {
    body.as_array().is_some_and(|results| results.iter().any(|result| result["success"] == json!(false)))
}

fn response(reference_id: &str, given: ApiResponse) -> Value {
    let headers = given.location.map_or_else(|| json!({}), |location| json!({"Location": location}));
    json!({"body": given.body, "httpHeaders": headers, "httpStatusCode": given.status, "referenceId": reference_id})
}

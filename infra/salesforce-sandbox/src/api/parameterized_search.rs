//! `…/parameterizedSearch`: search with parameters instead of SOSL.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::method_not_allowed;
use crate::{
    call::{ApiResponse, Call},
    error::ApiError,
    query::{Parser, SyntaxError, ast::Name},
    search::{self, Group, Returning, Search},
    state::State,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    q: String,
    #[serde(rename = "in")]
    group: Option<String>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    sobjects: Vec<SObject>,
    default_limit: Option<usize>,
    overall_limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SObject {
    name: String,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(rename = "where")]
    filter: Option<String>,
    order_by: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
}

pub(super) fn search(state: &State, call: &Call) -> Result<ApiResponse, ApiError> {
    let parameters = match call.method {
        Method::GET => from_query(call)?,
        Method::POST => serde_json::from_value(Value::Object(call.object()?.clone()))
            .map_err(|error| ApiError::malformed_body(error.to_string()))?,
        _ => return Err(method_not_allowed(&call.method, "GET,POST")),
    };
    let malformed = |error: SyntaxError| ApiError::new(400, "MALFORMED_SEARCH", error.explain(&parameters.q));
    let group = parameters.group.as_deref().map_or(Some(Group::All), search::group);
    let group = group.ok_or_else(|| ApiError::new(400, "INVALID_SEARCH_SCOPE", "unknown value of 'in'"))?;
    let search = Search {
        expression: search::expression(&parameters.q, 0).map_err(malformed)?,
        group,
        returning: parameters
            .sobjects
            .iter()
            .map(|sobject| returning(sobject, &parameters))
            .collect::<Result<_, _>>()
            .map_err(malformed)?,
        limit: parameters.overall_limit.unwrap_or(2000).min(2000),
    };
    let records = search::run(state, &search, &parameters.q, &call.version, call.now)?;
    Ok(ApiResponse::ok(json!({"searchRecords": records})))
}

/// Reads the parameters from the query of a `GET`.
fn from_query(call: &Call) -> Result<Parameters, ApiError> {
    let missing = || ApiError::new(400, "MALFORMED_SEARCH", "A search string has to be specified");
    let list = |name: &str| {
        let values = call.query.iter().filter(|(key, _)| *key == name).flat_map(|(_, value)| value.split(','));
        values.map(|value| value.trim().to_owned()).collect::<Vec<_>>()
    };
    let sobject = |name| SObject { name, fields: Vec::new(), filter: None, order_by: None, limit: None, offset: 0 };
    let number = |name| call.parameter(name).and_then(|value| value.parse().ok());
    Ok(Parameters {
        q: call.parameter("q").ok_or_else(missing)?.to_owned(),
        group: call.parameter("in").map(ToOwned::to_owned),
        fields: list("fields"),
        sobjects: list("sobject").into_iter().map(sobject).collect(),
        default_limit: number("defaultLimit"),
        overall_limit: number("overallLimit"),
    })
}

fn returning(sobject: &SObject, parameters: &Parameters) -> Result<Returning, SyntaxError> {
    let name = |text: &String| Name { text: text.clone(), at: 0 };
    let fields = if sobject.fields.is_empty() { &parameters.fields } else { &sobject.fields };
    let filter = sobject.filter.as_ref().map(|text| {
        let mut parser = Parser::new(text, 0)?;
        let condition = parser.condition()?;
        parser.end().map(|()| condition)
    });
    let order = sobject.order_by.as_ref().map(|text| {
        let mut parser = Parser::new(&format!("ORDER BY {text}"), 0)?;
        let order = parser.order()?;
        parser.end().map(|()| order)
    });
    Ok(Returning {
        object: name(&sobject.name),
        fields: fields.iter().map(name).collect(),
        filter: filter.transpose()?,
        order: order.transpose()?.unwrap_or_default(),
        limit: sobject.limit.or(parameters.default_limit),
        offset: sobject.offset,
    })
}

//! Query strings, checked against the OpenAPI document.

use utoipa::IntoParams;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};

use crate::web::error::ApiError;
use crate::web::form::Fields;

/// The parameter that people paste phone numbers into, so spaces around its value are allowed.
const TRIMMED: &str = "search";

/// The query parameters that a struct documents.
pub(crate) fn known<P: IntoParams>() -> Vec<Parameter> {
    P::into_params(|| Some(ParameterIn::Query))
}

/// Reads a query string with the `known` parameters, each at most once. Unknown parameters are refused, as a misspelt
/// filter would otherwise return everything. A parameter without a value is ignored.
pub(crate) fn read(query: Option<String>, known: &[Parameter]) -> Result<Fields, ApiError> {
    let query = query.unwrap_or_default();
    let mut given: Vec<&str> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let message = match known.iter().find(|parameter| parameter.name == name) {
            None => "This operation has no parameter of this name.",
            Some(_) if value.trim() != value && name != TRIMMED => "There must be no spaces around its value.",
            Some(parameter) if given.contains(&parameter.name.as_str()) => "It must be given only once.",
            Some(parameter) => {
                given.push(&parameter.name);
                continue;
            }
        };
        return Err(ApiError::parameter(name, message));
    }
    Ok(Fields::read(query.as_bytes()))
}

/// Marks all query parameters in the document as allowed to be empty, which utoipa has no attribute for.
pub(crate) fn may_be_empty(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Query
        {
            parameter.extensions = Some([("allowEmptyValue", true)].into_iter().collect());
        }
    }
}

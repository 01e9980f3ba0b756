//! Query strings, read by what the document says of them.

use utoipa::IntoParams;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn};

use crate::error::ApiError;
use crate::form::Fields;

/// The parameter that people paste a phone number into, which may have spaces around it.
const PASTED: &str = "search";

/// Reads a query string of the parameters `P`: each at most once, and none that `P` does not have, as a misspelt filter
/// would find everything. One without a value asks for nothing.
pub(super) fn read<P: IntoParams>(query: Option<String>) -> Result<Fields, ApiError> {
    let query = query.unwrap_or_default();
    let known = P::into_params(|| Some(ParameterIn::Query));
    let mut given: Vec<&str> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let message = match known.iter().find(|parameter| parameter.name == name) {
            None => "There is no parameter of this name here.",
            Some(_) if value.trim() != value && name != PASTED => "It has no spaces around its value.",
            Some(parameter) if given.contains(&parameter.name.as_str()) => "It is there once.",
            Some(parameter) => {
                given.push(&parameter.name);
                continue;
            }
        };
        return Err(ApiError::Query { name: name.into_owned(), message });
    }
    Ok(Fields::read(query.as_bytes()))
}

/// Says in the document that a query parameter may be there without a value, which has no word in utoipa.
pub(super) fn may_be_empty(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Query
        {
            parameter.extensions = Some([("allowEmptyValue", true)].into_iter().collect());
        }
    }
}

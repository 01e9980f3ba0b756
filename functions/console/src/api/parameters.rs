//! Query strings, read by what the document says of them.

use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use crate::error::ApiError;
use crate::form::Fields;

/// Reads a query string of the parameters `P`: each at most once, with a value, and none that `P` does not have, as a
/// misspelt filter would find everything.
pub(super) fn read<P: IntoParams>(query: Option<String>) -> Result<Fields, ApiError> {
    let query = query.unwrap_or_default();
    let known = P::into_params(|| Some(ParameterIn::Query));
    let mut given: Vec<&str> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let message = match known.iter().find(|parameter| parameter.name == name) {
            None => "There is no parameter of this name here.",
            Some(_) if value.is_empty() || value.trim() != value => "It has a value, without spaces around it.",
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

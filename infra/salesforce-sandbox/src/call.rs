//! A request to the data API and its response, sent over HTTP or inside a composite.

use axum::http::{HeaderMap, Method};
use jiff::Timestamp;
use sandbox_kit::Parameters;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{error::ApiError, options::Language};

/// The base of all data resources.
pub(crate) const DATA: &str = "/services/data";

/// A request as the resources receive it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// For example `66.0`.
    pub(crate) version: String,
    /// The decoded path segments after the version; a trailing slash is ignored.
    pub(crate) segments: Vec<String>,
    /// Decoded parameters, in order.
    pub(crate) query: Parameters,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Value>,
    /// The session's user.
    pub(crate) user_id: String,
    pub(crate) now: Timestamp,
}

/// A resource's response.
#[derive(Clone, Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    /// Null means no body.
    pub(crate) body: Value,
    /// The created record's path, for the `Location` header.
    pub(crate) location: Option<String>,
}

/// A parsed data URI: `66.0`, decoded segments, decoded query.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) version: String,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Parameters,
}

impl Address {
    /// Reads `/services/data/v66.0/…?…`.
    pub(crate) fn parse(target: &str) -> Result<Self, ApiError> {
        let rest =
            target.strip_prefix(DATA).and_then(|rest| rest.strip_prefix("/v")).ok_or_else(ApiError::not_found)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut segments = path.split('/').filter(|segment| !segment.is_empty()).map(decode);
        let version = segments.next().ok_or_else(ApiError::not_found)?;
        check_version(&version)?;
        let query = Parameters::parse(query.as_bytes());
        Ok(Self { version, segments: segments.collect(), query })
    }
}

/// v21 to v30 were retired in Summer '25, and v68 is the newest.
fn check_version(version: &str) -> Result<(), ApiError> {
    match version.strip_suffix(".0").and_then(|major| major.parse::<u32>().ok()) {
        Some(31..=68) => Ok(()),
        Some(21..=30) => {
            Err(ApiError::new(410, "UNSUPPORTED_API_VERSION", format!("API version {version} is retired.")))
        }
        _ => Err(ApiError::not_found()),
    }
}

/// Percent-decodes a path segment; unlike in a query, `+` is literal.
fn decode(segment: &str) -> String {
    let literal = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(literal.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

impl Call {
    /// 66 for `66.0`.
    pub(crate) fn major_version(&self) -> u32 {
        self.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }

    /// Whether a boolean parameter is `true`, in any case.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The body, which must be an object.
    pub(crate) fn object(&self) -> Result<&serde_json::Map<String, Value>, ApiError> {
        let object = self.body.as_ref().and_then(Value::as_object);
        object.ok_or_else(|| {
            ApiError::malformed_body("The HTTP entity body is required, but this request has no entity body.")
        })
    }

    /// One `key=value` of a header such as `Sforce-Duplicate-Rule-Header: allowSave=true; includeRecordDetails=false`.
    pub(crate) fn header_option(&self, header: &str, key: &str) -> Option<&str> {
        let parts = self.headers.get(header)?.to_str().ok()?.split([';', ',']);
        parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(key))
            .map(|(_, value)| value.trim())
    }

    /// The path of a record.
    pub(crate) fn record_url(&self, sobject: &str, id: &str) -> String {
        record_url(&self.version, sobject, id)
    }
}

/// The path of a record, as `attributes.url` and `Location` show it.
pub(crate) fn record_url(version: &str, sobject: &str, id: &str) -> String {
    format!("{DATA}/v{version}/sobjects/{sobject}/{id}")
}

impl ApiResponse {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body, location: None }
    }

    pub(crate) fn status(status: u16, body: Value) -> Self {
        Self { status, body, location: None }
    }

    pub(crate) fn no_content() -> Self {
        Self::status(204, Value::Null)
    }

    /// The response to a call that is refused.
    pub(crate) fn refused(error: &ApiError, language: Language) -> Self {
        Self::status(error.status, json!([error.to_json(language)]))
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[track_caller]
    fn check(target: &str, segments: &[&str], q: Option<&str>) {
        let address = Address::parse(target).unwrap();
        assert_eq!(address.segments, segments);
        assert_eq!(address.query.iter().next().map(|(_, value)| value), q);
    }

    #[test]
    fn a_trailing_slash_is_ignored() {
        check("/services/data/v66.0/sobjects/Task/", &["sobjects", "Task"], None);
    }

    #[test]
    fn plus_is_a_space_only_in_the_query() {
        check("/services/data/v66.0/query?q=SELECT+Id%20FROM", &["query"], Some("SELECT Id FROM"));
        check("/services/data/v66.0/a/b+c%2Fd%20e", &["a", "b+c/d e"], None);
    }

    #[test]
    fn retired_and_unknown_versions_are_refused() {
        assert_eq!(Address::parse("/services/data/v29.0/limits").unwrap_err().status, 410);
        assert_eq!(Address::parse("/services/data/v99.0/limits").unwrap_err().status, 404);
    }
}

//! The parts that the API's handlers and its OpenAPI document share.

pub(crate) mod body;
pub(crate) mod parameters;
pub(crate) mod refusals;
pub(crate) mod schema;

/// The name of the security scheme of sessions.
pub(crate) const SESSION: &str = "session";
/// The name of the security scheme of CSRF tokens.
pub(crate) const CSRF: &str = "csrf";
/// The name of the security scheme of API tokens.
pub(crate) const TOKEN: &str = "token";

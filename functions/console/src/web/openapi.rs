//! The parts that the API's handlers and its OpenAPI document share.

pub(crate) mod body;
pub(crate) mod parameters;
pub(crate) mod refusals;
pub(crate) mod schema;

/// The names of the security schemes.
pub(crate) const SESSION: &str = "session";
pub(crate) const CSRF: &str = "csrf";
pub(crate) const TOKEN: &str = "token";

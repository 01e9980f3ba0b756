//! The console's table: sign-ins, ended sessions and API tokens.
//!
//! Each store has its own keys in it; [`crate::History`] is there too.

pub(crate) mod api_token;
pub(crate) mod api_tokens;
pub(crate) mod consent_links;
pub(crate) mod ended_sessions;
pub(crate) mod sign_ins;

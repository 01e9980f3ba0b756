//! The stores in the console's table.

mod api_tokens;
mod consent_links;
mod ended_sessions;
mod sign_ins;

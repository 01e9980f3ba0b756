//! The stores in the console's table.

mod api_tokens;
mod ended_sessions;
mod sign_ins;

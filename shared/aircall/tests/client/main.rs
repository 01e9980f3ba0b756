//! The REST client against the sandbox Aircall, and against answers that it would not give.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod company;
mod events;
mod oauth;
mod odd;
mod sandbox;
mod webhooks;

//! The REST client against the Aircall sandbox, and against responses that the sandbox does not produce.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod company;
mod events;
mod malformed;
mod oauth;
mod sandbox;
mod webhooks;

//! The rules of the sandbox Aircall, each at least once, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod access;
mod calls;
mod client;
mod control;
mod oauth;
mod sending;
mod webhooks;

//! Tests of the sandbox Aircall over HTTP; every rule has at least one.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod access;
mod calls;
mod client;
mod control;
mod integration;
mod oauth;
mod receiver;
mod sending;
mod webhooks;

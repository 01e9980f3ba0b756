//! The rules of the sandbox org, each at least once, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod activities;
mod client;
mod composite;
mod control;
mod faults;
mod oauth;
mod objects;
mod pages;
mod query;
mod search;
mod seeding;
mod sobjects;

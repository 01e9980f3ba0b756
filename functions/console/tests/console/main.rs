//! Tests of the console's JSON API and pages, against an embedded DynamoDB.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod browser;
mod connecting;
mod fixture;
mod openapi_conformance;
mod pages;
mod sample_entries;
mod session_cookies;
mod vendors;

//! The console, against an embedded DynamoDB: its JSON API and its pages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod browser;
mod connecting;
mod documented;
mod fixture;
mod pages;
mod sample_entries;
mod vendors;

//! Tests of the sandbox org over HTTP; every rule has at least one.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod access;
mod activities;
mod assignment_rules;
mod client;
mod composite;
mod consent;
mod control;
mod duplicate_rules;
mod faults;
mod language;
mod limits;
mod locks;
mod merge;
mod oauth;
mod objects;
mod other_clients;
mod pages;
mod permissions;
mod phone_index;
mod query;
mod read_only;
mod record_faults;
mod record_types;
mod resources;
mod search;
mod seeding;
mod sharing;
mod slow_queries;
mod sobjects;
mod task_statuses;
mod tooling;
mod triggers;

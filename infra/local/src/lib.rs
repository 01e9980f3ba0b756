//! The local stack: `template.yaml` on this machine.
//!
//! The real binaries of the functions run as Lambda would run them, behind the routes, queues and schedules of the
//! template, against embedded DynamoDB, SQS and Secrets Manager, a sandbox Salesforce org and a sandbox Aircall.

mod aircall;
pub mod binaries;
pub mod demo;
pub mod event_source;
mod files;
pub mod gateway;
pub mod http_api;
pub mod lambda;
mod long_messages;
mod salesforce;
pub mod schedule;
mod schedule_api;
pub mod services;
mod stack;
pub mod template;
mod tenants;
pub mod workspace;

pub use stack::{Options, Stack, StackInfo};
pub use tenants::{TenantHandle, TenantOptions, TenantOrg};

//! The local stack: `template.yaml` on this machine.
//!
//! The real binaries of the functions run as Lambda would run them, behind the routes, queues and schedules of the
//! template, against embedded DynamoDB, SQS and Secrets Manager, a sandbox Salesforce org and a sandbox Aircall.

pub mod aircall;
pub mod binaries;
pub mod event_source;
mod files;
pub mod http_api;
pub mod lambda;
pub mod schedule;
pub mod services;
pub mod template;

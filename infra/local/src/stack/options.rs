//! A stack's options, and the information that it publishes.

use jiff::Timestamp;
use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;

use crate::{binaries::Source, services::EndpointUrls};

/// Options of a stack. The default suits tests: free ports, everything in memory, nothing written.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Port of the console and of the webhooks; 0 takes a free one.
    pub port: u16,
    /// Port of the sandbox Salesforce org; 0 takes a free one.
    pub salesforce_port: u16,
    /// Whether the deployment starts without a tenant. The org admin's first sign-in then creates the demo tenant.
    pub without_tenant: bool,
    /// The address under which the console is reached; `None` if it is that of `port`.
    pub public_url: Option<String>,
    /// When the tenants' Aircall companies count as first connected, however they are connected; `None` if that is not known.
    pub connected_since: Option<Timestamp>,
    /// Webhooks a second that are accepted of each tenant, and ten times as many at once; 0 accepts all.
    pub tenant_rate_limit: u32,
    /// Values of parameters of the template, by name.
    pub parameters: Vec<(String, String)>,
    /// Folder in which state is kept between runs; `None` keeps it in memory. Tables are written at once, the
    /// Salesforce org and the secrets every two seconds, queues only by [`super::Stack::stop`].
    pub data: Option<PathBuf>,
    /// Where the functions' executables come from.
    pub source: Source,
    /// Whether every line the functions print is shown, instead of warnings and errors only.
    pub verbose: bool,
    /// Where [`StackInfo`] is written when the stack is ready; it is removed when the stack stops.
    pub stack_file: Option<PathBuf>,
    /// Where the services of AWS are, instead of the embedded ones: see [`crate::services::Services::at`].
    pub aws_endpoint_url: Option<String>,
    /// Where each call of a function to AWS is written, as a line of JSON.
    pub aws_calls: Option<PathBuf>,
    /// Folder for the functions' output, a file for each.
    pub logs: Option<PathBuf>,
}

/// Addresses and credentials of a running stack: the content of `stack.json`.
#[derive(Debug, Clone, Serialize)]
pub struct StackInfo {
    /// The console.
    pub console_url: String,
    /// Where the demo tenant's webhooks go.
    pub webhook_url: String,
    /// The token that a webhook of the demo tenant carries in its body.
    pub webhook_token: String,
    /// A session of the demo tenant's admin, as `name=value`.
    pub session_cookie: String,
    /// The demo tenant's Salesforce org.
    pub salesforce_url: String,
    /// An access token of that org's admin.
    pub salesforce_access_token: String,
    /// The sandbox Aircall: its API, its consent page, and `/_sandbox`.
    pub aircall_url: String,
    /// The API key of its company: the id.
    pub aircall_api_id: String,
    /// The API key of its company: the token.
    pub aircall_api_token: String,
    /// The embedded AWS services.
    pub aws_endpoint_urls: EndpointUrls,
    /// The file with each call of a function to AWS, a line of JSON each: function, service, action and resource.
    pub aws_calls: Option<PathBuf>,
    /// Id of the demo tenant.
    pub tenant: String,
    /// Names of the tables by logical id.
    pub tables: BTreeMap<String, String>,
    /// URLs of the queues by logical id.
    pub queues: BTreeMap<String, String>,
    /// Addresses that run a schedule now (`POST`, without a body), by the logical id of function and event.
    pub schedules: BTreeMap<String, String>,
    /// Process id of the stack.
    pub pid: u32,
}

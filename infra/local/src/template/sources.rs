//! Functions and what invokes them.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{FUNCTION, LOG_GROUP, ROLE, Resource, Scope, Template, resource::text};
use crate::gateway::Policies;

/// One function: one binary with its environment and its triggers.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Logical id, such as `IntakeFunction`.
    pub id: String,
    /// Name of the binary and of its package, such as `intake`.
    pub binary: String,
    /// After this long an invocation is killed.
    pub timeout: Duration,
    /// `MemorySize`, in MB; reported to the function, not enforced.
    pub memory_mb: u32,
    /// What it may do in AWS.
    pub policies: Policies,
    /// The environment variables the template gives.
    pub environment: BTreeMap<String, String>,
    /// Routes of the HTTP API.
    pub routes: Vec<Route>,
    /// Queues it consumes.
    pub queues: Vec<QueueSource>,
    /// Schedules that invoke it.
    pub schedules: Vec<Schedule>,
}

/// A route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `ANY` or an HTTP method, in capitals.
    pub method: String,
    /// Such as `/api/{proxy+}`; `$default` for the catch-all route.
    pub path: String,
}

/// An event source mapping from a queue to the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSource {
    /// ARN of the queue.
    pub queue_arn: String,
    /// Messages of one invocation, at most.
    pub batch_size: usize,
    /// Whether the function's response names the messages that failed.
    pub reports_failures: bool,
    /// Batches in flight at once, if the template limits them.
    pub maximum_concurrency: Option<usize>,
}

/// A `rate(…)` schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Name of the event in the template.
    pub name: String,
    /// Time between two invocations.
    pub every: Duration,
    /// `aws.scheduler` for EventBridge Scheduler, `aws.events` for a rule.
    pub source: &'static str,
    /// The payload, if the template gives one.
    pub input: Option<String>,
}

/// Reads the functions of the template, with the roles that they take.
///
/// # Errors
/// Names the resource and the property that is missing, unsupported or of another shape.
pub fn functions(template: &Template, scope: &Scope) -> Result<Vec<Function>> {
    let (known, mut scope) = (scope, scope.clone());
    // Neither exists on this machine, but functions and policies name them.
    for resource in [ROLE, LOG_GROUP].into_iter().flat_map(|kind| template.resources(kind, known)) {
        scope.set(resource.id(), resource.id().into());
        scope.set(&format!("{}.Arn", resource.id()), arn(&resource).into());
    }
    let roles: BTreeMap<String, Resource<'_>> =
        template.resources(ROLE, known).map(|role| (arn(&role), role)).collect();
    template.resources(FUNCTION, known).map(|resource| function(&resource, &roles, &scope)).collect()
}

fn arn(resource: &Resource<'_>) -> String {
    format!("arn:aws:local:::{}", resource.id())
}

fn function(resource: &Resource<'_>, roles: &BTreeMap<String, Resource<'_>>, scope: &Scope) -> Result<Function> {
    let role = resource.get("Role", scope)?.and_then(|arn: String| roles.get(&arn));
    let binary = resource
        .metadata("/Metadata/BuildProperties/Binary")
        .ok_or_else(|| resource.error("Metadata.BuildProperties.Binary is missing"))?;
    let environment: BTreeMap<String, BTreeMap<String, Value>> =
        resource.get("Environment", scope)?.unwrap_or_default();
    let variables = environment.get("Variables").into_iter().flatten();
    let mut function = Function {
        id: resource.id().to_owned(),
        binary: binary.to_owned(),
        // Lambda's own defaults: 3 seconds, 128 MB.
        timeout: Duration::from_secs(resource.get("Timeout", scope)?.unwrap_or(3)),
        memory_mb: resource.get("MemorySize", scope)?.unwrap_or(128),
        policies: role.map(|role| Policies::read(role, scope)).transpose()?.unwrap_or_default(),
        environment: variables.map(|(name, value)| (name.clone(), text(value))).collect(),
        routes: Vec::new(),
        queues: Vec::new(),
        schedules: Vec::new(),
    };
    for event in resource.parts("Events") {
        match event.kind() {
            "HttpApi" => function.routes.push(route(&event, scope)?),
            "SQS" => function.queues.extend(queue(&event, scope)?),
            "ScheduleV2" => function.schedules.extend(schedule(&event, scope, "aws.scheduler")?),
            "Schedule" => function.schedules.extend(schedule(&event, scope, "aws.events")?),
            other => return Err(event.error(&format!("events of type {other} are not supported on this machine"))),
        }
    }
    Ok(function)
}

fn route(event: &Resource<'_>, scope: &Scope) -> Result<Route> {
    event.allow_only(&["ApiId", "Path", "Method", "PayloadFormatVersion"])?;
    if event.get("PayloadFormatVersion", scope)?.is_some_and(|version: String| version != "2.0") {
        return Err(event.error("PayloadFormatVersion must be \"2.0\""));
    }
    let method: Option<String> = event.get("Method", scope)?;
    Ok(Route {
        method: method.map_or_else(|| "ANY".to_owned(), |method| method.to_ascii_uppercase()),
        path: event.get("Path", scope)?.unwrap_or_else(|| "$default".to_owned()),
    })
}

fn queue(event: &Resource<'_>, scope: &Scope) -> Result<Option<QueueSource>> {
    // A batching window only adds a delay, so it is accepted and ignored.
    event.allow_only(&[
        "Queue",
        "BatchSize",
        "Enabled",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "ScalingConfig",
    ])?;
    if event.get("Enabled", scope)? == Some(false) {
        return Ok(None);
    }
    let response_types: Vec<String> = event.get("FunctionResponseTypes", scope)?.unwrap_or_default();
    let scaling: BTreeMap<String, Value> = event.get("ScalingConfig", scope)?.unwrap_or_default();
    let maximum_concurrency = scaling.get("MaximumConcurrency").map(|maximum| text(maximum).parse()).transpose();
    let maximum_concurrency = maximum_concurrency.map_err(|_| event.error("MaximumConcurrency is not a number"))?;
    Ok(Some(QueueSource {
        queue_arn: event.require("Queue", scope)?,
        batch_size: event.get("BatchSize", scope)?.unwrap_or(10),
        reports_failures: response_types.iter().any(|kind| kind == "ReportBatchItemFailures"),
        maximum_concurrency,
    }))
}

fn schedule(event: &Resource<'_>, scope: &Scope, source: &'static str) -> Result<Option<Schedule>> {
    let state: Option<String> = event.get("State", scope)?;
    if state.as_deref() == Some("DISABLED") || event.get("Enabled", scope)? == Some(false) {
        return Ok(None);
    }
    // EventBridge Scheduler says ScheduleExpression, a rule says Schedule.
    let expression: Option<String> = event.get("ScheduleExpression", scope)?;
    let expression = expression.map_or_else(|| event.require("Schedule", scope), Ok)?;
    let every = rate(&expression)
        .with_context(|| format!("`{expression}` is not supported on this machine, only rate(…) is"))
        .map_err(|why| event.error(&why.to_string()))?;
    Ok(Some(Schedule { name: event.id().to_owned(), every, source, input: event.get("Input", scope)? }))
}

/// `rate(5 minutes)`, as EventBridge writes it.
fn rate(expression: &str) -> Option<Duration> {
    let inner = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (count, unit) = inner.trim().split_once(' ')?;
    let seconds = match unit.trim().trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    let count: u64 = count.parse().ok().filter(|count| *count > 0)?;
    Some(Duration::from_secs(count * seconds))
}

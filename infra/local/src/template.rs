//! Reads `template.yaml` as CloudFormation and SAM would.
//!
//! Only resources that run code, take requests or keep data are read; alarms or dashboards are skipped. An unsupported
//! resource of the first kind is an error that names the resource and the property.

mod globals;
mod intrinsics;
mod resource;
mod sources;
mod yaml;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

pub use intrinsics::Scope;
pub use resource::Resource;
pub use sources::{Function, QueueSource, Route, Schedule, functions};

/// CloudFormation's name for a function of SAM.
pub const FUNCTION: &str = "AWS::Serverless::Function";
/// CloudFormation's name for an HTTP API of SAM.
pub const HTTP_API: &str = "AWS::Serverless::HttpApi";
/// CloudFormation's name for an SQS queue.
pub const QUEUE: &str = "AWS::SQS::Queue";
/// CloudFormation's name for a DynamoDB table.
pub const TABLE: &str = "AWS::DynamoDB::Table";
/// CloudFormation's name for an IAM role.
pub const ROLE: &str = "AWS::IAM::Role";
/// CloudFormation's name for a group of logs.
pub const LOG_GROUP: &str = "AWS::Logs::LogGroup";
/// CloudFormation's name for a Secrets Manager secret.
pub const SECRET: &str = "AWS::SecretsManager::Secret";

/// Resource types whose absence would change what the system does; the rest (alarms, roles, log groups) may be absent.
const MUST_RUN: [&str; 7] = [
    "AWS::Serverless::",
    "AWS::Lambda::",
    "AWS::ApiGateway",
    "AWS::DynamoDB::",
    QUEUE,
    "AWS::SecretsManager::",
    "AWS::StepFunctions::",
];

/// A template with SAM's `Globals` merged in and its parameters given values.
#[derive(Debug, Clone)]
pub struct Template {
    resources: Map<String, Value>,
    conditions: Map<String, Value>,
    parameters: Map<String, Value>,
}

impl Template {
    /// Reads the file at `path`; `overrides` replace the parameters' defaults, as `sam deploy --parameter-overrides` does.
    ///
    /// # Errors
    /// When the file cannot be read or is not a template.
    pub fn read(path: &Path, overrides: &[(&str, String)]) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text, overrides).with_context(|| format!("cannot use {}", path.display()))
    }

    /// Parses the text of a template.
    ///
    /// # Errors
    /// As [`Template::read`].
    pub fn parse(text: &str, overrides: &[(&str, String)]) -> Result<Self> {
        let Value::Object(mut root) = yaml::parse(text)? else { bail!("it is not a mapping") };
        let Some(Value::Object(mut resources)) = root.remove("Resources") else { bail!("it has no Resources") };
        if let Some(Value::Object(globals)) = root.remove("Globals") {
            globals::merge(&globals, &mut resources)?;
        }
        let section = |root: &mut Map<String, Value>, name| match root.remove(name) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        let parameters = parameters(&section(&mut root, "Parameters"), overrides)?;
        Ok(Self { resources, conditions: section(&mut root, "Conditions"), parameters })
    }

    /// Everything that is known before any resource exists: pseudo parameters, parameters and conditions.
    ///
    /// # Errors
    /// When a condition cannot be evaluated, or the template holds a resource this machine cannot run.
    pub fn scope(&self, stack: &Stack<'_>) -> Result<Scope> {
        let mut scope = Scope::new(stack);
        for (name, value) in &self.parameters {
            scope.set(name, value.clone());
        }
        scope.evaluate_conditions(&self.conditions)?;
        self.check_supported(&scope)?;
        Ok(scope)
    }

    /// Refuses a resource that this machine cannot run and whose absence would change what the system does.
    fn check_supported(&self, scope: &Scope) -> Result<()> {
        for (id, resource) in self.resources.iter().filter(|(_, resource)| exists(resource, scope)) {
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            // The local queues have no policies.
            let supported = [FUNCTION, HTTP_API, QUEUE, "AWS::SQS::QueuePolicy", TABLE, SECRET].contains(&kind);
            if !supported && MUST_RUN.iter().any(|prefix| kind.starts_with(prefix)) {
                bail!("{id}: {kind} is not supported on this machine");
            }
        }
        Ok(())
    }

    /// The resources of one type whose condition is true, in alphabetical order of their logical ids.
    pub fn resources<'a>(&'a self, kind: &'a str, scope: &'a Scope) -> impl Iterator<Item = Resource<'a>> {
        self.resources
            .iter()
            .filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind))
            .filter(move |(_, resource)| exists(resource, scope))
            .map(|(id, resource)| Resource::new(id, resource))
    }
}

/// Whether the resource's condition is true, if it has one.
fn exists(resource: &Value, scope: &Scope) -> bool {
    resource.get("Condition").and_then(Value::as_str).is_none_or(|condition| scope.holds(condition))
}

/// The values of CloudFormation's pseudo parameters.
#[derive(Debug, Clone, Copy)]
pub struct Stack<'a> {
    /// `AWS::StackName`.
    pub name: &'a str,
    /// `AWS::Region`.
    pub region: &'a str,
    /// `AWS::AccountId`.
    pub account: &'a str,
}

impl Stack<'_> {
    /// `AWS::StackId`, whose last part is different for each stack.
    fn id(&self) -> String {
        let Self { name, region, account } = self;
        format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/00000000-0000-4000-8000-000000000000")
    }
}

fn parameters(declared: &Map<String, Value>, overrides: &[(&str, String)]) -> Result<Map<String, Value>> {
    let mut values = Map::new();
    for (name, declaration) in declared {
        let given = overrides.iter().find(|(known, _)| known == name).map(|(_, value)| Value::from(value.as_str()));
        let Some(value) = given.or_else(|| declaration.get("Default").cloned()) else {
            bail!("the parameter {name} has no default");
        };
        // A parameter of type Number is text, too, wherever it is used.
        values.insert(name.clone(), Value::from(resource::text(&value)));
    }
    Ok(values)
}

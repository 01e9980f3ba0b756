//! The policies of a function, as the template states them.

use anyhow::Result;
use serde::Deserialize;

use super::call::Call;
use crate::template::{Resource, Scope};

/// What a function may do in AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies(Vec<Statement>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    effect: Effect,
    action: OneOrMore,
    resource: OneOrMore,
}

/// `Deny` is not supported on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    #[serde(rename = "Version")]
    _version: Option<String>,
    statement: Vec<Statement>,
}

impl Policies {
    /// The inline policies of a function.
    ///
    /// # Errors
    /// Names the function, if a policy is of another kind or cannot be resolved.
    pub(crate) fn read(function: &Resource<'_>, scope: &Scope) -> Result<Self> {
        let policies: Vec<Policy> = function.get("Policies", scope)?.unwrap_or_default();
        Ok(Self(policies.into_iter().flat_map(|policy| policy.statement).collect()))
    }

    /// Whether a statement allows the call.
    pub(super) fn allow(&self, call: &Call) -> bool {
        let action = format!("{}:{}", call.service, call.action);
        self.0.iter().any(|Statement { effect: Effect::Allow, action: actions, resource }| {
            actions.iter().any(|allowed| *allowed == action)
                && resource.iter().any(|pattern| matches(pattern, &call.resource))
        })
    }
}

impl Policies {
    /// Each action, such as `dynamodb:GetItem`, with each resource that it is allowed on. A resource may end in `*`.
    pub fn permissions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|Statement { action, resource, .. }| {
            action.iter().flat_map(|action| resource.iter().map(|resource| (action.as_str(), resource.as_str())))
        })
    }
}

impl OneOrMore {
    fn iter(&self) -> impl Iterator<Item = &String> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
        .iter()
    }
}

/// Whether an ARN is, or begins as, the pattern says. A `*` is supported at the end only.
fn matches(pattern: &str, arn: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == arn, |prefix| arn.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Stack, Template};

    fn policies(statement: &str) -> Result<Policies> {
        let text = format!(
            "Resources: {{ F: {{ Type: AWS::Serverless::Function, Properties: {{ Policies: [{{ Statement: [{statement}] }}] }} }} }}"
        );
        let template = Template::parse(&text, &[])?;
        let scope = template.scope(&Stack { name: "s", region: "r", account: "a" })?;
        let function = template.resources("AWS::Serverless::Function", &scope).next().expect("a function");
        Policies::read(&function, &scope)
    }

    fn call(action: &str, resource: &str) -> Call {
        Call { service: "sqs", action: action.to_owned(), resource: resource.to_owned() }
    }

    #[test]
    fn only_what_a_statement_allows_is_allowed() {
        let policies = policies("{ Effect: Allow, Action: sqs:SendMessage, Resource: [x, y/*] }").expect("policies");
        assert!(policies.allow(&call("SendMessage", "x")) && policies.allow(&call("SendMessage", "y/z")));
        for other in [call("SendMessage", "xy"), call("SendMessage", "y"), call("ReceiveMessage", "x")] {
            assert!(!policies.allow(&other), "{other}");
        }
        assert!(!Policies::default().allow(&call("SendMessage", "x")));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for statement in
            ["{ Effect: Deny, Action: a, Resource: b }", "{ Effect: Allow, Action: a, Resource: b, Condition: {} }"]
        {
            assert!(policies(statement).is_err(), "{statement}");
        }
    }
}

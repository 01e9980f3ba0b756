//! The policies of a function, as the template states them.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

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

/// The name of the policy with the calls that a function's own code makes. The others are for what Lambda itself does with
/// the function's role: logs, queues and networks.
const CALLS: &str = "calls";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    policy_name: String,
    policy_document: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "Version")]
    _version: Option<String>,
    statement: Vec<Statement>,
}

impl Policies {
    /// What the role of a function allows the function's own code.
    ///
    /// # Errors
    /// Names the role, if a policy is of another kind or cannot be resolved.
    pub(crate) fn read(role: &Resource<'_>, scope: &Scope) -> Result<Self> {
        let policies: Vec<Policy> = role.get("Policies", scope)?.unwrap_or_default();
        let calls = policies.into_iter().filter(|policy| policy.policy_name == CALLS);
        let documents = calls.map(|policy| serde_json::from_value::<Document>(policy.policy_document));
        let documents = documents.collect::<Result<Vec<_>, _>>().with_context(|| format!("{}.Policies", role.id()))?;
        Ok(Self(documents.into_iter().flat_map(|document| document.statement).collect()))
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
    use crate::template::{ROLE, Stack, Template};

    fn policies(statement: &str) -> Result<Policies> {
        let text = format!(
            "Resources: {{ R: {{ Type: AWS::IAM::Role, Properties: {{ Policies: [\
             {{ PolicyName: calls, PolicyDocument: {{ Statement: [{statement}] }} }}, \
             {{ PolicyName: lambda, PolicyDocument: {{ Statement: [{{ Effect: Allow, Action: sqs:ReceiveMessage, Resource: x }}] }} }}] }} }} }}"
        );
        let template = Template::parse(&text, &[])?;
        let scope = template.scope(&Stack { name: "s", region: "r", account: "a" })?;
        let role = template.resources(ROLE, &scope).next().expect("a role");
        Policies::read(&role, &scope)
    }

    fn call(action: &str, resource: &str) -> Call {
        Call { service: "sqs", action: action.to_owned(), resource: resource.to_owned() }
    }

    #[test]
    fn only_what_a_statement_allows_is_allowed() {
        let policies = policies("{ Effect: Allow, Action: sqs:SendMessage, Resource: [x, y/*] }").expect("policies");
        assert!(policies.allow(&call("SendMessage", "x")) && policies.allow(&call("SendMessage", "y/z")));
        // The last one is allowed to Lambda, not to the function's code.
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

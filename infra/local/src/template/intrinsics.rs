//! CloudFormation's intrinsic functions, resolved with the names of the local resources.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

use super::{Stack, resource::text};

/// Values for `Ref` and `Fn::GetAtt`, and conditions.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    values: BTreeMap<String, Value>,
    conditions: BTreeMap<String, bool>,
}

impl Scope {
    pub(super) fn new(stack: &Stack<'_>) -> Self {
        let mut scope = Self::default();
        for (name, value) in [
            ("AWS::StackName", stack.name),
            ("AWS::StackId", &stack.id()),
            ("AWS::Region", stack.region),
            ("AWS::AccountId", stack.account),
            ("AWS::Partition", "aws"),
            ("AWS::URLSuffix", "amazonaws.com"),
        ] {
            scope.set(name, value.into());
        }
        scope
    }

    /// Sets the value of `Ref name`, or with `name.Attribute` that of `Fn::GetAtt`.
    pub fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// Whether the condition is true; an unknown one is not.
    pub fn holds(&self, condition: &str) -> bool {
        self.conditions.get(condition).copied().unwrap_or(false)
    }

    pub(super) fn evaluate_conditions(&mut self, conditions: &Map<String, Value>) -> Result<()> {
        // A condition may use one that is declared after it, so repeat until a pass evaluates none.
        let mut unevaluated: Vec<_> = conditions.iter().collect();
        while !unevaluated.is_empty() {
            let before = unevaluated.len();
            let mut why = None;
            unevaluated.retain(|(name, condition)| match self.evaluate(condition) {
                Ok(value) => {
                    self.conditions.insert((*name).clone(), value);
                    false
                }
                Err(error) => {
                    why = Some(error.context(format!("Conditions.{name}")));
                    true
                }
            });
            if unevaluated.len() == before {
                return Err(why.unwrap_or_else(|| anyhow::anyhow!("conditions that cannot be evaluated")));
            }
        }
        Ok(())
    }

    /// The value with every intrinsic function replaced; `None` is `AWS::NoValue`.
    ///
    /// # Errors
    /// When a function or a name is unknown here.
    pub fn resolve(&self, value: &Value) -> Result<Option<Value>> {
        Ok(Some(match value {
            Value::Array(items) => {
                items.iter().filter_map(|item| self.resolve(item).transpose()).collect::<Result<_>>()?
            }
            Value::Object(object) => match single(object) {
                Some((function, argument)) => return self.call(function, argument),
                None => object
                    .iter()
                    .filter_map(|(key, value)| {
                        self.resolve(value).transpose().map(|value| value.map(|value| (key.clone(), value)))
                    })
                    .collect::<Result<_>>()?,
            },
            scalar => scalar.clone(),
        }))
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Option<Value>> {
        let value = match function {
            "Ref" => match argument.as_str().context("Ref needs a name")? {
                "AWS::NoValue" => return Ok(None),
                name => self.value_of(name)?,
            },
            "Fn::GetAtt" => {
                let parts: Vec<_> = argument.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                self.value_of(&parts.join("."))?
            }
            "Fn::Sub" => Value::from(self.substitute(argument)?),
            "Fn::Join" => {
                let (separator, items) = pair(argument).context("Fn::Join needs a separator and a list")?;
                let items = self.resolve(items)?.unwrap_or_default();
                let items: Vec<_> = items.as_array().into_iter().flatten().map(text).collect();
                Value::from(items.join(separator.as_str().unwrap_or_default()))
            }
            "Fn::Split" => {
                let (separator, text) = pair(argument).context("Fn::Split needs a separator and a text")?;
                let (separator, text) =
                    (separator.as_str().unwrap_or_default(), self.resolve(text)?.unwrap_or_default());
                text.as_str().unwrap_or_default().split(separator).map(Value::from).collect()
            }
            "Fn::Select" => {
                let (index, items) = pair(argument).context("Fn::Select needs an index and a list")?;
                let items = self.resolve(items)?.unwrap_or_default();
                let index = text(index).parse().ok();
                let item = index.and_then(|index: usize| items.get(index).cloned());
                item.with_context(|| format!("Fn::Select: {items} has no item {index:?}"))?
            }
            "Fn::If" => {
                let [condition, yes, no] = argument.as_array().map_or(&[][..], Vec::as_slice) else {
                    bail!("Fn::If needs a condition and two values");
                };
                let condition = condition.as_str().context("Fn::If needs a condition's name")?;
                return self.resolve(if self.holds(condition) { yes } else { no });
            }
            other => bail!("{other} is not supported on this machine"),
        };
        Ok(Some(value))
    }

    fn value_of(&self, name: &str) -> Result<Value> {
        self.values.get(name).cloned().with_context(|| format!("{name} is not known on this machine"))
    }

    /// `${Name}`, `${Resource.Attribute}` and `${!Literal}`, with `Fn::Sub`'s optional map of names.
    fn substitute(&self, argument: &Value) -> Result<String> {
        let (pattern, own) = match argument {
            Value::String(pattern) => (pattern.as_str(), &Value::Null),
            other => pair(other)
                .and_then(|(pattern, own)| Some((pattern.as_str()?, own)))
                .context("Fn::Sub needs text, or text and a map")?,
        };
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').context("Fn::Sub has a ${ without its }")?;
            out.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                out.extend(["${", literal, "}"]);
            } else if let Some(value) = own.get(name.trim()) {
                out.push_str(&text(&self.resolve(value)?.unwrap_or_default()));
            } else {
                out.push_str(&text(&self.value_of(name.trim())?));
            }
            rest = after;
        }
        Ok(out + rest)
    }

    fn evaluate(&self, condition: &Value) -> Result<bool> {
        let (function, argument) = condition.as_object().and_then(single).context("it is not a condition")?;
        let operands = argument.as_array().map_or(&[][..], Vec::as_slice);
        Ok(match function {
            "Condition" => {
                let name = argument.as_str().unwrap_or_default();
                *self.conditions.get(name).with_context(|| format!("{name} is not a condition"))?
            }
            "Fn::Equals" => match operands {
                [left, right] => self.resolve(left)? == self.resolve(right)?,
                _ => bail!("Fn::Equals needs two values"),
            },
            "Fn::Not" => !self.evaluate(operands.first().context("Fn::Not needs a condition")?)?,
            "Fn::And" => {
                operands.iter().map(|one| self.evaluate(one)).collect::<Result<Vec<_>>>()?.iter().all(|one| *one)
            }
            "Fn::Or" => {
                operands.iter().map(|one| self.evaluate(one)).collect::<Result<Vec<_>>>()?.iter().any(|one| *one)
            }
            other => bail!("{other} is not supported on this machine"),
        })
    }
}

/// An intrinsic function is an object with one key.
fn single(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = object.iter().next().filter(|_| object.len() == 1)?;
    (matches!(name.as_str(), "Ref" | "Condition") || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

fn pair(value: &Value) -> Option<(&Value, &Value)> {
    match value.as_array()?.as_slice() {
        [first, second] => Some((first, second)),
        _ => None,
    }
}

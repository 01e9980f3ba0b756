//! CloudFormation's YAML as JSON: each short form (`!Ref X`) becomes its long form (`{"Ref": "X"}`).

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

pub(super) fn parse(text: &str) -> Result<Value> {
    json(serde_yaml_ng::from_str(text).context("it is not YAML")?)
}

fn json(yaml: Yaml) -> Result<Value> {
    Ok(match yaml {
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(json).collect::<Result<_>>()?),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                object.insert(name(&key)?, json(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let tag = tag.trim_start_matches('!');
            let value = json(tagged.value)?;
            let (function, value) = match (tag, value) {
                ("Ref" | "Condition", value) => (tag.to_owned(), value),
                ("GetAtt", Value::String(path)) => {
                    let (id, attribute) = path.split_once('.').context("!GetAtt needs Resource.Attribute")?;
                    ("Fn::GetAtt".to_owned(), Value::from(vec![id, attribute]))
                }
                (_, value) => (format!("Fn::{tag}"), value),
            };
            Value::Object(Map::from_iter([(function, value)]))
        }
        scalar @ (Yaml::Null | Yaml::Bool(_) | Yaml::Number(_) | Yaml::String(_)) => {
            serde_json::to_value(scalar).context("a number that JSON cannot hold")?
        }
    })
}

fn name(key: &Yaml) -> Result<String> {
    match key {
        Yaml::String(text) => Ok(text.clone()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(truth) => Ok(truth.to_string()),
        _ => bail!("a key is neither text nor a number"),
    }
}

//! SAM's `Globals`: defaults of every function.

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::{FUNCTION, HTTP_API};

/// Merges each section into the resources of its type.
pub(super) fn merge(globals: &Map<String, Value>, resources: &mut Map<String, Value>) -> Result<()> {
    for (section, defaults) in globals {
        let kind = match section.as_str() {
            "Function" => FUNCTION,
            "HttpApi" => HTTP_API,
            _ => bail!("Globals.{section} is not supported on this machine"),
        };
        for resource in resources.values_mut().filter(|resource| resource["Type"] == kind) {
            let own = resource["Properties"].take();
            resource["Properties"] = merged(defaults, own);
        }
    }
    Ok(())
}

/// Maps are merged, lists are appended to, anything else is replaced: the rules of SAM's specification.
fn merged(default: &Value, own: Value) -> Value {
    match (default, own) {
        (default, Value::Null) => default.clone(),
        (Value::Object(default), Value::Object(mut own)) => {
            for (key, value) in default {
                let mine = own.get_mut(key).map(Value::take).unwrap_or_default();
                own.insert(key.clone(), merged(value, mine));
            }
            Value::Object(own)
        }
        (Value::Array(default), Value::Array(own)) => default.iter().cloned().chain(own).collect(),
        (_, own) => own,
    }
}

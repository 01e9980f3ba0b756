//! Conversion between DynamoDB attributes and Rust types.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::stored;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Corrupt;
use crate::schema;

/// Name of the attribute that says by which schema an item was written. An item without it is older than schema 1.
pub(crate) const SCHEMA: &str = "schema";

/// The value of [`SCHEMA`].
pub(crate) fn schema() -> AttributeValue {
    number(schema::VERSION)
}

/// The attributes of an item in the SDK's representation.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// A string attribute.
pub(crate) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// An instant as a number of UNIX seconds.
pub(crate) fn seconds(at: Timestamp) -> AttributeValue {
    number(at.as_second())
}

/// Any serializable value.
pub(crate) fn value(value: &impl Serialize) -> AttributeValue {
    serde_dynamo::to_attribute_value(value).expect("stored types serialize to attributes")
}

/// Attributes by their names.
pub(crate) fn attributes<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Attributes {
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The key of an item: its attributes are texts.
pub(crate) fn key<const N: usize>(attributes: [(&str, &str); N]) -> Attributes {
    attributes.map(|(name, value)| (name.to_owned(), text(value))).into()
}

/// The attribute without values that JSON cannot hold: no version stores any in a document.
fn without_binary(value: AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::B(_) | AttributeValue::Bs(_) => AttributeValue::Null(true),
        AttributeValue::L(values) => AttributeValue::L(values.into_iter().map(without_binary).collect()),
        AttributeValue::M(values) => {
            AttributeValue::M(values.into_iter().map(|(name, value)| (name, without_binary(value))).collect())
        }
        other => other,
    }
}

/// An item being read; reading an attribute removes it.
pub(crate) struct Item {
    key: String,
    attributes: Attributes,
}

impl Item {
    /// An item whose errors carry the value of its attribute `key`.
    pub(crate) fn new(attributes: Attributes, key: &str) -> Self {
        let key = attributes.get(key).and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
        Self { key, attributes }
    }

    /// Its key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// An attribute that must be present and readable.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, attribute: &'static str) -> Result<T, Corrupt> {
        self.readable(attribute)?.ok_or_else(|| self.corrupt(attribute))
    }

    /// An attribute that may be absent, but must be readable where it is present.
    pub(crate) fn readable<T: DeserializeOwned>(&mut self, attribute: &'static str) -> Result<Option<T>, Corrupt> {
        let Some(value) = self.json(attribute)? else { return Ok(None) };
        stored::read(value, &Value::Null).map(Some).map_err(|_| self.corrupt(attribute))
    }

    /// An attribute that may be absent. One that this version cannot read counts as absent.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self, attribute: &'static str) -> Option<T> {
        self.readable(attribute).ok().flatten()
    }

    /// An instant that may be absent. One that this version cannot read counts as absent.
    pub(crate) fn instant(&mut self, attribute: &'static str) -> Option<Timestamp> {
        self.optional(attribute).and_then(|seconds| Timestamp::from_second(seconds).ok())
    }

    /// An attribute as JSON; none if it is absent or null.
    pub(crate) fn json(&mut self, attribute: &'static str) -> Result<Option<Value>, Corrupt> {
        let Some(value) = self.attributes.remove(attribute) else { return Ok(None) };
        let json: Value =
            serde_dynamo::from_attribute_value(without_binary(value)).map_err(|_| self.corrupt(attribute))?;
        Ok(Some(json).filter(|json| !json.is_null()))
    }

    /// The error for an unreadable `attribute`.
    pub(crate) fn corrupt(&self, attribute: &'static str) -> Corrupt {
        Corrupt { key: self.key.clone(), attribute }
    }
}

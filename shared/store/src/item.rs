//! Conversion between DynamoDB attributes and Rust types.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Corrupt;

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

    /// An attribute that must be present.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, attribute: &'static str) -> Result<T, Corrupt> {
        self.optional(attribute)?.ok_or_else(|| self.corrupt(attribute))
    }

    /// An attribute that may be absent.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self, attribute: &'static str) -> Result<Option<T>, Corrupt> {
        let value = self.attributes.remove(attribute);
        let read = value.map(serde_dynamo::from_attribute_value::<AttributeValue, Option<T>>).transpose();
        read.map(Option::flatten).map_err(|_| self.corrupt(attribute))
    }

    /// An instant that may be absent.
    pub(crate) fn instant(&mut self, attribute: &'static str) -> Result<Option<Timestamp>, Corrupt> {
        let seconds = self.optional::<i64>(attribute)?;
        seconds.map(Timestamp::from_second).transpose().map_err(|_| self.corrupt(attribute))
    }

    /// The error for an unreadable `attribute`.
    pub(crate) fn corrupt(&self, attribute: &'static str) -> Corrupt {
        Corrupt { key: self.key.clone(), attribute }
    }
}

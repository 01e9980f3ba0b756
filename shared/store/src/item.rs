//! Attributes of an item, to and from Rust's types.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Corrupt;

/// The attributes of an item as the SDK has them.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// Text.
pub(crate) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number.
pub(crate) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// UNIX seconds.
pub(crate) fn seconds(at: Timestamp) -> AttributeValue {
    number(at.as_second())
}

/// Anything, as maps, lists, texts and numbers.
pub(crate) fn value(value: &impl Serialize) -> AttributeValue {
    serde_dynamo::to_attribute_value(value).expect("what is stored has the shape of an item")
}

/// An item that is being read; an attribute is taken out once.
pub(crate) struct Item {
    key: String,
    attributes: Attributes,
}

impl Item {
    /// An item that errors name by its attribute `key`.
    pub(crate) fn new(attributes: Attributes, key: &str) -> Self {
        let key = attributes.get(key).and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
        Self { key, attributes }
    }

    /// Its key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// An attribute that every item has.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, attribute: &'static str) -> Result<T, Corrupt> {
        self.optional(attribute)?.ok_or_else(|| self.corrupt(attribute))
    }

    /// An attribute that an item may lack.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self, attribute: &'static str) -> Result<Option<T>, Corrupt> {
        let value = self.attributes.remove(attribute);
        let read = value.map(serde_dynamo::from_attribute_value::<AttributeValue, Option<T>>).transpose();
        read.map(Option::flatten).map_err(|_| self.corrupt(attribute))
    }

    /// An instant that an item may lack.
    pub(crate) fn instant(&mut self, attribute: &'static str) -> Result<Option<Timestamp>, Corrupt> {
        let seconds = self.optional::<i64>(attribute)?;
        seconds.map(Timestamp::from_second).transpose().map_err(|_| self.corrupt(attribute))
    }

    /// Says that `attribute` is not as it should be.
    pub(crate) fn corrupt(&self, attribute: &'static str) -> Corrupt {
        Corrupt { key: self.key.clone(), attribute }
    }
}

//! DynamoDB's update expressions, with every name and value behind a placeholder: many plain words are reserved.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

/// What an `UpdateItem` changes, and on which condition.
#[derive(Clone, Default)]
pub(crate) struct Update {
    set: Vec<String>,
    remove: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Update {
    /// Sets `attribute`.
    pub(crate) fn set(mut self, attribute: &str, value: AttributeValue) -> Self {
        self.set.push(format!("#{attribute} = :{attribute}"));
        self.values.insert(format!(":{attribute}"), value);
        self.name(attribute)
    }

    /// Sets `attribute` if the item has none yet.
    pub(crate) fn set_if_absent(mut self, attribute: &str, value: AttributeValue) -> Self {
        self.set.push(format!("#{attribute} = if_not_exists(#{attribute}, :{attribute})"));
        self.values.insert(format!(":{attribute}"), value);
        self.name(attribute)
    }

    /// Sets `attribute`, or removes it if there is no value.
    pub(crate) fn set_or_remove(self, attribute: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(attribute, value),
            None => self.remove(attribute),
        }
    }

    /// Sets a part of an attribute that is a map.
    pub(crate) fn set_part(mut self, attribute: &str, part: &str, value: AttributeValue) -> Self {
        self.set.push(format!("#{attribute}.#{part} = :{attribute}_{part}"));
        self.values.insert(format!(":{attribute}_{part}"), value);
        self.name(attribute).name(part)
    }

    /// Removes `attribute`.
    pub(crate) fn remove(mut self, attribute: &str) -> Self {
        self.remove.push(format!("#{attribute}"));
        self.name(attribute)
    }

    /// Only if `attribute` compares so with `value`: `=`, `>` and the like. All such conditions must hold.
    pub(crate) fn only_if(mut self, attribute: &str, comparison: &str, value: AttributeValue) -> Self {
        let placeholder = format!(":condition{}", self.conditions.len());
        self.conditions.push(format!("#{attribute} {comparison} {placeholder}"));
        self.values.insert(placeholder, value);
        self.name(attribute)
    }

    /// Only if the item does not exist; `key` is an attribute of its key.
    pub(crate) fn only_if_new(mut self, key: &str) -> Self {
        self.conditions.push(format!("attribute_not_exists(#{key})"));
        self.name(key)
    }

    /// Only if the item exists; `key` is an attribute of its key.
    pub(crate) fn only_if_exists(mut self, key: &str) -> Self {
        self.conditions.push(format!("attribute_exists(#{key})"));
        self.name(key)
    }

    /// Only if `condition` holds, which spells each of `names` as `#name`; its values come by [`Update::value`].
    pub(crate) fn only_where(mut self, condition: &str, names: &[&str]) -> Self {
        self.conditions.push(format!("({condition})"));
        names.iter().fold(self, |update, name| update.name(name))
    }

    /// What a condition spells as `:name`.
    pub(crate) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    fn name(mut self, attribute: &str) -> Self {
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
        self
    }

    /// The request with all of it.
    pub(crate) fn on(self, request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let part = |verb: &str, list: &[String]| (!list.is_empty()).then(|| format!("{verb} {}", list.join(", ")));
        let parts = [part("SET", &self.set), part("REMOVE", &self.remove)];
        request
            .update_expression(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
            .set_condition_expression((!self.conditions.is_empty()).then(|| self.conditions.join(" AND ")))
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values((!self.values.is_empty()).then_some(self.values))
    }
}

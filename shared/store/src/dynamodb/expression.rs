//! DynamoDB's update expressions. Every name and value is a placeholder, because many common words are reserved.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

/// The update and condition expressions of an `UpdateItem`.
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

    /// Sets `attribute` if there is a value for it and the item has none yet.
    pub(crate) fn set_if_absent_and_known(self, attribute: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set_if_absent(attribute, value),
            None => self,
        }
    }

    /// Sets `attribute` to the value that another attribute has, which must exist.
    pub(crate) fn copy(mut self, from: &str, attribute: &str) -> Self {
        self.set.push(format!("#{attribute} = #{from}"));
        self.name(attribute).name(from)
    }

    /// Sets `attribute`, or removes it if there is no value.
    pub(crate) fn set_or_remove(self, attribute: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(attribute, value),
            None => self.remove(attribute),
        }
    }

    /// Sets one key of an attribute that is a map.
    pub(crate) fn set_nested(mut self, attribute: &str, key: &str, value: AttributeValue) -> Self {
        self.set.push(format!("#{attribute}.#{key} = :{attribute}_{key}"));
        self.values.insert(format!(":{attribute}_{key}"), value);
        self.name(attribute).name(key)
    }

    /// Removes `attribute`.
    pub(crate) fn remove(mut self, attribute: &str) -> Self {
        self.remove.push(format!("#{attribute}"));
        self.name(attribute)
    }

    /// Removes one key of an attribute that is a map.
    pub(crate) fn remove_nested(mut self, attribute: &str, key: &str) -> Self {
        self.remove.push(format!("#{attribute}.#{key}"));
        self.name(attribute).name(key)
    }

    /// Adds the condition `attribute comparison value`, such as with `=` or `>`. All conditions must hold.
    pub(crate) fn only_if(mut self, attribute: &str, comparison: &str, value: AttributeValue) -> Self {
        let placeholder = format!(":condition{}", self.conditions.len());
        self.conditions.push(format!("#{attribute} {comparison} {placeholder}"));
        self.values.insert(placeholder, value);
        self.name(attribute)
    }

    /// Adds the condition that the item does not exist; `key` is an attribute of its key.
    pub(crate) fn only_if_new(mut self, key: &str) -> Self {
        self.conditions.push(format!("attribute_not_exists(#{key})"));
        self.name(key)
    }

    /// Adds the condition that the item exists; `key` is an attribute of its key.
    pub(crate) fn only_if_exists(mut self, key: &str) -> Self {
        self.conditions.push(format!("attribute_exists(#{key})"));
        self.name(key)
    }

    /// Adds a condition expression that refers to each of `names` as `#name`; [`Update::value`] adds its values.
    pub(crate) fn only_if_expression(mut self, condition: &str, names: &[&str]) -> Self {
        self.conditions.push(format!("({condition})"));
        names.iter().fold(self, |update, name| update.name(name))
    }

    /// Adds the value that a condition expression refers to as `:name`.
    pub(crate) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    fn name(mut self, attribute: &str) -> Self {
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
        self
    }

    /// Adds the expressions, names and values to a request.
    pub(crate) fn apply_to(self, request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let clause = |verb: &str, list: &[String]| (!list.is_empty()).then(|| format!("{verb} {}", list.join(", ")));
        let clauses = [clause("SET", &self.set), clause("REMOVE", &self.remove)];
        request
            .update_expression(clauses.into_iter().flatten().collect::<Vec<_>>().join(" "))
            .set_condition_expression((!self.conditions.is_empty()).then(|| self.conditions.join(" AND ")))
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values((!self.values.is_empty()).then_some(self.values))
    }
}

//! Filters on entries of the index.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::calls::state::State;
use crate::dynamodb::item;

/// A filter expression on entries of the index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(super) conditions: Vec<String>,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Filter {
    /// Only entries in one of these states; empty means any.
    pub(crate) fn states(self, states: &[State]) -> Self {
        let states = states.iter().map(item::value).collect();
        self.one_of("state", states, "")
    }

    /// Only entries whose attribute has one of these values; empty means any.
    /// Entries merged before the index had the attribute pass as well: only the table shows their value.
    pub(crate) fn one_of_or_unindexed(mut self, attribute: &str, values: Vec<AttributeValue>) -> Self {
        if !values.is_empty() {
            // An entry that has any of these attributes has `number`.
            self.names.insert("#number".to_owned(), "number".to_owned());
        }
        self.one_of(attribute, values, "attribute_not_exists(#number) OR ")
    }

    fn one_of(mut self, attribute: &str, values: Vec<AttributeValue>, or: &str) -> Self {
        let mut distinct: Vec<AttributeValue> = Vec::new();
        for value in values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        if distinct.is_empty() {
            return self;
        }
        let placeholders: Vec<String> = (0..distinct.len()).map(|n| format!(":{attribute}{n}")).collect();
        self.conditions.push(format!("({or}#{attribute} IN ({}))", placeholders.join(", ")));
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
        self.values.extend(placeholders.into_iter().zip(distinct));
        self
    }
}

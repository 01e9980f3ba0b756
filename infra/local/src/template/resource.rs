//! One resource of the template, read property by property.

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Scope;

/// A resource, or a part of one such as an event of a function; `name` identifies it in errors.
#[derive(Debug, Clone)]
pub struct Resource<'a> {
    id: &'a str,
    name: String,
    definition: &'a Value,
}

impl<'a> Resource<'a> {
    pub(super) fn new(id: &'a str, definition: &'a Value) -> Self {
        Self { id, name: id.to_owned(), definition }
    }

    /// The logical id.
    pub fn id(&self) -> &'a str {
        self.id
    }

    /// A part of this resource that has `Type` and `Properties` of its own.
    pub(super) fn part(&self, id: &'a str, definition: &'a Value) -> Self {
        Self { id, name: format!("{}.{id}", self.name), definition }
    }

    /// The parts under a property whose value is a map, unresolved.
    pub(super) fn parts(&self, property: &str) -> impl Iterator<Item = Self> {
        let parts = self.definition["Properties"][property].as_object();
        parts.into_iter().flatten().map(|(id, definition)| self.part(id, definition))
    }

    /// The `Type`.
    pub(super) fn kind(&self) -> &'a str {
        self.definition["Type"].as_str().unwrap_or_default()
    }

    /// Text outside `Properties`, such as `Metadata.BuildProperties.Binary`.
    pub(super) fn metadata(&self, pointer: &str) -> Option<&'a str> {
        self.definition.pointer(pointer).and_then(Value::as_str)
    }

    /// A property with its intrinsic functions resolved; `None` when it is absent.
    ///
    /// # Errors
    /// Names the resource and the property when the value cannot be resolved or has another shape than `T`.
    pub fn get<T: DeserializeOwned>(&self, property: &str, scope: &Scope) -> Result<Option<T>> {
        let Some(value) = self.definition["Properties"].get(property) else { return Ok(None) };
        let read = || -> Result<Option<T>> { Ok(scope.resolve(value)?.map(serde_json::from_value).transpose()?) };
        read().with_context(|| format!("{}.{property}", self.name))
    }

    /// A required property.
    ///
    /// # Errors
    /// As [`Resource::get`], and when the property is missing.
    pub fn require<T: DeserializeOwned>(&self, property: &str, scope: &Scope) -> Result<T> {
        self.get(property, scope)?.with_context(|| format!("{}.{property} is missing", self.name))
    }

    /// Refuses properties that are not `known`, as they may change the resource's behaviour.
    ///
    /// # Errors
    /// Names the resource and the first property that is not in `known`.
    pub fn allow_only(&self, known: &[&str]) -> Result<()> {
        let properties = self.definition["Properties"].as_object();
        match properties.into_iter().flatten().find(|(property, _)| !known.contains(&property.as_str())) {
            Some((property, _)) => anyhow::bail!("{}.{property} is not supported on this machine", self.name),
            None => Ok(()),
        }
    }

    /// An error about this resource.
    pub(super) fn error(&self, what: &str) -> anyhow::Error {
        anyhow::anyhow!("{}: {what}", self.name)
    }
}

/// A scalar as CloudFormation writes it where text is wanted.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

//! Schemas that are more precise than the Rust types of their fields.

use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// A string that is one of these values.
pub(crate) fn one_of(words: impl IntoIterator<Item = &'static str>, description: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).description(Some(description)).build()
}

//! Schemas of fields that Rust knows as less than they are.

use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// One of these words.
pub(crate) fn one_of(words: &'static [&'static str], description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().copied()))
        .description(Some(description))
        .build()
}

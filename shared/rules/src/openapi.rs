//! OpenAPI schemas of types whose JSON differs from their Rust structure.

use serde_json::json;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::call::LineId;
use crate::schedule::{MinuteOfDay, Schedule, Zone};

/// The pattern of a line's id as the key of an object.
const ID_PATTERN: &str = "^(0|[1-9][0-9]{0,18})$";
/// The pattern of a minute of the day.
const MINUTE_PATTERN: &str = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";

impl PartialSchema for LineId {
    fn schema() -> RefOr<Schema> {
        let id = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("Aircall's id of a line, which Aircall calls a number."))
            .minimum(Some(0_u64))
            .maximum(Some(u64::MAX))
            .examples([json!(397_375)]);
        id.into()
    }
}

impl ToSchema for LineId {}

impl PartialSchema for MinuteOfDay {
    fn schema() -> RefOr<Schema> {
        let description = "A minute of the day on the wall clock, from `00:00` to `24:00`.";
        text(description).pattern(Some(MINUTE_PATTERN)).examples([json!("09:00")]).into()
    }
}

impl ToSchema for MinuteOfDay {}

impl PartialSchema for Zone {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::Custom("iana-time-zone".to_owned());
        let description = "A time zone by its name in the IANA database.";
        text(description).format(Some(format)).examples([json!("Europe/Vienna")]).into()
    }
}

impl ToSchema for Zone {}

/// The version of a settings document.
pub(crate) fn version() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("The number of changes so far. A change names the version that it is based on."))
        .minimum(Some(0_u64))
        .maximum(Some(u64::MAX))
        .examples([json!(7)])
        .build()
}

/// The hours of individual lines, by their ids.
pub(crate) fn schedules() -> Object {
    ObjectBuilder::new()
        .description(Some("The hours of individual lines, by their ids. An empty entry means always closed."))
        .property_names(Some(text("Aircall's id of a line.").pattern(Some(ID_PATTERN))))
        .additional_properties(Some(AdditionalProperties::RefOr(Ref::from_schema_name(Schedule::name()).into())))
        .examples([json!({ "397375": { "time_zone": "Europe/Vienna", "weekly": {}, "holidays": [] } })])
        .build()
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

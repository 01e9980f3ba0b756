//! Which records an activity may be related to.

use serde_json::Value;

use crate::{error::ApiError, schema::Object, tables::Fields};

/// Refuses an activity that is related to a Lead and also to another record.
pub(super) fn check(object: &Object, fields: &Fields) -> Result<(), ApiError> {
    let id = |name| fields.get(name).and_then(Value::as_str);
    if object.has("WhoId") && id("WhoId").is_some_and(|id| id.starts_with("00Q")) && id("WhatId").is_some() {
        let message = "field integrity exception: WhoId, WhatId";
        return Err(ApiError::record("FIELD_INTEGRITY_EXCEPTION", message, &["WhoId", "WhatId"]));
    }
    Ok(())
}

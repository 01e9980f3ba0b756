//! `POST /api/phones`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use rules::LineId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::Ref;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};

use super::{MAX_LEN, PhoneField, TOO_LONG, for_line};
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::openapi::body;
use crate::web::signed_in::SignedIn;

/// Longest body, in bytes.
const MAX_BODY: usize = 16 * 1024;

/// The text of a phone field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PhoneFieldText)]
struct PhoneFieldText {
    /// What stands in the field.
    #[schema(max_length = 1000, example = "+33 6 39 98 00 01 / (415) 555-0132 ext. 12")]
    text: String,
    /// The line.
    #[serde(default)]
    #[schema(schema_with = line_schema)]
    line: Option<LineId>,
}

fn line_schema() -> Schema {
    let description = "Aircall's ID of the line of the call. Without it, or if it is not known, only the org's country makes \
                       numbers sure.";
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^(0|[1-9][0-9]{0,18})$"));
    let ids = OneOfBuilder::new().item(Ref::from_schema_name(LineId::name())).item(text);
    Schema::OneOf(ids.item(ObjectBuilder::new().schema_type(Type::Null)).description(Some(description)).build())
}

/// Read a phone field
///
/// Shows which phone numbers the text of a phone field in Salesforce means, by the rules that match calls to records.
/// A number without a country code is sure if it is one of the line's country or of the org's, and a guess if it is one
/// of the country of another line. Nothing is stored, and Salesforce is not searched.
#[utoipa::path(
    post,
    path = "/api/phones",
    tag = "Preview",
    operation_id = "readPhoneField",
    request_body = PhoneFieldText,
    responses((status = OK, description = "The numbers, and what in the text is none.", body = PhoneField)),
)]
pub(crate) async fn read(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    body: Body,
) -> Result<Json<PhoneField>, ApiError> {
    let request = serde_json::from_value(body::json(body, MAX_BODY).await?);
    let PhoneFieldText { text, line } = request.map_err(|error| {
        ApiError::new(ErrorCode::NotJson, format!("The body is not the text of a phone field: {error}."))
    })?;
    if MAX_LEN < text.chars().count() {
        return Err(ApiError::parameter("text", TOO_LONG));
    }
    Ok(Json(for_line(&console, &session.tenant, &text, line).await?))
}

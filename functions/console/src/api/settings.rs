//! `GET` and `PUT /api/settings`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use rules::Settings;

use super::body;
use crate::console::Console;
use crate::error::ApiError;
use crate::settings;
use crate::signed_in::SignedIn;

/// Longest settings document, bytes.
const MAX_LEN: usize = 64 * 1024;

/// The settings
///
/// A new tenant has defaults, as version 0.
#[utoipa::path(
    get,
    path = "/api/settings",
    tag = "Settings",
    operation_id = "getSettings",
    responses((status = OK, description = "The settings document.", body = Settings)),
)]
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<Settings>, ApiError> {
    Ok(Json(console.settings.get(&session.tenant).await?))
}

/// Replace the settings
///
/// The whole document, or nothing of it, if the settings still are at the `version` that it was read at. It holds at the
/// next call, and is kept in the history.
///
/// Beside what the schema says: `create_case_if_none` needs `relate_to` `case`; no two periods of a schedule overlap, and
/// none opens and closes at the same minute; a document has 64 KiB at most.
#[utoipa::path(
    put,
    path = "/api/settings",
    tag = "Settings",
    operation_id = "replaceSettings",
    request_body(content = Settings, examples(
        ("as_new" = (summary = "What a new tenant has", value = json!(Settings::default()))),
        ("business_hours" = (summary = "Missed calls as next steps, during business hours", value = json!({
            "version": 0,
            "call_workflow": {
                "outbound_answered": "completed",
                "outbound_unanswered": "do_nothing",
                "inbound_answered": "completed",
                "missed": "in_progress",
                "voicemail": "in_progress",
            },
            "business_hours": {
                "log_calls": "during_business_hours",
                "schedule": {
                    "time_zone": "Europe/Vienna",
                    "weekly": {
                        "monday": [{"opens": "09:00", "closes": "12:30"}, {"opens": "13:30", "closes": "18:00"}],
                        "friday": [{"opens": "22:00", "closes": "06:00"}],
                    },
                    "holidays": ["2026-12-25"],
                },
                "numbers": {"397375": {}},
            },
            "unknown_number": "create_lead",
            "relate_to": "case",
            "create_case_if_none": true,
            "recording_link": true,
            "log_messages": true,
            "numbers": [397_375, 397_376],
            "api_usage_limit": 80,
        }))),
    )),
    responses((status = OK, description = "The document as it was stored, at its new version.", body = Settings)),
)]
pub(crate) async fn replace(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    body: Body,
) -> Result<Json<Settings>, ApiError> {
    let document = body::json(body, MAX_LEN).await?;
    Ok(Json(settings::save(&console, &session, &document).await?))
}

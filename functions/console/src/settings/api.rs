//! `GET` and `PUT /api/settings`.

pub(crate) mod history;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use rules::settings::{CallWorkflow, LogAs};
use rules::{CallType, Settings};

use crate::console::Console;
use crate::settings;
use crate::web::error::ApiError;
use crate::web::openapi::body;
use crate::web::signed_in::SignedIn;

/// Longest settings document, in bytes.
const MAX_LEN: usize = 64 * 1024;

/// Get the settings
///
/// A new tenant has the defaults, as version 0.
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
/// Replaces the whole document. `version` must be the version that the settings were read at: if they have changed
/// since, the request is refused as `stale` (optimistic locking). The change applies from the next call on, and is kept
/// in the history.
///
/// Rules beyond the schema: `create_case_if_none` needs `relate_to` to be `case`. `contact_account_id` is the ID of an
/// Account, and `contact_account` `named` needs it. The periods of a schedule must not overlap, and none may open and close
/// at the same minute. A document has at most 64 KiB.
#[utoipa::path(
    put,
    path = "/api/settings",
    tag = "Settings",
    operation_id = "replaceSettings",
    request_body(content = Settings, examples(
        ("as_new" = (summary = "The defaults of a new tenant", value = json!(Settings::default()))),
        ("business_hours" = (summary = "Missed calls as next steps, during business hours", value = json!({
            "version": 0,
            "call_workflow": example_workflow(),
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
    responses((status = OK, description = "The document as it was saved, with its new version.", body = Settings)),
)]
pub(crate) async fn replace(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    body: Body,
) -> Result<Json<Settings>, ApiError> {
    let document = body::json(body, MAX_LEN).await?;
    Ok(Json(settings::save(&console, &session, &document).await?))
}

/// The default, without unanswered outbound calls.
fn example_workflow() -> CallWorkflow {
    let mut workflow = Settings::default().call_workflow;
    workflow.set(CallType::OutboundUnanswered, LogAs::DoNothing);
    workflow
}

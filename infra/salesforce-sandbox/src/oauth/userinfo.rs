//! `/services/oauth2/userinfo` and the identity URL: details of a user.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{bearer, instance_url};
use crate::{Org, schema, state};

pub(super) async fn userinfo(State(org): State<Org>, headers: HeaderMap) -> Response {
    let state = org.lock();
    let Some(user_id) = session_user(&state, &headers) else { return refused() };
    let Some(mut info) = describe(&state, &headers, &user_id) else { return refused() };
    for (key, value) in state.options.userinfo.iter().flatten() {
        info[key] = value.clone();
    }
    Json(info).into_response()
}

pub(super) async fn identity(
    State(org): State<Org>,
    Path((org_id, user_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let state = org.lock();
    let allowed = session_user(&state, &headers).is_some() && org_id == state.identity.org_id;
    let info = allowed.then(|| describe(&state, &headers, &user_id)).flatten();
    info.map_or_else(refused, |info| Json(info).into_response())
}

fn session_user(state: &state::State, headers: &HeaderMap) -> Option<String> {
    let token = bearer(headers)?;
    state.grants.user_of(token, state.options.session_ms, Timestamp::now()).map(ToOwned::to_owned)
}

fn refused() -> Response {
    (StatusCode::FORBIDDEN, "Bad_OAuth_Token").into_response()
}

fn describe(state: &state::State, headers: &HeaderMap, user_id: &str) -> Option<Value> {
    let user = state.tables.get(schema::object("User")?, user_id)?;
    let base = instance_url(state, headers);
    let org_id = &state.identity.org_id;
    let id = format!("{base}/id/{org_id}/{user_id}");
    Some(json!({
        "sub": id, "id": id, "user_id": user_id, "organization_id": org_id,
        "preferred_username": user.get("Username"), "username": user.get("Username"), "name": user.get("Name"),
        "display_name": user.get("Name"), "email": user.get("Email"), "email_verified": true,
        "given_name": user.get("FirstName"), "family_name": user.get("LastName"),
        "zoneinfo": user.get("TimeZoneSidKey"), "locale": user.get("LocaleSidKey"), "utcOffset": 3_600_000,
        "active": user.flag("IsActive"), "user_type": "STANDARD", "is_app_installed": true,
        "photos": {"picture": format!("{base}/profilephoto/005/F"), "thumbnail": format!("{base}/profilephoto/005/T")},
        "urls": {"rest": format!("{base}/services/data/v{{version}}/"),
            "query": format!("{base}/services/data/v{{version}}/query/"),
            "sobjects": format!("{base}/services/data/v{{version}}/sobjects/")},
    }))
}

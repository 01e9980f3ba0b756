//! `GET /api/users` and `PUT /api/users/{aircall_user_id}`: who owns the Tasks of Aircall's users.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use org::MatchedBy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::matched::MatchedUser;
use crate::console::Console;
use crate::users::{self, ChooseError};
use crate::web::error::ApiError;
use crate::web::form::number;
use crate::web::openapi::body;
use crate::web::signed_in::{Admin, SignedIn};

/// Longest body, in bytes.
const MAX_LEN: usize = 4 * 1024;

/// Aircall's users.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AircallUsers)]
pub(crate) struct UsersView {
    /// The users, in Aircall's order.
    users: Vec<UserView>,
}

/// An Aircall user, and the Salesforce user who owns the Tasks of their calls and messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AircallUser)]
pub(crate) struct UserView {
    #[schema(example = 2002)]
    aircall_user_id: u64,
    /// The name in Aircall; null if there is none.
    #[schema(required, example = "Robin Rep")]
    name: Option<String>,
    /// The e-mail address in Aircall; null if there is none.
    #[schema(required, example = "robin.rep@example.com")]
    email: Option<String>,
    /// The Salesforce user; null if the user who connected the org owns the Tasks.
    #[schema(required, example = "005000000000001AAA")]
    salesforce_user_id: Option<String>,
    /// How the Salesforce user was found: by the e-mail address, by the form in which sandboxes write it, by a username
    /// that is the e-mail address, or because an admin chose the user. Null if none was found.
    #[schema(required)]
    matched_by: Option<MatchedByView>,
}

/// How a Salesforce user was found.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MatchedBy)]
enum MatchedByView {
    Email,
    SandboxEmail,
    Username,
    Override,
}

/// The Salesforce user to choose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChoice)]
#[expect(dead_code, reason = "it only documents the body, which is read field by field")]
struct ChoiceBody {
    /// The ID of an active user of the org with a Salesforce license; null to find the user by the e-mail address.
    #[schema(required, pattern = "^005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$")]
    salesforce_user_id: Option<String>,
}

/// List the users
///
/// Aircall's users, each with the Salesforce user who owns the Tasks of their calls. Aircall's list is cached for five
/// minutes; the Salesforce users are looked up each time.
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "Users",
    operation_id = "listUsers",
    responses((status = OK, description = "The users.", body = UsersView)),
)]
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<UsersView>, ApiError> {
    let list = users::list(&console, &session.tenant, false).await?;
    Ok(Json(UsersView { users: list.users.into_iter().map(UserView::new).collect() }))
}

/// Choose the Salesforce user of an Aircall user
///
/// Tasks that are created from now on belong to this user. If the user is deactivated later, the e-mail address decides
/// again.
#[utoipa::path(
    put,
    path = "/api/users/{aircall_user_id}",
    tag = "Users",
    operation_id = "chooseUser",
    params(("aircall_user_id" = u64, Path, description = "Aircall's ID of the user.", example = 2002)),
    request_body(content = ChoiceBody, examples(
        ("by_email" = (summary = "Find the user by the e-mail address", value = json!({"salesforce_user_id": null}))),
        ("override" = (summary = "Choose a user", value = json!({"salesforce_user_id": "005000000000001AAA"}))),
    )),
    responses((status = OK, description = "The Aircall user with the Salesforce user.", body = UserView)),
)]
pub(crate) async fn choose(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    id: Result<Path<String>, PathRejection>,
    body: Body,
) -> Result<Json<UserView>, ApiError> {
    let [choice] = body::texts(body::json(body, MAX_LEN).await?, [users::FIELD])?;
    let id = id.ok().and_then(|Path(id)| number(&id)).ok_or(ChooseError::NoSuchUser)?;
    let matched = users::choose(&console, &session.tenant, id, choice.as_deref()).await?;
    Ok(Json(UserView::new(matched)))
}

impl UserView {
    fn new(user: MatchedUser) -> Self {
        let matched_by = user.matched_by().map(|by| match by {
            MatchedBy::Email => MatchedByView::Email,
            MatchedBy::SandboxEmail => MatchedByView::SandboxEmail,
            MatchedBy::Username => MatchedByView::Username,
            MatchedBy::Override => MatchedByView::Override,
        });
        Self {
            aircall_user_id: user.id,
            name: user.name,
            email: user.email,
            salesforce_user_id: user.owner.map(|owner| owner.id.to_string()),
            matched_by,
        }
    }
}

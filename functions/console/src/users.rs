//! Aircall's users and the Salesforce users who own their Tasks: the page, the API, and the changes that both make.

mod api;
mod matched;
mod page;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use org::{MatchedBy, OrgUser, OrgUsers, UserKey};
use rules::User;
use salesforce::{SObject, SalesforceId};
use store::{Connection, Tenant, TenantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::matched::MatchedUser;
use crate::connections::salesforce::{TIMEOUT, with_org};
use crate::connections::{ConnectionError, aircall};
use crate::console::{AppState, Console};
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::nav::Nav;
use crate::web::openapi::refusals::operations;
use crate::web::page::redirect_to;

/// Its entry in the navigation.
pub(crate) const NAV: Nav = Nav::new("Users", "/users");

/// The page of the users.
pub(crate) fn pages() -> Router<AppState> {
    Router::new()
        .route("/users", get(page::list))
        .route("/users/{aircall_user_id}", get(redirect_to("/users")).post(page::choose))
}

/// The API of the users.
pub(crate) fn api() -> OpenApiRouter<AppState> {
    use ErrorCode::{
        AdminOnly, AircallRateLimited, AircallRefused, AircallRejected, AircallUnavailable, InvalidField, NotConnected,
        NotFound, SalesforcePaused, SalesforceRefused, SalesforceUnavailable,
    };
    operations([
        (
            routes!(api::list),
            &[
                NotConnected,
                AircallRefused,
                AircallRejected,
                AircallRateLimited,
                AircallUnavailable,
                SalesforcePaused,
                SalesforceRefused,
                SalesforceUnavailable,
            ],
        ),
        (
            routes!(api::choose),
            &[
                AdminOnly,
                InvalidField,
                NotFound,
                NotConnected,
                AircallRefused,
                AircallRejected,
                AircallRateLimited,
                AircallUnavailable,
                SalesforcePaused,
                SalesforceRefused,
                SalesforceUnavailable,
            ],
        ),
    ])
}

/// The name of the body's field.
const FIELD: &str = "salesforce_user_id";

/// The error message for a user who cannot be chosen.
const NOT_A_USER: &str =
    "Choose an active user of the connected org with a Salesforce license: the ID begins with 005.";

/// The most users of the org that an admin chooses from; in a larger org, the admin enters an ID.
const MAX_CHOICES: usize = 300;

/// Why a Salesforce user was not chosen. Nothing is stored then.
#[derive(Debug)]
pub(crate) enum ChooseError {
    /// Aircall has no such user.
    NoSuchUser,
    /// It is not the ID of an active user of the org who may own Tasks.
    NotAUser,
    /// Aircall or Salesforce is not connected, or did not answer.
    Connection(ConnectionError),
}

impl<E: Into<ConnectionError>> From<E> for ChooseError {
    fn from(error: E) -> Self {
        Self::Connection(error.into())
    }
}

impl From<ChooseError> for ApiError {
    fn from(error: ChooseError) -> Self {
        match error {
            ChooseError::NoSuchUser => Self::not_found("Aircall has no user with this ID."),
            ChooseError::NotAUser => Self::field(FIELD, NOT_A_USER),
            ChooseError::Connection(error) => error.into(),
        }
    }
}

/// Aircall's users with the Salesforce users who own their Tasks.
#[derive(Debug)]
pub(crate) struct UserList {
    /// The users, in Aircall's order.
    pub(crate) users: Vec<MatchedUser>,
    /// The org. The user who connected it owns the Tasks of all others.
    pub(crate) org: Connection,
    /// The users to choose from, by name; none if they were not asked for, or if there are too many.
    pub(crate) choices: Option<Vec<OrgUser>>,
}

/// Lists Aircall's users. `with_choices` says whether to list the org's users too.
pub(crate) async fn list(
    console: &Arc<Console>,
    tenant: &TenantId,
    with_choices: bool,
) -> Result<UserList, ConnectionError> {
    let deadline = Instant::now() + TIMEOUT;
    let (tenant, org) = connected(console, tenant).await?;
    let users = aircall::users::users(console, &tenant.id).await?;
    let keys = users.iter().flat_map(|(_, user)| UserKey::of_user(user, &tenant.users)).collect();
    let chosen = tenant.users.clone();
    let look_up = async move |console: &Console, org: &mut org::Org, tenant: &mut Tenant| {
        let found = org.users(&console.tenants, tenant, keys, Timestamp::now()).await?;
        let choices = if with_choices { org.standard_users(MAX_CHOICES).await? } else { None };
        Ok((found, choices))
    };
    let (found, choices) = with_org(console, tenant, deadline, look_up).await?;
    let users = users.iter().map(|(id, user)| MatchedUser::new(*id, user, &chosen, &found)).collect();
    Ok(UserList { users, org, choices })
}

/// Chooses the Salesforce user who owns the Tasks of an Aircall user, or with none leaves it to the e-mail address.
pub(crate) async fn choose(
    console: &Arc<Console>,
    tenant: &TenantId,
    aircall_user: u64,
    salesforce_user: Option<&str>,
) -> Result<MatchedUser, ChooseError> {
    let deadline = Instant::now() + TIMEOUT;
    let choice = salesforce_user.map(|text| user_id(text).ok_or(ChooseError::NotAUser)).transpose()?;
    let (mut tenant, _) = connected(console, tenant).await?;
    let user = aircall::users::user(console, &tenant.id, aircall_user).await?.ok_or(ChooseError::NoSuchUser)?;
    let id = tenant.id.clone();
    match choice {
        Some(choice) => tenant.users.insert(aircall_user, choice),
        None => tenant.users.remove(&aircall_user),
    };
    let chosen = tenant.users.clone();
    // Aircall need not repeat the ID.
    let user = User { id: Some(aircall_user), ..user };
    let keys = UserKey::of_user(&user, &chosen).into_iter().collect();
    let look_up = async move |console: &Console, org: &mut org::Org, tenant: &mut Tenant| {
        org.users(&console.tenants, tenant, keys, Timestamp::now()).await
    };
    let found: OrgUsers = with_org(console, tenant, deadline, look_up).await?;
    let matched = MatchedUser::new(aircall_user, &user, &chosen, &found);
    if choice.is_some() && matched.matched_by() != Some(MatchedBy::Override) {
        return Err(ChooseError::NotAUser);
    }
    console.tenants.set_user(&id, aircall_user, choice.as_ref()).await?;
    tracing::info!(tenant = %id, aircall_user, is_chosen = choice.is_some(), "chose the owner of a user's Tasks");
    Ok(matched)
}

/// The tenant and its org, with both connections.
async fn connected(console: &Console, tenant: &TenantId) -> Result<(Tenant, Connection), ConnectionError> {
    let not_connected = ConnectionError::NotConnected;
    let tenant = console.tenants.get(tenant).await?.ok_or(not_connected("Salesforce"))?;
    let org = tenant.salesforce.clone().ok_or(not_connected("Salesforce"))?;
    if tenant.aircall.is_none() {
        return Err(not_connected("Aircall"));
    }
    Ok((tenant, org))
}

fn user_id(text: &str) -> Option<SalesforceId> {
    SalesforceId::parse(text).ok().filter(|id| SObject::of(*id) == Some(SObject::User))
}

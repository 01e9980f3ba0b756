//! `GET /users`: Aircall's users and who owns their Tasks. `POST /users/{id}`: chooses the owner.

mod row;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use store::Connection;

use self::row::{Choice, Row};
use crate::connections::ConnectionError;
use crate::console::Console;
use crate::users::{self, ChooseError, FIELD, MAX_CHOICES, NAV, NOT_A_USER, UserList};
use crate::web::error::ApiError;
use crate::web::errors::Errors;
use crate::web::flash::Flash;
use crate::web::form::{Fields, number};
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};

/// The most users on a page.
const PAGE_SIZE: usize = 50;

#[derive(Template)]
#[template(path = "users/users.html")]
struct UsersPage {
    page: Page,
    /// Why there is no list, or why the change failed.
    problem: Option<String>,
    /// Whether a connection is missing, so that there is no list.
    is_not_connected: bool,
    errors: Errors,
    table: Option<Table>,
}

/// The list of users.
struct Table {
    /// How many users have no Salesforce user, as a sentence without its end.
    summary: String,
    /// The owner of the Tasks of users without a Salesforce user; none if each has one.
    default_owner: Option<Link>,
    rows: Vec<Row>,
    /// Path of the next page.
    more: Option<String>,
    /// The most users that are offered as a list.
    max_choices: usize,
}

struct Link {
    text: String,
    url: String,
}

/// What the page is to show.
#[derive(Default)]
struct Shown {
    /// The Aircall user whose owner is being chosen.
    choosing: Option<u64>,
    /// The place of the first user.
    from: usize,
    /// The ID as typed, if it was refused.
    typed: Option<String>,
    errors: Errors,
    /// Why a change failed.
    problem: Option<(StatusCode, String)>,
}

/// Lists the users.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    page: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let from = number(fields.get("from")).and_then(|from| from.try_into().ok()).unwrap_or_default();
    let shown = Shown { choosing: number(fields.get("choose")), from, ..Shown::default() };
    render(&console, page, shown).await
}

/// Chooses the owner of a user's Tasks.
pub(crate) async fn choose(
    State(console): State<Arc<Console>>,
    id: Result<Path<String>, PathRejection>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let id = id.ok().and_then(|Path(id)| number(&id)).ok_or(PageError::NotFound)?;
    let typed = fields.get(FIELD);
    let mut shown = Shown { choosing: Some(id), ..Shown::default() };
    match users::choose(&console, &page.session.tenant, id, Some(typed).filter(|typed| !typed.is_empty())).await {
        Ok(_) => return Ok(page::done(NAV.path, Flash::UserChosen)),
        Err(ChooseError::Connection(ConnectionError::Store(error))) => return Err(error.into()),
        Err(ChooseError::NotAUser) => {
            shown.errors.at(FIELD, NOT_A_USER);
            shown.typed = Some(typed.to_owned());
        }
        Err(error @ (ChooseError::NoSuchUser | ChooseError::Connection(_))) => {
            shown.problem = Some(ApiError::from(error).into_page_parts());
        }
    }
    render(&console, page, shown).await
}

async fn render(console: &Arc<Console>, page: PageRequest, shown: Shown) -> Result<Response, PageError> {
    let listed = users::list(console, &page.session.tenant, shown.choosing.is_some()).await;
    let Shown { choosing, from, typed, errors, problem } = shown;
    let is_invalid = !errors.is_empty();
    let (mut status, mut problem) = problem.map_or((StatusCode::OK, None), |(status, text)| (status, Some(text)));
    if is_invalid {
        status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    let mut is_not_connected = false;
    let table = match listed {
        Ok(list) => Some(Table::new(list, choosing, from, typed)),
        Err(ConnectionError::Store(error)) => return Err(error.into()),
        Err(error) => {
            is_not_connected = matches!(error, ConnectionError::NotConnected(_));
            let (failed, message) = ApiError::from(error).into_page_parts();
            if problem.is_none() {
                status = if is_not_connected { status } else { failed };
                problem = Some(message);
            }
            None
        }
    };
    let page = page.page("Users", Some(NAV));
    let html: Html<String> = page::render(&UsersPage { page, problem, is_not_connected, errors, table });
    Ok((status, html).into_response())
}

impl Table {
    /// The users without a Salesforce user first, then by name.
    fn new(list: UserList, choosing: Option<u64>, from: usize, typed: Option<String>) -> Self {
        let UserList { mut users, org, choices } = list;
        let unmatched = users.iter().filter(|user| user.owner.is_none()).count();
        let summary = summary(unmatched, users.len());
        users.sort_by_cached_key(|user| (user.owner.is_some(), user.name.as_deref().map(str::to_lowercase)));
        let place = choosing.and_then(|id| users.iter().position(|user| user.id == id));
        let from = place.map_or(from, |place| place / PAGE_SIZE * PAGE_SIZE);
        let more = Some(from.saturating_add(PAGE_SIZE)).filter(|next| *next < users.len());
        let choice = |user: &_| Choice::new(user, choices.as_deref(), typed.clone());
        let row = |user| {
            let choice = Some(&user).filter(|user: &&users::MatchedUser| choosing == Some(user.id)).map(choice);
            Row::new(user, choice, &org.instance_url)
        };
        Self {
            summary,
            default_owner: (unmatched > 0).then(|| Link::to_user(&org)),
            rows: users.into_iter().skip(from).take(PAGE_SIZE).map(row).collect(),
            more: more.map(|next| format!("/users?from={next}")),
            max_choices: MAX_CHOICES,
        }
    }
}

impl Link {
    /// The user who connected the org.
    fn to_user(org: &Connection) -> Self {
        let text = org.user_name.clone().unwrap_or_else(|| org.user_id.clone());
        Self { text, url: row::user_url(&org.instance_url, &org.user_id) }
    }
}

/// How many users have no Salesforce user.
fn summary(unmatched: usize, all: usize) -> String {
    match (unmatched, all) {
        (0, 0) => "Aircall lists no users".to_owned(),
        (0, 1) => "The Aircall user has a Salesforce user".to_owned(),
        (0, all) => format!("All {all} Aircall users have a Salesforce user"),
        (1, 1) => "The Aircall user has no Salesforce user".to_owned(),
        (1, all) => format!("1 of {all} Aircall users has no Salesforce user"),
        (unmatched, all) => format!("{unmatched} of {all} Aircall users have no Salesforce user"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_the_users_without_a_salesforce_user() {
        for (unmatched, all, text) in [
            (0, 0, "Aircall lists no users"),
            (0, 1, "The Aircall user has a Salesforce user"),
            (0, 12, "All 12 Aircall users have a Salesforce user"),
            (1, 1, "The Aircall user has no Salesforce user"),
            (1, 12, "1 of 12 Aircall users has no Salesforce user"),
            (3, 12, "3 of 12 Aircall users have no Salesforce user"),
        ] {
            assert_eq!(summary(unmatched, all), text);
        }
    }
}

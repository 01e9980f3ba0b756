//! `GET /connections`: what the tenant is connected to; and the forms that change it.

pub(crate) mod check;
mod view;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};

use self::view::{AircallCard, SalesforceCard};
use crate::base_url::BaseUrl;
use crate::connections::aircall::{self, AircallError, key};
use crate::connections::view::Connections;
use crate::connections::{ConnectionError, salesforce};
use crate::console::Console;
use crate::error::ApiError;
use crate::errors::Errors;
use crate::flash::Flash;
use crate::form::Fields;
use crate::page::{self, Nav, Page};
use crate::page_error::PageError;
use crate::page_request::{PageRequest, SubmittedForm};

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage {
    page: Page,
    salesforce: SalesforceCard,
    aircall: AircallCard,
    /// What kept a change from being made.
    problem: Option<String>,
    errors: Errors,
    /// What was typed as the API id. The token is not shown again.
    api_id: String,
}

/// What was wrong with a change that an admin asked for.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    problem: Option<String>,
    errors: Errors,
    api_id: String,
}

impl Trouble {
    /// Trouble that is about no field.
    pub(crate) fn of_page(problem: String) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }
}

/// The page.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    page: PageRequest,
) -> Result<Html<String>, PageError> {
    render(&console, &headers, page, Trouble::default()).await
}

/// The page once more, after a change that was not made.
pub(crate) async fn again(
    console: &Console,
    headers: &HeaderMap,
    page: PageRequest,
    status: StatusCode,
    trouble: Trouble,
) -> Result<Response, PageError> {
    Ok((status, render(console, headers, page, trouble).await?).into_response())
}

async fn render(
    console: &Console,
    headers: &HeaderMap,
    page: PageRequest,
    trouble: Trouble,
) -> Result<Html<String>, PageError> {
    let connections = Connections::load(console, &page.session.tenant).await?;
    let has_app = console.aircall.app(&BaseUrl::from_headers(headers)?).await?.is_some();
    let Trouble { problem, errors, api_id } = trouble;
    Ok(page::render(&ConnectionsPage {
        page: page.page("Connections", Some(Nav::Connections)),
        salesforce: SalesforceCard::new(connections.salesforce, connections.former_login_url.as_deref()),
        aircall: AircallCard::new(connections.aircall, has_app),
        problem,
        errors,
        api_id,
    }))
}

/// The page that a change leads to.
async fn done(
    console: &Console,
    headers: &HeaderMap,
    page: PageRequest,
    changed: Result<Flash, ConnectionError>,
) -> Result<Response, PageError> {
    match changed {
        Ok(flash) => Ok(page::done(Nav::Connections.path(), flash)),
        Err(ConnectionError::Store(error)) => Err(error.into()),
        Err(error) => {
            let (status, _, message, _) = ApiError::from(error).parts();
            again(console, headers, page, status, Trouble::of_page(message)).await
        }
    }
}

/// Disconnects the org.
pub(crate) async fn disconnect_salesforce(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let disconnected = salesforce::disconnect(&console, &page.session.tenant).await;
    let disconnected = disconnected
        .map(|is_revoked| if is_revoked { Flash::SalesforceDisconnected } else { Flash::SalesforceNotRevoked });
    done(&console, &headers, page, disconnected).await
}

/// Connects the account of an API key.
pub(crate) async fn connect_aircall(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let base_url = BaseUrl::from_headers(&headers)?;
    let trouble = match connect(&console, &base_url, &page, &fields).await {
        Ok(Ok(())) => return Ok(page::done(Nav::Connections.path(), Flash::AircallConnected)),
        Ok(Err((field, message))) => {
            let mut errors = Errors::default();
            errors.at(field, message);
            Trouble { errors, api_id: fields.get("api_id").to_owned(), problem: None }
        }
        Err(error) => return done(&console, &headers, page, Err(error)).await,
    };
    again(&console, &headers, page, StatusCode::UNPROCESSABLE_ENTITY, trouble).await
}

/// The inner error is about what was typed into a field.
async fn connect(
    console: &Console,
    base_url: &BaseUrl,
    page: &PageRequest,
    fields: &Fields,
) -> Result<Result<(), (&'static str, String)>, ConnectionError> {
    let key = match key::read(fields.get("api_id"), fields.get("api_token")) {
        Ok(key) => key,
        Err(problem) => return Ok(Err((problem.field, problem.message.to_owned()))),
    };
    match aircall::connect(console, &page.session.tenant, &key, base_url).await {
        Ok(_) => Ok(Ok(())),
        Err(ConnectionError::Aircall(error @ (AircallError::Refused(_) | AircallError::OtherCompany { .. }))) => {
            Ok(Err(("api_id", error.to_string())))
        }
        Err(error) => Err(error),
    }
}

/// Has the webhook send again.
pub(crate) async fn reactivate_aircall(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let reactivated = aircall::reactivate(&console, &page.session.tenant, &BaseUrl::from_headers(&headers)?).await;
    done(&console, &headers, page, reactivated.map(|_| Flash::AircallReactivated)).await
}

/// Replaces the webhook and its token.
pub(crate) async fn rotate_aircall(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let rotated = aircall::rotate(&console, &page.session.tenant, &BaseUrl::from_headers(&headers)?).await;
    done(&console, &headers, page, rotated.map(|_| Flash::AircallRotated)).await
}

/// Disconnects the account.
pub(crate) async fn disconnect_aircall(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let disconnected = aircall::disconnect(&console, &page.session.tenant, &BaseUrl::from_headers(&headers)?).await;
    let disconnected =
        disconnected.map(|is_deleted| if is_deleted { Flash::AircallDisconnected } else { Flash::AircallNotDeleted });
    done(&console, &headers, page, disconnected).await
}

//! `GET /connections`: the tenant's connections to Salesforce and Aircall, and the forms that change them.

pub(crate) mod cards;
mod import_card;
mod status_select;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use rules::{StatusChoice, TaskStatus};

use self::cards::{AircallCard, SalesforceCard};
use self::import_card::{FROM, ImportCard, UNTIL};
use crate::activity::filters::day;
use crate::connections::aircall::backfill::{self, Days, StartError};
use crate::connections::aircall::import_preview::{self, ImportPreview};
use crate::connections::aircall::{self, AircallError, key};
use crate::connections::consent::{self, NewLink};
use crate::connections::salesforce::statuses::{self, ChooseError};
use crate::connections::view::Connections;
use crate::connections::{ConnectionError, NAV, predecessor, salesforce};
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::error::ApiError;
use crate::web::errors::Errors;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};
use crate::web::when::When;

#[derive(Template)]
#[template(path = "connections/connections.html")]
struct ConnectionsPage {
    page: Page,
    salesforce: SalesforceCard,
    aircall: AircallCard,
    /// Of the account, if one is connected.
    import: Option<ImportCard>,
    /// Why a change failed.
    problem: Option<String>,
    errors: Errors,
    /// Whether the errors are about the API key.
    is_key_wrong: bool,
    /// The API ID as typed. The token is not shown again.
    api_id: String,
    /// A consent link that was just made. It is shown only once.
    made: Option<MadeLink>,
}

struct MadeLink {
    url: String,
    until: When,
}

/// A change that failed: the messages and the input to show again.
#[derive(Debug, Default)]
pub(crate) struct FailedChange {
    problem: Option<String>,
    errors: Errors,
    api_id: String,
    /// The days of an import, as typed.
    days: Option<(String, String)>,
    /// What an import of them would log.
    preview: Option<ImportPreview>,
}

impl FailedChange {
    /// A failure that no field caused.
    pub(crate) fn new(problem: String) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }
}

/// Shows the page.
pub(crate) async fn show(State(console): State<Arc<Console>>, page: PageRequest) -> Result<Html<String>, PageError> {
    render(&console, page, FailedChange::default(), None).await
}

/// Shows the page again after a failed change.
pub(crate) async fn show_failed(
    console: &Console,
    page: PageRequest,
    status: StatusCode,
    failed: FailedChange,
) -> Result<Response, PageError> {
    Ok((status, render(console, page, failed, None).await?).into_response())
}

async fn render(
    console: &Console,
    page: PageRequest,
    failed: FailedChange,
    made: Option<NewLink>,
) -> Result<Html<String>, PageError> {
    let connections = Connections::load(console, &page.session).await?;
    let has_app = console.aircall.has_app().await?;
    let FailedChange { problem, errors, api_id, days, preview } = failed;
    let import = match &connections.aircall {
        Some(_) => {
            let zone = backfill::zone(console, &page.session.tenant).await?;
            Some(ImportCard::new(connections.backfill.as_ref(), days, preview, &zone, &errors))
        }
        None => None,
    };
    Ok(page::render(&ConnectionsPage {
        page: page.page("Connections", Some(NAV)),
        salesforce: SalesforceCard::new(
            console,
            connections.salesforce,
            connections.former_login_url.as_deref(),
            &errors,
        ),
        aircall: AircallCard::new(connections.aircall, has_app),
        import,
        problem,
        is_key_wrong: ["api_id", "api_token"].iter().any(|field| errors.message_for(field).is_some()),
        errors,
        api_id,
        made: made.map(|made| MadeLink { url: made.url.into(), until: When::new(made.expires_at) }),
    }))
}

/// The response to a change: a redirect with a flash message, or the page with the error.
pub(crate) async fn respond(
    console: &Console,
    page: PageRequest,
    changed: Result<Flash, ConnectionError>,
) -> Result<Response, PageError> {
    match changed {
        Ok(flash) => Ok(page::done(NAV.path, flash)),
        Err(ConnectionError::Store(error)) => Err(error.into()),
        Err(error) => {
            let (status, message) = ApiError::from(error).into_page_parts();
            show_failed(console, page, status, FailedChange::new(message)).await
        }
    }
}

/// Makes a consent link and shows it in the response itself, because a redirect could not carry it.
pub(crate) async fn make_consent_link(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    match consent::make(&console, &console.base_url(&headers)?, &page.session).await {
        Ok(made) => Ok(render(&console, page, FailedChange::default(), Some(made)).await?.into_response()),
        Err(error) => respond(&console, page, Err(error)).await,
    }
}

/// Withdraws the consent link.
pub(crate) async fn withdraw_consent_link(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let withdrawn = consent::withdraw(&console, &page.session.tenant).await;
    respond(&console, page, withdrawn.map(|()| Flash::ConsentLinkWithdrawn)).await
}

/// Copies the settings of the former org.
pub(crate) async fn copy_predecessor(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    predecessor::copy(&console, &page.session).await.map_err(ApiError::from)?;
    Ok(page::done(NAV.path, Flash::PredecessorCopied))
}

/// Forgets the former org.
pub(crate) async fn dismiss_predecessor(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    predecessor::dismiss(&console, &page.session.tenant).await?;
    Ok(page::done(NAV.path, Flash::PredecessorDismissed))
}

/// Forgets the user whose dead connection was replaced.
pub(crate) async fn dismiss_former_user(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    salesforce::dismiss_former_user(&console, &page.session.tenant).await?;
    Ok(page::done(NAV.path, Flash::FormerUserDismissed))
}

/// Disconnects the org.
pub(crate) async fn disconnect_salesforce(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let disconnected = salesforce::disconnect(&console, &page.session.tenant).await;
    let disconnected = disconnected
        .map(|is_revoked| if is_revoked { Flash::SalesforceDisconnected } else { Flash::SalesforceNotRevoked });
    respond(&console, page, disconnected).await
}

/// Chooses the statuses of Tasks.
pub(crate) async fn choose_statuses(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let chosen = |status| Some(fields.get(statuses::field(status)).to_owned()).filter(|name| !name.is_empty());
    let choice = StatusChoice { completed: chosen(TaskStatus::Completed), in_progress: chosen(TaskStatus::InProgress) };
    match statuses::choose(&console, &page.session.tenant, &choice).await {
        Ok(_) => Ok(page::done(NAV.path, Flash::StatusesChosen)),
        Err(ChooseError::Invalid(invalid)) => {
            let mut errors = Errors::default();
            errors.at(status_select::id(invalid.name), invalid.message);
            let failed = FailedChange { errors, ..FailedChange::default() };
            show_failed(&console, page, StatusCode::UNPROCESSABLE_ENTITY, failed).await
        }
        Err(ChooseError::Connection(error)) => respond(&console, page, Err(error)).await,
    }
}

/// Connects an Aircall account by its API key.
pub(crate) async fn connect_aircall(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let base_url = console.base_url(&headers)?;
    let failed = match connect(&console, &base_url, &page, &fields).await {
        Ok(Ok(())) => return Ok(page::done(NAV.path, Flash::AircallConnected)),
        Ok(Err((field, message))) => {
            let mut errors = Errors::default();
            errors.at(field, message);
            FailedChange { errors, api_id: fields.get("api_id").to_owned(), ..FailedChange::default() }
        }
        Err(error) => return respond(&console, page, Err(error)).await,
    };
    show_failed(&console, page, StatusCode::UNPROCESSABLE_ENTITY, failed).await
}

/// The inner error names a field and what is wrong with its input.
async fn connect(
    console: &Console,
    base_url: &BaseUrl,
    page: &PageRequest,
    fields: &Fields,
) -> Result<Result<(), (&'static str, String)>, ConnectionError> {
    let key = match key::read(fields.get("api_id"), fields.get("api_token")) {
        Ok(key) => key,
        Err(problem) => return Ok(Err((problem.name, problem.message))),
    };
    match aircall::connect(console, &page.session.tenant, &key, base_url).await {
        Ok(_) => Ok(Ok(())),
        Err(ConnectionError::Aircall(error @ (AircallError::Refused(_) | AircallError::OtherCompany { .. }))) => {
            Ok(Err(("api_id", error.to_string())))
        }
        Err(error) => Err(error),
    }
}

/// Re-activates the webhook.
pub(crate) async fn reactivate_aircall(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let reactivated = aircall::reactivate(&console, &page.session.tenant, &console.base_url(&headers)?).await;
    respond(&console, page, reactivated.map(|_| Flash::AircallReactivated)).await
}

/// Replaces the webhook and its token.
pub(crate) async fn rotate_aircall(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let rotated = aircall::rotate(&console, &page.session.tenant, &console.base_url(&headers)?).await;
    respond(&console, page, rotated.map(|_| Flash::AircallRotated)).await
}

/// Disconnects the account.
pub(crate) async fn disconnect_aircall(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let disconnected = aircall::disconnect(&console, &page.session.tenant, &console.base_url(&headers)?).await;
    let disconnected =
        disconnected.map(|is_deleted| if is_deleted { Flash::AircallDisconnected } else { Flash::AircallNotDeleted });
    respond(&console, page, disconnected).await
}

/// Imports the calls of some days, or counts what that would log.
pub(crate) async fn import_calls(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let [from, until] = [FROM, UNTIL].map(|name| fields.get(name));
    let typed = Some((from.to_owned(), until.to_owned()));
    let mut errors = Errors::default();
    match day(from).zip(day(until)) {
        Some((from, until)) => {
            let (tenant, days) = (&page.session.tenant, Days { from, until });
            let zone = backfill::zone(&console, tenant).await?;
            let imported = if fields.get("action") == "preview" {
                import_preview::preview(&console, tenant, days, &zone).await.map(Some)
            } else {
                backfill::start(&console, tenant, days, &zone).await.map(|()| None)
            };
            match imported {
                Ok(None) => return Ok(page::done(NAV.path, Flash::ImportStarted)),
                Ok(preview) => {
                    let shown = FailedChange { days: typed, preview, ..FailedChange::default() };
                    return show_failed(&console, page, StatusCode::OK, shown).await;
                }
                Err(StartError::Connection(error)) => return respond(&console, page, Err(error)).await,
                Err(StartError::Invalid(invalid)) => {
                    errors.at(if invalid.name == "from" { FROM } else { UNTIL }, invalid.message);
                }
            }
        }
        None => errors.at(if day(from).is_none() { FROM } else { UNTIL }, "Enter a date."),
    }
    let failed = FailedChange { errors, days: typed, ..FailedChange::default() };
    show_failed(&console, page, StatusCode::UNPROCESSABLE_ENTITY, failed).await
}

/// Stops the import of calls.
pub(crate) async fn stop_import(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    backfill::stop(&console, &page.session.tenant).await?;
    Ok(page::done(NAV.path, Flash::ImportStopped))
}

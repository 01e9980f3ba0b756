//! Connecting an org with the grant of any of its users: `GET /consent/{link}` asks for it, without a session, and the
//! OAuth callback takes it. Nobody is signed in by that.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use salesforce::oauth::UserInfo;
use salesforce::{Error, ErrorCode, LEAST_ACCESS, Need, OrgCheck, SalesforceId, inspect_org};
use store::{Attempt, Consent, Tenant};

use super::grant::{self, Again, Callback, Grant, GrantError, Purpose};
use super::{browser, install_url, login, with_cookies};
use crate::connections::ConnectionError;
use crate::connections::check_page::{Item, items};
use crate::connections::consent::{self, Offer};
use crate::connections::salesforce::{Replaced, replace};
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::csrf;
use crate::web::error::ApiError;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::SubmittedForm;

/// What became of a grant that was not used.
const GIVEN_BACK: &str = "Your access was given back.";
const NOT_GIVEN_BACK: &str = "Salesforce did not confirm that your access was given back: revoke it there in your personal \
                              settings, or ask an admin, who finds it in Setup, Connected Apps OAuth Usage.";

/// Why a consent connected nothing. Displays as sentences for the user, but for [`GrantError`]s, see
/// [`Failed::message`].
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// There is no grant.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The link cannot be used any more.
    #[error(
        "This link is not valid, or not any more: it works once and for an hour, and a newer one replaces it. Ask the \
         person who sent it for another one. Nothing was changed."
    )]
    Gone,
    /// The user is of another org.
    #[error(
        "You signed in to another Salesforce org than {0}, which is to be connected. Nothing was changed: sign in to that \
         org."
    )]
    OtherOrg(String),
    /// The user lacks the permission to use the API at all.
    #[error(
        "Your Salesforce user may not use the API: the permission API Enabled is missing. Nothing was changed. An admin of \
         the org can give you the permission."
    )]
    NoApi,
    /// The user lacks something without which no Task can be logged.
    #[error(
        "No call could be logged with the permissions of your Salesforce user: below is what is missing. Nothing was \
         changed. An admin of the org can give you the permissions."
    )]
    Insufficient(Box<OrgCheck>),
    /// The connection could not be changed.
    #[error("The connection could not be stored: {0}")]
    Connection(ConnectionError),
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Self {
        GrantError::from(error).into()
    }
}

impl Failed {
    fn message(&self, again: Again) -> String {
        match self {
            Failed::Grant(error) => error.message(again),
            // There was no link.
            Failed::Gone if again == Again::Connections => {
                "The org is not connected any more. Nothing was changed.".to_owned()
            }
            error => error.to_string(),
        }
    }

    fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Failed::Grant(error) => error.status(),
            Failed::Gone => (StatusCode::GONE, "no link"),
            Failed::OtherOrg(_) => (StatusCode::FORBIDDEN, "other org"),
            Failed::NoApi | Failed::Insufficient(_) => (StatusCode::FORBIDDEN, "missing permissions"),
            Failed::Connection(ConnectionError::NotConnected(_)) => (StatusCode::GONE, "not connected"),
            Failed::Connection(_) => (StatusCode::SERVICE_UNAVAILABLE, "not stored"),
        }
    }
}

impl Again {
    /// How whoever began this consent begins another one.
    fn of(consent: &Consent) -> Self {
        if consent.link.is_some() { Again::Link } else { Again::Connections }
    }
}

#[derive(Template)]
#[template(path = "auth/consent.html")]
struct AskPage {
    page: Page,
    /// The admin who made the link.
    made_by: String,
    host: String,
    org_id: String,
    needs: &'static [Need],
    /// Where the form leads that begins OAuth.
    begin: String,
}

#[derive(Template)]
#[template(path = "auth/consent_result.html")]
struct ResultPage {
    page: Page,
    /// What happened, in sentences.
    message: String,
    items: Vec<Item>,
    /// Where the app is installed in the org, if that is what is missing.
    install_url: Option<String>,
    /// Whether the admin began it, or may have, who then goes back to the console.
    shows_connections: bool,
}

/// Asks for consent. It only looks the link up: programs that preview links open it, too. So does a `GET` of the address
/// where consents begin.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    text: Result<Path<String>, PathRejection>,
) -> Result<Response, PageError> {
    let text = text.map(|Path(text)| text).unwrap_or_default();
    let Some(Offer { made_by, connection, .. }) = consent::find(&console, &text).await? else {
        return Ok(failed(&console, &Failed::Gone, Again::Link, None));
    };
    let ask = AskPage {
        page: Page::anonymous("Connect Salesforce with Aircall"),
        made_by,
        host: consent::host(&connection).to_owned(),
        org_id: connection.org_id,
        needs: LEAST_ACCESS,
        begin: format!("/auth/salesforce/consent/{text}"),
    };
    Ok(page::render(&ask).into_response())
}

/// Leads whoever agreed on the page of a link to Salesforce's login page.
///
/// Only that page's form begins it, so that nobody comes there without having read what is asked of them: another site's
/// form is answered with the page. There is no session whose token a form could carry.
pub(crate) async fn begin(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    text: Result<Path<String>, PathRejection>,
) -> Result<Response, PageError> {
    if !csrf::is_from_own_page(&headers) {
        return show(State(console), text).await;
    }
    let text = text.map(|Path(text)| text).unwrap_or_default();
    let Some(Offer { tenant, link, connection, .. }) = consent::find(&console, &text).await? else {
        return Ok(failed(&console, &Failed::Gone, Again::Link, None));
    };
    lead(&console, &headers, Consent { tenant, link: Some(link) }, &connection.login_url).await
}

/// Leads the signed-in admin to Salesforce's login page, to use their own grant, or that of whoever signs in there.
pub(crate) async fn begin_own(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let tenant = page.session.tenant;
    let connection = console.tenants.get(&tenant).await?.and_then(|tenant| tenant.salesforce);
    let connection = connection.ok_or_else(|| ApiError::from(ConnectionError::NotConnected("Salesforce")))?;
    lead(&console, &headers, Consent { tenant, link: None }, &connection.login_url).await
}

/// Leads the browser to the login page.
///
/// The answer is a page that forwards, because browsers check `form-action` against every redirect of a form.
async fn lead(
    console: &Console,
    headers: &HeaderMap,
    consent: Consent,
    login_url: &str,
) -> Result<Response, PageError> {
    let (browser, again) = (browser::of(headers), Again::of(&consent));
    match start(console, &console.base_url(headers)?, consent, login_url, &browser).await {
        Ok(login_page) => {
            let host = consent::host_of(login_url).to_owned();
            Ok(with_cookies([browser::cookie(&browser)], login::forward(host, login_page)))
        }
        Err(GrantError::Store(error)) => Err(error.into()),
        Err(error) => Ok(failed(console, &error.into(), again, None)),
    }
}

/// Stores an attempt and returns the address of the login page.
async fn start(
    console: &Console,
    base_url: &BaseUrl,
    consent: Consent,
    login_url: &str,
    browser: &str,
) -> Result<String, GrantError> {
    let login_url = login_url.parse().map_err(|_| GrantError::Unknown)?;
    Ok(grant::begin(console, base_url, &login_url, Purpose::Connect(consent), browser).await?.into())
}

/// Handles the redirect back from Salesforce.
pub(crate) async fn callback(
    console: &Console,
    base_url: &BaseUrl,
    callback: &Callback<'_>,
) -> Result<Response, PageError> {
    let (attempt, consent) = match resume(console, callback).await {
        Ok(attempt) => attempt,
        Err(error) => return respond(console, error, Again::LinkOrConnections, None),
    };
    let again = Again::of(&consent);
    let grant = match accept(console, &consent).await {
        Ok(_) => Grant::exchange(console, base_url, &attempt, callback).await.map_err(Failed::from),
        Err(error) => Err(error),
    };
    let grant = match grant {
        Ok(grant) => grant,
        Err(error) => return respond(console, error, again, None),
    };
    let (user, check) = match verify(console, &grant, &consent).await {
        Ok(verified) => verified,
        Err(error) => {
            let is_revoked = grant.revoke(console).await;
            return respond(console, error, again, Some(is_revoked));
        }
    };
    let (connection, tokens) = grant.stored(&user, Timestamp::now());
    match replace(console, &connection, &tokens, &consent).await {
        Ok(Replaced::Connected) => {
            let tenant = &consent.tenant;
            tracing::info!(%tenant, user = %user.user_id, "another grant connects the org");
            let message = format!(
                "{} now connects {} with Aircall: calls are logged with these permissions.",
                user.name,
                grant.host()
            );
            let done = result("Salesforce is connected", message, items(*check), again);
            Ok(with_cookies([browser::end_cookie()], page::render(&done).into_response()))
        }
        Ok(Replaced::LinkGone) => respond(console, Failed::Gone, again, None),
        Err(error) => respond(console, Failed::Connection(error), again, None),
    }
}

/// The attempt that the callback ends, and what it is for.
async fn resume(console: &Console, callback: &Callback<'_>) -> Result<(Attempt, Consent), Failed> {
    let attempt = callback.attempt(console).await?;
    let consent = attempt.consent.clone().ok_or(GrantError::Unknown)?;
    Ok((attempt, consent))
}

/// The tenant, if its org is still to be connected by this consent.
async fn accept(console: &Console, consent: &Consent) -> Result<Tenant, Failed> {
    let Consent { tenant, link } = consent;
    if let Some(link) = link
        && !consent::is_valid(console, tenant, link).await?
    {
        return Err(Failed::Gone);
    }
    let known = console.tenants.get(tenant).await?.filter(|tenant| tenant.salesforce.is_some());
    if console.allowed_orgs.contains(tenant).await? { known.ok_or(Failed::Gone) } else { Err(Failed::Gone) }
}

/// Verifies that the grant is one of the tenant's org and that calls can be logged with it.
async fn verify(console: &Console, grant: &Grant, consent: &Consent) -> Result<(UserInfo, Box<OrgCheck>), Failed> {
    let tenant = accept(console, consent).await?;
    let connection = tenant.salesforce.as_ref().ok_or(Failed::Gone)?;
    if SalesforceId::parse(&connection.org_id) != Ok(grant.org_id()) {
        return Err(Failed::OtherOrg(consent::host(connection).to_owned()));
    }
    let user = grant.verify(console).await?;
    Ok((user, inspect(console, grant, &tenant).await?))
}

/// Checks the user's permissions with their own grant.
async fn inspect(console: &Console, grant: &Grant, tenant: &Tenant) -> Result<Box<OrgCheck>, Failed> {
    let settings = console.settings.get(&tenant.id).await?;
    let inspected = match inspect_org(&grant.client(console)).await {
        Ok(reply) => reply.value,
        Err(Error::Refused(refusal))
            if matches!(refusal.code(), ErrorCode::ApiDisabledForOrg | ErrorCode::ApiCurrentlyDisabled) =>
        {
            return Err(Failed::NoApi);
        }
        Err(error) => return Err(GrantError::from(error).into()),
    };
    let may_log = inspected.may_log();
    let check = Box::new(inspected.check(&settings, &tenant.statuses));
    if may_log { Ok(check) } else { Err(Failed::Insufficient(check)) }
}

/// `is_revoked` is whether Salesforce confirmed that a grant is revoked, if there was one.
fn respond(console: &Console, error: Failed, again: Again, is_revoked: Option<bool>) -> Result<Response, PageError> {
    match error {
        Failed::Grant(GrantError::Store(error)) | Failed::Connection(ConnectionError::Store(error)) => {
            Err(error.into())
        }
        error => Ok(failed(console, &error, again, is_revoked)),
    }
}

/// The page that says why nothing was connected.
fn failed(console: &Console, error: &Failed, again: Again, is_revoked: Option<bool>) -> Response {
    let (status, reason) = error.status();
    tracing::warn!(reason, "a consent connected nothing");
    let items = match error {
        Failed::Insufficient(check) => items((**check).clone()),
        _ => Vec::new(),
    };
    let install_url = match error {
        Failed::Grant(error) => install_url(console, error),
        _ => None,
    };
    let given_back = is_revoked.map(|is_revoked| if is_revoked { GIVEN_BACK } else { NOT_GIVEN_BACK });
    let message = [error.message(again)].into_iter().chain(given_back.map(ToOwned::to_owned)).collect::<Vec<_>>();
    let page = ResultPage { install_url, ..result("Nothing was connected", message.join(" "), items, again) };
    (status, page::render(&page)).into_response()
}

fn result(title: &str, message: String, items: Vec<Item>, again: Again) -> ResultPage {
    let shows_connections = matches!(again, Again::Connections | Again::LinkOrConnections);
    ResultPage { page: Page::anonymous(title), message, items, install_url: None, shows_connections }
}

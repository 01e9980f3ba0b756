//! `GET` and `POST /tokens`, `POST /tokens/{id}/revoke`: API tokens.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};
use store::{ApiToken, ApiTokens};

use crate::tokens;
use crate::tokens::NAV;
use crate::web::error_code::ErrorCode;
use crate::web::errors::Errors;
use crate::web::flash::Flash;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};
use crate::web::when::When;

#[derive(Template)]
#[template(path = "tokens/tokens.html")]
struct TokensPage {
    page: Page,
    tokens: Vec<TokenView>,
    /// The token that was just created. It is shown only once.
    made: Option<Made>,
    errors: Errors,
    /// The new token's name as typed.
    name: String,
}

struct TokenView {
    id: String,
    name: String,
    by: String,
    made: When,
    used: Option<When>,
}

struct Made {
    name: String,
    text: String,
}

/// The submitted form and its result.
#[derive(Default)]
struct Form {
    made: Option<(SecretString, ApiToken)>,
    errors: Errors,
    name: String,
}

/// Lists the tokens.
pub(crate) async fn list(State(store): State<ApiTokens>, page: PageRequest) -> Result<Html<String>, PageError> {
    render(&store, page, Form::default()).await
}

/// Creates a token and shows it in the response itself, because a redirect could not carry it.
pub(crate) async fn create(
    State(store): State<ApiTokens>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let mut form = Form { name: fields.get("name").to_owned(), ..Form::default() };
    if tokens::may_be_name(&form.name) {
        match tokens::create(&store, &page.session, &form.name).await {
            Ok(made) => {
                let form = Form { made: Some(made), ..Form::default() };
                return Ok(render(&store, page, form).await?.into_response());
            }
            Err(error) if error.code() == ErrorCode::TooManyTokens => form.errors.at("name", error.into_page_parts().1),
            Err(error) => return Err(error.into()),
        }
    } else {
        form.errors.at("name", tokens::NAME);
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&store, page, form).await?).into_response())
}

/// Revokes a token.
pub(crate) async fn revoke(
    State(store): State<ApiTokens>,
    id: Result<Path<String>, PathRejection>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let Ok(Path(id)) = id else { return Err(PageError::NotFound) };
    // A token that somebody else has revoked meanwhile is no error.
    tokens::revoke(&store, &page.session, &id).await?;
    Ok(page::done(NAV.path, Flash::TokenRevoked))
}

async fn render(store: &ApiTokens, page: PageRequest, form: Form) -> Result<Html<String>, PageError> {
    let tokens = tokens::list(store, &page.session).await?;
    let view = |token: ApiToken| TokenView {
        id: token.id,
        name: token.name,
        by: token.created_by,
        made: When::new(token.created_at),
        used: token.last_used_at.map(When::new),
    };
    let Form { made, errors, name } = form;
    Ok(page::render(&TokensPage {
        page: page.page("API tokens", Some(NAV)),
        tokens: tokens.into_iter().map(view).collect(),
        made: made.map(|(text, token)| Made { name: token.name, text: text.expose_secret().to_owned() }),
        errors,
        name,
    }))
}

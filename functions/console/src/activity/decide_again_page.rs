//! `GET /activity/decide-again`: what the current settings would log of the skipped calls that the filters list.
//! `POST /activity/decide-again`: decides again about them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{Html, Response};
use store::TenantId;

use crate::activity::decide_again::{DecidedAgain, Mode, Selection, all};
use crate::activity::filters::Filters;
use crate::activity::outcome::Outcome;
use crate::activity::search::{self, Paging};
use crate::activity::{NAV, list_page};
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};

/// Path of the page.
const PATH: &str = "/activity/decide-again";

#[derive(Template)]
#[template(path = "activity/decide_again.html")]
struct DecideAgainPage {
    page: Page,
    decided: usize,
    to_log: usize,
    left: usize,
    /// The selection, as fields of the form.
    fields: Vec<(&'static str, String)>,
    /// Path of the list with the same filters.
    list: String,
}

/// Shows how many of the skipped entries the current settings log.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    page: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, PageError> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let selection = selection(&fields, &page.session.tenant)?;
    let lines = search::lines(&console, &page.session.tenant, &selection.filters).await?;
    let counted = all(&console, &page.session, selection.clone(), &lines, Mode::DryRun).await?;
    let DecidedAgain { decided, to_log, left, .. } = counted;
    let list = list_page::path(&selection.filters, &[]);
    let page = page.page("Decide again", Some(NAV));
    Ok(page::render(&DecideAgainPage { page, decided, to_log, left, fields: parameters(&selection), list }))
}

/// Decides again. If some are left, the same page goes on with them.
pub(crate) async fn decide(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, fields }: SubmittedForm,
) -> Result<Response, PageError> {
    let Selection { filters, cursor } = selection(&fields, &page.session.tenant)?;
    let lines = search::lines(&console, &page.session.tenant, &filters).await?;
    let selection = Selection { filters: filters.clone(), cursor };
    let DecidedAgain { next, .. } = all(&console, &page.session, selection, &lines, Mode::Store).await?;
    Ok(match next {
        None => page::done(&list_page::path(&filters, &[]), Flash::DecidedAll),
        next => {
            page::done(&list_page::path_of(PATH, &parameters(&Selection { filters, cursor: next })), Flash::DecidedSome)
        }
    })
}

/// Reads the filters of the list, and where an earlier request stopped. Only skipped entries are decided again.
fn selection(fields: &Fields, tenant: &TenantId) -> Result<Selection, ApiError> {
    let cursor = Paging::read(fields, tenant)?.cursor;
    // An error has at least one invalid field.
    let filters = Filters::read(fields).map_err(|mut invalid| ApiError::from(invalid.swap_remove(0)))?;
    Ok(Selection { filters: Filters { outcome: Some(Outcome::Skipped), ..filters }, cursor })
}

/// The parameters that a selection is read from.
fn parameters(Selection { filters, cursor }: &Selection) -> Vec<(&'static str, String)> {
    let cursor = cursor.as_ref().map(|cursor| ("cursor", cursor.to_string()));
    filters.parameters().into_iter().chain(cursor).collect()
}

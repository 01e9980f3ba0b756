//! `GET /activity`: the activity log. `POST /activity/retry-failed`: retries all failed entries.

mod chart;
mod filter_form;
mod notice;
mod row;

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use url::form_urlencoded::Serializer;

use self::chart::Chart;
use self::filter_form::FilterForm;
use self::notice::Notice;
use self::row::Row;
use crate::activity::filters::Filters;
use crate::activity::outcome::Outcome;
use crate::activity::search::{Found, Paging, search};
use crate::activity::{NAV, days, retry, tenant};
use crate::connections::aircall::health;
use crate::connections::lines;
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::errors::Errors;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};

#[derive(Template)]
#[template(path = "activity/list.html")]
struct ActivityPage {
    page: Page,
    notices: Vec<Notice>,
    /// Only on the first page.
    chart: Option<Chart>,
    /// The number of failed calls; `None` if there are none.
    failed: Option<String>,
    /// Path of the page that decides again about the entries, if they are skipped ones.
    decide_again: Option<String>,
    form: FilterForm,
    errors: Errors,
    rows: Vec<Row>,
    /// Path of the next page.
    more: Option<String>,
    /// Whether this is not the first page.
    is_further: bool,
}

/// Lists the entries that match the filters, latest call first.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    page: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let id = page.session.tenant.clone();
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let part = Paging::read(&fields, &id).map_err(ApiError::from)?;
    let is_further = part.cursor.is_some();
    let counted = async { if is_further { Ok(None) } else { console.calls.count_failed(&id).await.map(Some) } };
    let checked = async {
        let mut tenant = tenant(&console, &id).await?;
        let note = health::check_webhook_cached(&console, &mut tenant).await;
        Ok::<_, store::Error>((tenant, note))
    };
    let (lines, checked, failed) = tokio::join!(lines::lines(&console, &id), checked, counted);
    let (lines, (tenant, note), failed) = (lines?, checked?, failed?);

    let read = Filters::read(&fields);
    let mut errors = Errors::default();
    for invalid in read.as_ref().err().into_iter().flatten() {
        errors.at(invalid.name, invalid.message.clone());
    }
    let filters = read.clone().unwrap_or_default();
    let zone = filters.zone(&lines);
    let found =
        async { if read.is_ok() { search(&console, &id, &filters, part, &lines).await } else { Ok(Found::default()) } };
    let counted = async {
        if is_further {
            return Ok(None);
        }
        let span = days::latest(&zone, Timestamp::now());
        days::count(&console, &id, span, &zone).await.map(Some)
    };
    let (found, days) = tokio::join!(found, counted);
    let (found, days) = (found?, days?);

    let more = found.next.map(|cursor| {
        let mut next = filters.clone();
        if let Some(number) = found.phone {
            number.as_str().clone_into(&mut next.search);
        }
        path(&next, &[("cursor", cursor.to_string())])
    });
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = ActivityPage {
        page: page.page("Activity", Some(NAV)),
        notices: Notice::all(&tenant, note),
        chart: days.and_then(|days| Chart::new(&days, &zone)),
        failed: failed.filter(|failed| failed.count > 0).map(|failed| {
            if failed.is_exact { failed.count.to_string() } else { format!("more than {}", failed.count) }
        }),
        decide_again: (filters.outcome == Some(Outcome::Skipped) && !found.entries.is_empty())
            .then(|| path_of("/activity/decide-again", &filters.parameters())),
        form: FilterForm::new(&fields, &filters, &lines, &zone),
        errors,
        rows: found.entries.into_iter().map(|entry| Row::new(entry, &tenant)).collect(),
        more,
        is_further,
    };
    Ok((status, page::render(&template)).into_response())
}

/// Retries all failed entries.
pub(crate) async fn retry_failed(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let retried = retry::all(&console, &page.session.tenant).await?;
    let flash = match (retried.count, retried.is_more) {
        (0, _) => Flash::NothingFailed,
        (_, false) => Flash::RetriedAll,
        (_, true) => Flash::RetriedSome,
    };
    Ok(page::done(NAV.path, flash))
}

/// Path of the list with these filters and `extra` query parameters.
pub(super) fn path(filters: &Filters, extra: &[(&'static str, String)]) -> String {
    path_of(NAV.path, &[&filters.parameters()[..], extra].concat())
}

/// A path with these query parameters.
pub(super) fn path_of(path: &str, parameters: &[(&str, String)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

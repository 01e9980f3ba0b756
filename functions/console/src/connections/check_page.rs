//! `GET /connections/salesforce/check`: checks what the org lacks. `POST /connections/salesforce/set-up`: sets up the key
//! field.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use salesforce::{CheckItem, CheckStatus, OrgCheck, SetUpOutcome, SetUpStep};

use super::page::cards::Badge;
use super::page::respond;
use crate::connections::{NAV, salesforce as org};
use crate::console::Console;
use crate::web::page::{self, Page};
use crate::web::page_error::PageError;
use crate::web::page_request::{PageRequest, SubmittedForm};

/// The field that the set-up creates.
const KEY_FIELD: &str = "Task.Aircall_Key__c";

#[derive(Template)]
#[template(path = "connections/org_check.html")]
struct OrgCheckPage {
    page: Page,
    /// The overall result in a sentence.
    summary: &'static str,
    items: Vec<Item>,
    /// `Some` if the key field is missing: whether the connected user may set it up from here.
    set_up: Option<bool>,
}

#[derive(Template)]
#[template(path = "connections/org_set_up.html")]
struct OrgSetUpPage {
    page: Page,
    summary: &'static str,
    items: Vec<Item>,
    is_done: bool,
}

/// An item of the check, for display.
pub(crate) struct Item {
    pub(crate) what: String,
    pub(crate) badge: Badge,
    pub(crate) message: String,
}

/// Shows what the connected user can access in the org.
pub(crate) async fn show(State(console): State<Arc<Console>>, page: PageRequest) -> Result<Response, PageError> {
    let check = match org::check(&console, &page.session.tenant).await {
        Ok(check) => check,
        Err(error) => return respond(&console, page, Err(error)).await,
    };
    Ok(checked(page, check).into_response())
}

fn checked(page: PageRequest, check: OrgCheck) -> Html<String> {
    let summary = match check.status() {
        CheckStatus::Ok => "Everything is set up correctly.",
        CheckStatus::Warning => "Calls are logged, but some details are left out.",
        CheckStatus::Missing => "Something that the integration needs is missing.",
    };
    let is_missing = check.faulty_fields.contains(KEY_FIELD);
    let set_up = is_missing.then_some(check.may_customize != Some(false));
    let items = items(check);
    page::render(&OrgCheckPage { page: page.page("Org check", Some(NAV)), summary, items, set_up })
}

/// The items of a check.
pub(crate) fn items(check: OrgCheck) -> Vec<Item> {
    let item = |CheckItem { what, status, message }| Item { what, badge: badge(status), message };
    check.items.into_iter().map(item).collect()
}

/// Sets up the key field and shows the outcome of each step.
pub(crate) async fn set_up(
    State(console): State<Arc<Console>>,
    SubmittedForm { page, .. }: SubmittedForm,
) -> Result<Response, PageError> {
    let steps = match org::set_up(&console, &page.session.tenant).await {
        Ok(steps) => steps,
        Err(error) => return respond(&console, page, Err(error)).await,
    };
    let is_done = steps.iter().all(|step| step.outcome != SetUpOutcome::Failed);
    let summary = if is_done {
        "The key field is set up: Salesforce itself now refuses a second Task for the same call."
    } else {
        "The key field is not set up yet. Completed steps are kept, and you can try again."
    };
    let item = |SetUpStep { what, outcome, message }| Item { what, badge: outcome_badge(outcome), message };
    let items = steps.into_iter().map(item).collect();
    let page = page.page("Org set-up", Some(NAV));
    Ok(page::render(&OrgSetUpPage { page, summary, items, is_done }).into_response())
}

fn badge(status: CheckStatus) -> Badge {
    match status {
        CheckStatus::Ok => Badge::new("logged", "OK"),
        CheckStatus::Warning => Badge::new("waiting", "Warning"),
        CheckStatus::Missing => Badge::new("failed", "Missing"),
    }
}

fn outcome_badge(outcome: SetUpOutcome) -> Badge {
    match outcome {
        SetUpOutcome::Done => Badge::new("logged", "Done"),
        SetUpOutcome::AlreadyThere => Badge::new("skipped", "Already there"),
        SetUpOutcome::Failed => Badge::new("failed", "Failed"),
    }
}

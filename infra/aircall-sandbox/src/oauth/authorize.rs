//! `/oauth/authorize`, which the real Aircall serves at `dashboard.aircall.io`: an admin allows or denies access.

use std::collections::BTreeSet;

use axum::{
    body::Bytes,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use sandbox_kit::Parameters;
use serde::Deserialize;
use url::Url;

use super::page;
use crate::{Company, access::Code};

/// The app's request: the query of the page, then hidden fields of its form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct QueryParameters {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) response_type: String,
    pub(super) scope: String,
    pub(super) state: String,
}

/// The submitted form.
struct Consent {
    request: QueryParameters,
    is_allowed: bool,
    /// The lines that were ticked; `None` if the form did not ask for them.
    lines: Option<BTreeSet<u64>>,
}

impl Consent {
    fn read(body: &[u8]) -> Self {
        let form = Parameters::parse(body);
        let text = |name| form.get(name).unwrap_or_default().to_owned();
        let ticked = form.iter().filter(|(name, _)| *name == "number_ids").filter_map(|(_, id)| id.parse().ok());
        Self {
            request: QueryParameters {
                client_id: text("client_id"),
                redirect_uri: text("redirect_uri"),
                response_type: text("response_type"),
                scope: text("scope"),
                state: text("state"),
            },
            is_allowed: form.get("decision") == Some("allow"),
            lines: form.get("asks_for_numbers").map(|_| ticked.collect()),
        }
    }
}

/// Shows the consent page.
pub(super) async fn ask(State(company): State<Company>, Query(parameters): Query<QueryParameters>) -> Response {
    match check(&company, &parameters) {
        Ok(target) => page::consent(&company.lock_untracked(), &parameters, &target).into_response(),
        Err(why) => refused(why),
    }
}

/// Redirects the admin to the app, with a code or an error.
pub(super) async fn decide(State(company): State<Company>, body: Bytes) -> Response {
    let Consent { request: parameters, is_allowed, lines } = Consent::read(&body);
    let mut target = match check(&company, &parameters) {
        Ok(target) => target,
        Err(why) => return refused(why),
    };
    if is_allowed {
        let code = Code { redirect_uri: parameters.redirect_uri, issued_at: Timestamp::now(), lines };
        let code = company.lock().access.put_code(code);
        target.query_pairs_mut().append_pair("code", &code);
    } else {
        target.query_pairs_mut().append_pair("error", "access_denied");
    }
    if !parameters.state.is_empty() {
        target.query_pairs_mut().append_pair("state", &parameters.state);
    }
    Redirect::to(target.as_str()).into_response()
}

/// Validates the request, and returns the address to redirect the admin to.
fn check(company: &Company, parameters: &QueryParameters) -> Result<Url, &'static str> {
    if parameters.client_id != company.lock_untracked().client_id() {
        return Err("No app has this client_id.");
    }
    if parameters.response_type != "code" {
        return Err("The response_type is not code.");
    }
    if parameters.scope != "public_api" {
        return Err("The scope is not public_api.");
    }
    let target = Url::parse(&parameters.redirect_uri).ok();
    target.filter(Url::has_host).ok_or("The redirect_uri is not an address.")
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, page::refusal(why)).into_response()
}

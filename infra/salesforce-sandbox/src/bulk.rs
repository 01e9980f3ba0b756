//! The part of Bulk API 1.0 that clients fall back to for many records: CSV in, CSV out, processed synchronously.
//!
//! A batch runs as collection requests of 200 records each, like the chunks of a real org.
//! <https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_intro.htm>

mod csv;
mod job;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use sandbox_kit::random;

pub(crate) use self::job::Jobs;
use self::job::{Batch, Job};
use crate::{Org, schema};

pub(crate) fn routes() -> Router<Org> {
    Router::new()
        .route("/services/async/{version}/job", post(open))
        .route("/services/async/{version}/job/{job}", get(show).post(close))
        .route("/services/async/{version}/job/{job}/batch", post(add))
        .route("/services/async/{version}/job/{job}/batch/{batch}", get(show_batch))
        .route("/services/async/{version}/job/{job}/batch/{batch}/result", get(result))
}

/// The user of the session in `X-SFDC-Session`; counts the request.
fn user(org: &Org, headers: &HeaderMap) -> Result<String, Refused> {
    let mut state = org.lock();
    let session = headers.get("x-sfdc-session").and_then(|token| token.to_str().ok()).unwrap_or_default();
    let user = state.grants.user_of(session, state.options.session_ms, Timestamp::now()).map(ToOwned::to_owned);
    let user = user.ok_or(Refused("InvalidSessionId", "Invalid session id"))?;
    if !state.permits(&user, "PermissionsApiEnabled") {
        return Err(Refused("FeatureNotEnabled", "Async API not enabled"));
    }
    state.control.requests.count("async".to_owned());
    Ok(user)
}

/// An error: an `exceptionCode` and its message.
#[derive(Debug)]
struct Refused(&'static str, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(code, message) = self;
        let xml = format!("<exceptionCode>{code}</exceptionCode><exceptionMessage>{message}</exceptionMessage>");
        (StatusCode::BAD_REQUEST, xml_body("error", &xml)).into_response()
    }
}

fn xml_body(root: &str, inner: &str) -> impl IntoResponse + use<> {
    let namespace = "http://www.force.com/2009/06/asyncapi/dataload";
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root} xmlns=\"{namespace}\">{inner}</{root}>");
    ([(header::CONTENT_TYPE, "application/xml")], text)
}

/// The text of the first XML element of that name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(text, _)| text.trim())
}

async fn open(State(org): State<Org>, headers: HeaderMap, body: String) -> Result<Response, Refused> {
    user(&org, &headers)?;
    let text = |name| element(&body, name).unwrap_or_default();
    let mut state = org.lock();
    let object =
        schema::visible_object(&state.options, text("object")).ok_or(Refused("InvalidJob", "Unable to find object"))?;
    let job = Job::new(object, text("operation"), text("externalIdFieldName"), text("contentType"));
    let job = job.ok_or(Refused("InvalidJob", "Only CSV, and insert, update, upsert and delete"))?;
    let id = format!("750{}", random::alphanumeric(15));
    let created = (StatusCode::CREATED, xml_body("jobInfo", &job.to_xml(&id))).into_response();
    state.jobs.insert(id, job);
    Ok(created)
}

/// Calls `work` with a job.
fn with_job<T>(org: &Org, id: &str, work: impl FnOnce(&mut Job) -> T) -> Result<T, Refused> {
    org.lock().jobs.get_mut(id).map(work).ok_or(Refused("InvalidJob", "Unable to find job"))
}

type JobPath = Path<(String, String)>;
type BatchPath = Path<(String, String, String)>;

async fn show(State(org): State<Org>, Path((_, id)): JobPath, headers: HeaderMap) -> Result<Response, Refused> {
    user(&org, &headers)?;
    with_job(&org, &id, |job| xml_body("jobInfo", &job.to_xml(&id)).into_response())
}

async fn close(
    State(org): State<Org>,
    Path((_, id)): JobPath,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refused> {
    user(&org, &headers)?;
    let state = element(&body, "state").filter(|state| ["Closed", "Aborted"].contains(state));
    let state = state.ok_or(Refused("InvalidJobState", "A job can be closed or aborted"))?;
    with_job(&org, &id, |job| {
        state.clone_into(&mut job.state);
        xml_body("jobInfo", &job.to_xml(&id)).into_response()
    })
}

async fn add(
    State(org): State<Org>,
    Path((version, id)): JobPath,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refused> {
    let user_id = user(&org, &headers)?;
    let job = with_job(&org, &id, |job| job.clone())?;
    if job.state != "Open" {
        return Err(Refused("InvalidJobState", "The job is not open"));
    }
    let batch = job.run(&org, &version, &user_id, &csv::read(&body)).await;
    let batch_id = format!("751{}", random::alphanumeric(15));
    let created = xml_body("batchInfo", &batch.to_xml(&id, &batch_id));
    with_job(&org, &id, |job| job.batches.insert(batch_id, batch))?;
    Ok((StatusCode::CREATED, created).into_response())
}

fn with_batch<T>(org: &Org, job: &str, batch: &str, read: impl FnOnce(&Batch) -> T) -> Result<T, Refused> {
    let found = with_job(org, job, |job| job.batches.get(batch).map(read))?;
    found.ok_or(Refused("InvalidBatch", "Unable to find batch"))
}

async fn show_batch(
    State(org): State<Org>,
    Path((_, job, batch)): BatchPath,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    user(&org, &headers)?;
    with_batch(&org, &job, &batch, |found| xml_body("batchInfo", &found.to_xml(&job, &batch)).into_response())
}

async fn result(
    State(org): State<Org>,
    Path((_, job, batch)): BatchPath,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    user(&org, &headers)?;
    with_batch(&org, &job, &batch, |found| ([(header::CONTENT_TYPE, "text/csv")], found.to_csv()).into_response())
}

//! What stands between the functions and AWS: it refuses what a function's policies do not allow, as IAM does, and writes
//! each call to a file.
//!
//! A function is known by its access key, which is its logical id in the template.

mod call;
mod policies;

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::call::Call;
pub use self::policies::Policies;
use crate::long_messages;
use crate::services::{Account, Services};

/// The longest body of a request to AWS: a batch of DynamoDB's.
const MAX_LEN: usize = 20 * 1024 * 1024;

/// The functions' policies, and where their calls are written.
#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    /// By the functions' logical ids.
    policies: Arc<BTreeMap<String, Policies>>,
    log: Option<Arc<Mutex<File>>>,
    account: Arc<Account>,
    http: reqwest::Client,
}

/// A service behind the gateway.
#[derive(Debug, Clone)]
struct Upstream {
    gateway: Gateway,
    /// The name by which requests to it are signed.
    service: &'static str,
    url: String,
}

impl Gateway {
    /// A gateway that writes the calls to a new file, if there is a path for it.
    pub(crate) fn new(policies: BTreeMap<String, Policies>, log: Option<&Path>, services: &Services) -> Result<Self> {
        let create = |path: &Path| {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            File::create(path)
        };
        let about = |path: &Path| format!("cannot write {}", path.display());
        let log = log.map(|path| create(path).with_context(|| about(path))).transpose()?;
        let (policies, log) = (Arc::new(policies), log.map(|file| Arc::new(Mutex::new(file))));
        let Services { account, http, .. } = services;
        Ok(Self { policies, log, account: Arc::clone(account), http: http.clone() })
    }

    /// Serves the service of this name at `url` on a listener, until the task is dropped.
    pub(crate) async fn serve(self, listener: TcpListener, service: &'static str, url: String) {
        let router = Router::new().fallback(forward).layer(DefaultBodyLimit::max(MAX_LEN));
        let router = router.with_state(Upstream { gateway: self, service, url });
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("the functions no longer reach AWS: {error:#}");
        }
    }

    fn log(&self, function: &str, call: &Call) {
        let Some(log) = &self.log else { return };
        let Call { service, action, resource } = call;
        let line = json!({ "function": function, "service": service, "action": action, "resource": resource });
        if let Err(error) = writeln!(log.lock().unwrap_or_else(PoisonError::into_inner), "{line}") {
            tracing::error!("a call to AWS was not written: {error:#}");
        }
    }
}

async fn forward(State(upstream): State<Upstream>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Upstream { gateway, service, url } = &upstream;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let function = access_key(text("authorization"));
    let calls = match Call::read(text("x-amz-target"), &body, &gateway.account) {
        Ok(calls) => calls,
        Err(error) => return refused("ValidationException", &format!("{error:#}")),
    };
    for call in &calls {
        gateway.log(function, call);
    }
    for call in &calls {
        if !gateway.policies.get(function).is_some_and(|policies| policies.allow(call)) {
            let message = format!("{function} is not authorized to perform: {call}");
            tracing::warn!("{message}");
            return refused("AccessDeniedException", &message);
        }
    }
    let is_embedded_sqs = gateway.account.is_embedded && *service == "sqs";
    let is_receiving = is_embedded_sqs && text("x-amz-target").ends_with(".ReceiveMessage");
    let body = if is_embedded_sqs { for_embedded_sqs(body) } else { body };
    let url = format!("{url}{}", uri.path());
    let signed = ["x-amz-target", "content-type"].map(|name| (name, text(name)));
    let signature = match gateway.account.sign(service, &url, &signed, &body) {
        Ok(signature) => signature,
        Err(error) => return refused("ValidationException", &format!("{error:#}")),
    };
    let mut request = gateway.http.post(url).body(body);
    for (name, value) in signed.into_iter().chain(signature.as_pairs()) {
        request = request.header(name, value);
    }
    match answer(request).await {
        Ok(answer) => answer.map(|body| if is_receiving { from_embedded_sqs(body) } else { body }).map(Body::from),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

/// The embedded SQS refuses what AWS did until 2025: a message group on a standard queue, and long messages.
fn for_embedded_sqs(body: Bytes) -> Bytes {
    let Ok(Value::Object(mut message)) = serde_json::from_slice(&body) else { return body };
    let is_fifo =
        message.get("QueueUrl").and_then(Value::as_str).is_some_and(|url| url.strip_suffix(".fifo").is_some());
    if is_fifo || message.remove("MessageGroupId").is_none() {
        return body;
    }
    long_messages::split(&mut message);
    Value::Object(message).to_string().into()
}

/// The messages that were received, whole.
fn from_embedded_sqs(body: Bytes) -> Bytes {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else { return body };
    for message in answer["Messages"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let Some(Value::String(mut text)) = message.remove("Body") else { continue };
        if let Some(attributes) = message.get_mut("MessageAttributes").and_then(Value::as_object_mut) {
            long_messages::join(&mut text, attributes);
        }
        message.insert("Body".to_owned(), text.into());
    }
    answer.to_string().into()
}

/// Sends the request, and reads the response whole.
async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<Response<Bytes>> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut answer = Response::new(response.bytes().await?);
    *answer.status_mut() = status;
    let headers = headers.iter().filter(|(name, _)| !is_of_connection(name));
    answer.headers_mut().extend(headers.map(|(name, value)| (name.clone(), value.clone())));
    Ok(answer)
}

/// Whether a header concerns one connection only.
fn is_of_connection(name: &header::HeaderName) -> bool {
    [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION].contains(name)
}

/// The access key in a signature: `AWS4-HMAC-SHA256 Credential=<access key>/<date>/…`.
fn access_key(authorization: &str) -> &str {
    let credential = authorization.split_once("Credential=").map(|(_, rest)| rest);
    credential.and_then(|credential| credential.split(['/', ',']).next()).unwrap_or_default()
}

fn refused(kind: &str, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind, "message": message }))).into_response()
}

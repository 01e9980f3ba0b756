//! The middleware that injects faults and logs requests.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use crate::{
    faults::{self, Rule},
    requests::Entry,
    sandbox::Sandbox,
    serve::run_to_completion,
};

/// Size limit of the body of a request that a fault applies to, in bytes.
const MAX_BODY: usize = 16 << 20;

/// Middleware that applies the first fault that matches a request, and logs the request.
pub async fn inject<S: Sandbox>(State(sandbox): State<S>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    let target = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
    let entry = Entry::of(&request);
    let Some(rule) = sandbox.with_control(|control| control.faults.take(&entry.method, &target)) else {
        let response = next.run(request).await;
        return answered(&sandbox, entry, response.status().as_u16(), response);
    };
    // Reading the body now, and a task of its own, let the request run to completion even if its caller disconnects.
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return faults::dropped() };
    let request = Request::from_parts(parts, Body::from(body));
    run_to_completion(async move {
        let (status, response) = apply(&rule, &sandbox, &target, request, next).await;
        answered(&sandbox, entry, status, response)
    })
    .await
}

fn answered<S: Sandbox>(sandbox: &S, entry: Entry, status: u16, mut response: Response) -> Response {
    S::on_response(&mut response);
    sandbox.with_control(|control| control.requests.log(Entry { status, ..entry }));
    response
}

/// The status to log, 0 for a dropped connection, and the response: that of the fault, else the API's own.
async fn apply<S: Sandbox>(rule: &Rule, sandbox: &S, target: &str, request: Request, next: Next) -> (u16, Response) {
    let replacement = rule.replacement(&S::FAULT_STYLE);
    if let Some(after) = rule.late_effect() {
        tokio::time::sleep(rule.delay()).await;
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            S::on_response(&mut next.run(request).await);
        });
        return replacement.unwrap_or_else(|| (0, faults::dropped()));
    }
    let own = if rule.commit {
        let own = next.run(request).await;
        tokio::time::sleep(rule.delay()).await;
        Some(own)
    } else {
        tokio::time::sleep(rule.delay()).await;
        if replacement.is_some() { None } else { Some(next.run(request).await) }
    };
    let Some((status, response)) = replacement else {
        let own = own.unwrap_or_default();
        return (own.status().as_u16(), own);
    };
    if own.is_none() {
        sandbox.on_prevented(target, status);
    }
    (status, response)
}

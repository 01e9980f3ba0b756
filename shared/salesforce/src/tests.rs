//! Tests of the real client against a stub HTTP server on a loopback port.

mod budget;
mod faults;
mod injection;
mod lengths;
mod oauth;
mod org_check;
mod reading;
mod refusals;
mod sandbox;
mod set_up;
mod signing_in;
mod transport;
mod writing;

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ApiVersion, Client, SalesforceId};

const TOKEN: &str = "00Dxx0000001gPL!secret-access-token";

fn id(text: &str) -> SalesforceId {
    SalesforceId::parse(text).unwrap()
}

fn client_of(server: &MockServer) -> Client {
    Client::new(reqwest::Client::new(), server.uri().parse().unwrap(), TOKEN.into(), ApiVersion::default())
}

/// A stub server that answers one resource, if the request has the token.
async fn org(verb: &str, resource: &str, answer: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(method(verb))
        .and(path(format!("/services/data/v66.0/{resource}")))
        .and(header("Authorization", format!("Bearer {TOKEN}")))
        .respond_with(answer)
        .mount(&server)
        .await;
    let client = client_of(&server);
    (server, client)
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).insert_header("Sforce-Limit-Info", "api-usage=18/15000").set_body_json(body)
}

/// The body of the only request that the server received.
async fn sent(server: &MockServer) -> Value {
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests[0].body_json().unwrap_or(json!(null))
}

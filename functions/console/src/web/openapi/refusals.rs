//! The error responses of operations, in the OpenAPI document.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use rules::Settings;
use rules::settings::Problem;
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation as Described;
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::parameters;
use super::{CSRF, SESSION, TOKEN};
use crate::connections::ConnectionError;
use crate::connections::aircall::AircallError;
use crate::console::Console;
use crate::web::error::{ApiError, Refusal};
use crate::web::error_code::ErrorCode;

/// The result of `routes!` for a handler.
pub(crate) type Operation = UtoipaMethodRouter<Arc<Console>>;

/// An error response of API Gateway, which is in front of the console.
#[derive(Serialize, ToSchema)]
struct GatewayRefusal {
    /// What went wrong, in API Gateway's words.
    #[schema(example = "Too Many Requests")]
    message: String,
}

/// The error responses that API Gateway can give to any request.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html>
const GATEWAY: [(StatusCode, &str); 3] = [
    (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
];

/// The schemas of error responses.
pub(crate) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![
        (Refusal::name().into_owned(), Refusal::schema()),
        (GatewayRefusal::name().into_owned(), GatewayRefusal::schema()),
    ];
    Refusal::schemas(&mut schemas);
    schemas
}

/// A router of these operations, each with its own error codes. The codes that all operations of a kind share are added
/// to the document.
pub(crate) fn operations<const N: usize>(operations: [(Operation, &[ErrorCode]); N]) -> OpenApiRouter<Arc<Console>> {
    operations.into_iter().fold(OpenApiRouter::default(), |router, (operation, codes)| add(router, operation, codes))
}

/// Adds an operation with these error codes, and with those that all operations of its kind share.
fn add(
    mut router: OpenApiRouter<Arc<Console>>,
    (schemas, mut paths, methods): Operation,
    codes: &[ErrorCode],
) -> OpenApiRouter<Arc<Console>> {
    let components = router.get_openapi_mut().components.get_or_insert_default();
    for path in paths.paths.values_mut() {
        let changes = [&mut path.put, &mut path.post, &mut path.delete].map(Option::as_mut).into_iter().flatten();
        for operation in changes {
            complete(operation, true, codes, components);
        }
        if let Some(operation) = &mut path.get {
            complete(operation, false, codes, components);
        }
    }
    router.routes((schemas, paths, methods))
}

fn complete(operation: &mut Described, is_change: bool, codes: &[ErrorCode], components: &mut Components) {
    parameters::may_be_empty(operation);
    let is_admin_only = codes.contains(&ErrorCode::AdminOnly);
    operation.security = Some(security(is_change, is_admin_only));
    let mut codes = codes.to_vec();
    codes.extend([ErrorCode::NotSignedIn, ErrorCode::BadToken]);
    codes.extend([ErrorCode::Misconfigured, ErrorCode::Unreadable, ErrorCode::Unavailable]);
    if is_change {
        codes.extend([ErrorCode::Forged, ErrorCode::UnsupportedMediaType]);
    }
    if operation.request_body.is_some() {
        codes.extend([ErrorCode::NotJson, ErrorCode::TooLarge]);
    }
    let mut by_status: BTreeMap<StatusCode, Vec<ErrorCode>> =
        GATEWAY.into_iter().map(|(status, _)| (status, Vec::new())).collect();
    for code in codes {
        by_status.entry(code.status()).or_default().push(code);
    }
    for (status, codes) in by_status {
        let name = name(status, &codes);
        let reference = Ref::from_response_name(&name);
        components.responses.entry(name).or_insert_with(|| response(status, &codes).into());
        operation.responses.responses.insert(status.as_str().to_owned(), RefOr::Ref(reference));
    }
}

/// The accepted credentials: an API token, an admin's session or, for changes, a session with a CSRF token.
fn security(is_change: bool, is_admin_only: bool) -> Vec<SecurityRequirement> {
    let none: [&str; 0] = [];
    let token = (!is_admin_only).then(|| SecurityRequirement::new(TOKEN, none));
    let session_and_csrf = is_change.then(|| SecurityRequirement::new(SESSION, none).add(CSRF, none));
    token.into_iter().chain([SecurityRequirement::new(SESSION, none)]).chain(session_and_csrf).collect()
}

/// The name of a response, such as `NotFoundOrNotFailed`, so that operations with the same errors share it.
fn name(status: StatusCode, codes: &[ErrorCode]) -> String {
    if codes.is_empty() {
        return status.canonical_reason().unwrap_or_default().replace(' ', "");
    }
    codes.iter().map(|code| format!("{code:?}")).collect::<Vec<_>>().join("Or")
}

fn response(status: StatusCode, codes: &[ErrorCode]) -> Response {
    let gateway_message = GATEWAY.into_iter().find(|(other, _)| *other == status).map(|(_, message)| message);
    let described = codes.iter().map(|code| format!("`{}`: {}", key(*code), meaning(*code)));
    let gateway = gateway_message.map(|message| format!("`{message}`: sent by API Gateway."));
    let lines: Vec<String> = described.chain(gateway).collect();
    let content = content(codes, gateway_message);
    ResponseBuilder::new().description(lines.join("\n\n")).content("application/json", content).build()
}

fn content(codes: &[ErrorCode], gateway_message: Option<&str>) -> Content {
    let (own, gateway) = (Ref::from_schema_name(Refusal::name()), Ref::from_schema_name(GatewayRefusal::name()));
    let schema: RefOr<Schema> = match (codes.is_empty(), gateway_message.is_some()) {
        (false, true) => OneOfBuilder::new().item(own).item(gateway).into(),
        (false, false) => own.into(),
        (true, _) => gateway.into(),
    };
    let of_code = |code: &ErrorCode| {
        let example = ExampleBuilder::new().value(serde_json::to_value(example(*code).refusal()).ok());
        (key(*code), example.build().into())
    };
    let of_gateway = gateway_message.map(|message| {
        let example = ExampleBuilder::new().value(Some(json!({ "message": message })));
        ("gateway".to_owned(), example.build().into())
    });
    let examples: Vec<(String, RefOr<_>)> = codes.iter().map(of_code).chain(of_gateway).collect();
    ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build()
}

/// The code as it is in JSON.
fn key(code: ErrorCode) -> String {
    let key = serde_json::to_value(code).ok();
    key.as_ref().and_then(|key| key.as_str()).unwrap_or_default().to_owned()
}

/// The description of an error code, for developers.
fn meaning(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::AdminOnly => "the operation needs an admin's session; an API token is not enough.",
        ErrorCode::AircallRateLimited => "Aircall's rate limit for the company is reached. Try again in a minute.",
        ErrorCode::AircallRefused => "Aircall does not accept the API key.",
        ErrorCode::AircallRejected => "Aircall rejected the request; the message says why.",
        ErrorCode::AircallUnavailable => "Aircall cannot be reached or failed. Try again later.",
        ErrorCode::BadParameter => "a parameter or field is invalid; `parameter` names it.",
        ErrorCode::BadToken => "the API token is invalid or was revoked.",
        ErrorCode::Busy => "somebody else is changing this connection. Try again in a minute.",
        ErrorCode::Forged => {
            "the headers say that the change comes from another site's page, and there is no valid CSRF token."
        }
        ErrorCode::InvalidSettings => "the settings are invalid, and nothing was saved; `problems` lists why.",
        ErrorCode::MethodNotAllowed => "the resource does not support this method; `Allow` lists those that it does.",
        ErrorCode::Misconfigured => "the deployment is not configured correctly; its log says what is missing.",
        ErrorCode::NotConnected => "there is no connection to change or check.",
        ErrorCode::NotFailed => "only a failed entry can be retried.",
        ErrorCode::NotFound => "the resource does not exist in this tenant.",
        ErrorCode::NotJson => "the body is not JSON, or does not match the schema.",
        ErrorCode::NotSignedIn => "there is no valid session and no API token.",
        ErrorCode::OtherCompany => "the API key belongs to another company than the connected one.",
        ErrorCode::SalesforcePaused => "the org gets no requests for now, as its API calls are used up.",
        ErrorCode::SalesforceRefused => "Salesforce refused the request; the message says why.",
        ErrorCode::SalesforceUnavailable => "Salesforce cannot be reached or failed. Try again later.",
        ErrorCode::Stale => "somebody else changed the settings in between; `settings` has the current ones.",
        ErrorCode::TooLarge => "the body is longer than the limit.",
        ErrorCode::TooManyTokens => "the tenant already has 20 API tokens, the maximum.",
        ErrorCode::Unavailable => "not possible right now. Try again later.",
        ErrorCode::Unreadable => "the stored data was written by another version and cannot be read.",
        ErrorCode::UnsupportedMediaType => "a request with a body needs the `Content-Type` `application/json`.",
    }
}

/// An example of an error with this code.
fn example(code: ErrorCode) -> ApiError {
    match code {
        ErrorCode::AdminOnly => ApiError::AdminOnly,
        ErrorCode::AircallRateLimited => AircallError::RateLimited.into(),
        ErrorCode::AircallRefused => AircallError::Refused("Unauthorized".to_owned()).into(),
        ErrorCode::AircallRejected => AircallError::Rejected("Bad Request (HTTP 400)".to_owned()).into(),
        ErrorCode::AircallUnavailable => AircallError::Unavailable("Aircall answered HTTP 502".to_owned()).into(),
        ErrorCode::BadParameter => {
            ApiError::Parameter { name: "until", message: "The last day is before the first.".to_owned() }
        }
        ErrorCode::BadToken => ApiError::BadToken,
        ErrorCode::Busy => ConnectionError::Busy.into(),
        ErrorCode::Forged => ApiError::Forged,
        ErrorCode::InvalidSettings => {
            let message = "a Case can only be created when relate_to is \"case\"".to_owned();
            ApiError::Invalid(vec![Problem { path: "create_case_if_none".to_owned(), message }])
        }
        ErrorCode::MethodNotAllowed => ApiError::MethodNotAllowed,
        ErrorCode::Misconfigured => {
            ApiError::Connection { code, message: "The console is not configured correctly.".to_owned() }
        }
        ErrorCode::NotConnected => ConnectionError::NotConnected("Salesforce").into(),
        ErrorCode::NotFailed => ApiError::NotFailed,
        ErrorCode::NotFound => ApiError::NotFound("There is no entry with this key.".to_owned()),
        ErrorCode::NotJson => {
            ApiError::NotJson("The body is not JSON: EOF while parsing a value at line 1 column 0.".to_owned())
        }
        ErrorCode::NotSignedIn => ApiError::NotSignedIn,
        ErrorCode::OtherCompany => {
            let [connected, given] = ["Example Company", "Example Ltd"].map(str::to_owned);
            AircallError::OtherCompany { connected, given }.into()
        }
        ErrorCode::SalesforcePaused => {
            let message = "The org has used 14250 of its 15000 API calls of 24 hours, all integrations together, and \
                           the settings say to stop at 95 %.";
            ConnectionError::SalesforcePaused(message.to_owned()).into()
        }
        ErrorCode::SalesforceRefused => {
            ConnectionError::SalesforceRefused("INSUFFICIENT_ACCESS: insufficient access rights.".to_owned()).into()
        }
        ErrorCode::SalesforceUnavailable => {
            ConnectionError::SalesforceUnavailable("Salesforce did not answer in time.".to_owned()).into()
        }
        ErrorCode::Stale => ApiError::Stale(Box::new(Settings { version: 8, ..Settings::default() })),
        ErrorCode::TooLarge => ApiError::TooLarge,
        ErrorCode::TooManyTokens => ApiError::TooManyTokens,
        ErrorCode::Unavailable => {
            ApiError::Connection { code, message: "This is not possible right now. Try again.".to_owned() }
        }
        ErrorCode::Unreadable => {
            let message = "This was stored by another version and cannot be read.".to_owned();
            ApiError::Connection { code, message }
        }
        ErrorCode::UnsupportedMediaType => ApiError::NotJsonType,
    }
}

impl From<AircallError> for ApiError {
    fn from(error: AircallError) -> Self {
        ConnectionError::from(error).into()
    }
}

//! The error responses of operations, in the OpenAPI document.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation as Described;
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::{CSRF, SESSION, TOKEN, parameters};
use crate::web::error::{ApiError, Refusal};
use crate::web::error_code::ErrorCode;

/// The result of `routes!` for a handler.
type Operation<S> = UtoipaMethodRouter<S>;

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
pub(crate) fn operations<S: Clone + Send + Sync + 'static, const N: usize>(
    operations: [(Operation<S>, &[ErrorCode]); N],
) -> OpenApiRouter<S> {
    operations.into_iter().fold(OpenApiRouter::default(), |router, (operation, codes)| add(router, operation, codes))
}

/// Adds an operation with these error codes, and with those that all operations of its kind share.
fn add<S: Clone + Send + Sync + 'static>(
    mut router: OpenApiRouter<S>,
    (schemas, mut paths, methods): Operation<S>,
    codes: &[ErrorCode],
) -> OpenApiRouter<S> {
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
        by_status.entry(code.row().status).or_default().push(code);
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
    let described = codes.iter().map(|code| format!("`{}`: {}", <&str>::from(code), code.row().meaning));
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
        let example = ExampleBuilder::new().value(serde_json::to_value(ApiError::example(*code).into_refusal()).ok());
        (<&str>::from(code).to_owned(), example.build().into())
    };
    let of_gateway = gateway_message.map(|message| {
        let example = ExampleBuilder::new().value(Some(json!({ "message": message })));
        ("gateway".to_owned(), example.build().into())
    });
    let examples: Vec<(String, RefOr<_>)> = codes.iter().map(of_code).chain(of_gateway).collect();
    ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build()
}

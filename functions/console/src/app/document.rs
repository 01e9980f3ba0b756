//! `GET /api/openapi.json`: the API, described by an OpenAPI 3.1 document.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Tag};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::console::AppState;
use crate::web::openapi::{CSRF, SESSION, TOKEN, refusals};
use crate::web::{csrf, session};

/// The serialized document and its ETag.
struct ServedDocument {
    json: String,
    etag: String,
}

/// Created on the first request, as most processes never serve it.
static DOCUMENT: LazyLock<ServedDocument> = LazyLock::new(|| {
    let json = full_document().to_json().unwrap_or_default();
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&json)));
    ServedDocument { json, etag }
});

/// The whole API's document.
fn full_document() -> OpenApi {
    super::api().merge(routes()).into_openapi()
}

/// The route of the document, which needs no session.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(show))
}

/// Get this document
///
/// It only changes with the version of the console; use its `ETag` to check for changes.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "About",
    operation_id = "getDocument",
    security(()),
    params(("If-None-Match" = Option<String>, Header, nullable = false, description = "The `ETag` of an earlier response.")),
    responses(
        (
            status = OK,
            description = "This document.",
            body = serde_json::Value,
            content_type = "application/json",
            headers(("ETag" = String, description = "Identifies this version of the document.")),
        ),
        (status = NOT_MODIFIED, description = "The document still has this `ETag`."),
    ),
)]
pub(crate) async fn show(headers: HeaderMap) -> Response {
    const FRESH_FOR: &str = "public, max-age=300";
    let ServedDocument { json, etag } = &*DOCUMENT;
    let caching: [(HeaderName, &str); 2] = [(header::ETAG, etag), (header::CACHE_CONTROL, FRESH_FOR)];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|known| known.trim().trim_start_matches("W/") == etag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, "application/json")], json.as_str()).into_response()
}

/// Everything in the document except the operations.
pub(crate) fn about() -> OpenApi {
    let license = LicenseBuilder::new().name("MIT or Apache 2.0").identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("Aircall to Salesforce: the console's API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license.build()));
    let session = ApiKey::Cookie(ApiKeyValue::with_description(
        session::COOKIE_NAME,
        &format!(
            "The session of an admin who signed in to the console with Salesforce. It lasts {} hours.",
            session::LIFETIME.as_hours()
        ),
    ));
    let csrf = ApiKey::Header(ApiKeyValue::with_description(
        csrf::HEADER,
        "For scripts in a page: the `csrf_token` of one of the console's forms. It is needed for a change whose `Origin` \
         or `Sec-Fetch-Site` header names another site. Programs that send neither header need no CSRF token.",
    ));
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("act_…").description(Some(
        "An API token, created on the console's page *API tokens*. Operations that change connections or users, or \
             that manage tokens, refuse it: they need an admin's session.",
    ));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(refusals::schemas())
        .security_scheme(SESSION, SecurityScheme::ApiKey(session))
        .security_scheme(CSRF, SecurityScheme::ApiKey(csrf))
        .security_scheme(TOKEN, SecurityScheme::Http(token.build()));
    OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components.build()))
        .security(Some([TOKEN, SESSION].map(|scheme| SecurityRequirement::new(scheme, [""; 0]))))
        .tags(Some(tags()))
        .build()
}

const DESCRIPTION: &str = "Everything that the console's pages do, for programs.

**Authentication.** A request carries an API token, `Authorization: Bearer act_…`, or the session cookie of an admin \
who is signed in. Both belong to one tenant, so a request can only reach that tenant's data. With a token, the session \
cookie is ignored.

**Bodies** of requests and responses are JSON. A request with a body needs `Content-Type: application/json`. Responses \
may get additional properties in the future. Requests with properties or query parameters that are not in this \
document are refused.

**Times** are UNIX seconds, unless their names or descriptions say otherwise. Days are `YYYY-MM-DD`.

**Errors** have one shape, `Refusal`: `error.code` is stable and for programs, `error.message` is for people. A \
method that a path does not support is refused with 405 and `Allow`. API Gateway, in front of the console, answers 429 \
when its rate limit is exceeded and 503 when a request takes longer than half a minute, in a shape of its own. Retry \
requests that got 429 or 503 after a while.";

fn tags() -> Vec<Tag> {
    [
        ("Settings", "What is logged and how: one document for each tenant, with its history."),
        ("Activity", "The outcome of each call, and retries."),
        ("Preview", "What would happen to a call, under saved or unsaved settings."),
        ("Connections", "The Salesforce org and the Aircall account."),
        ("Users", "Who owns the Tasks of Aircall's users."),
        ("API tokens", "Access for programs. For admins only."),
        ("About", "This document."),
    ]
    .map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build())
    .into()
}

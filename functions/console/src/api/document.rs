//! `GET /api/openapi.json`: the API, described by an OpenAPI 3.1 document.

use std::sync::{Arc, LazyLock};

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

use super::refusals;
use crate::console::Console;
use crate::{csrf, session};

/// The names of the security schemes.
pub(super) const SESSION: &str = "session";
pub(super) const CSRF: &str = "csrf";
pub(super) const TOKEN: &str = "token";

/// The document as it is sent, and what tells it from another version's.
struct Sent {
    json: String,
    etag: String,
}

/// Made when it is first asked for, which few processes are.
static DOCUMENT: LazyLock<Sent> = LazyLock::new(|| {
    let json = whole().to_json().unwrap_or_default();
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&json)));
    Sent { json, etag }
});

/// The whole API's document.
fn whole() -> OpenApi {
    super::routes().merge(routes()).into_openapi()
}

/// The route to the document, which takes no session.
pub(crate) fn routes() -> OpenApiRouter<Arc<Console>> {
    OpenApiRouter::default().routes(routes!(show))
}

/// This document
///
/// It changes with the console's version only, and `ETag` tells whether it has.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "About",
    operation_id = "getDocument",
    security(()),
    params(("If-None-Match" = Option<String>, Header, nullable = false, description = "The `ETag` of an earlier answer.")),
    responses(
        (
            status = OK,
            description = "This document.",
            body = serde_json::Value,
            content_type = "application/json",
            headers(("ETag" = String, description = "Tells this document from another version's.")),
        ),
        (status = NOT_MODIFIED, description = "It is the one with this `ETag`."),
    ),
)]
pub(crate) async fn show(headers: HeaderMap) -> Response {
    const FRESH_FOR: &str = "public, max-age=300";
    let Sent { json, etag } = &*DOCUMENT;
    let shown: [(HeaderName, &str); 2] = [(header::ETAG, etag), (header::CACHE_CONTROL, FRESH_FOR)];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|known| known.trim().trim_start_matches("W/") == etag) {
        return (StatusCode::NOT_MODIFIED, shown).into_response();
    }
    (shown, [(header::CONTENT_TYPE, "application/json")], json.as_str()).into_response()
}

/// What the document says beside the operations.
pub(super) fn about() -> OpenApi {
    let license = LicenseBuilder::new().name("MIT or Apache 2.0").identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("Aircall to Salesforce: the console's API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license.build()));
    let session = ApiKey::Cookie(ApiKeyValue::with_description(
        session::COOKIE_NAME,
        "The session of an admin who signed in to the console with Salesforce. It lasts twelve hours.",
    ));
    let csrf = ApiKey::Header(ApiKeyValue::with_description(
        csrf::HEADER,
        "For a script in a page: the `csrf_token` of a form of the console's. It lets a change through whose headers \
         `Origin` or `Sec-Fetch-Site` say that it comes from another site. A program sends neither header, and no token.",
    ));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("act_…")
        .description(Some("An API token of the console's page *API tokens*. It does not do for what lets others in."));
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

**Who may.** A request shows an API token, `Authorization: Bearer act_…`, or the session of an admin who is signed in. \
Either names the tenant, so no request can name another one. Where a token is shown, no session counts.

**Bodies** are JSON, both ways; a request that has one says `Content-Type: application/json`. Answers may get further \
properties; requests are refused if they have properties that are not in this document, and so are filters that it does \
not name.

**Times** are UNIX seconds unless their names say otherwise. Days are `YYYY-MM-DD`.

**Refusals** have one shape, `Refusal`: `error.code` is for programs and stays, `error.message` is for people. Another \
method than those of a path is refused with 405 and `Allow`. API Gateway in front of the console refuses what is too \
much for it with 429, and what takes longer than half a minute with 503, in a shape of its own. Repeat what was refused \
with 429 or 503 after a while.";

fn tags() -> Vec<Tag> {
    [
        ("Settings", "What is logged, and how: one document per tenant, with its history."),
        ("Activity", "What became of each call, and having it tried again."),
        ("Preview", "What would become of a call, under settings that need not be saved."),
        ("Connections", "The Salesforce org and the Aircall account."),
        ("API tokens", "What lets programs in. For admins only."),
        ("About", "This document."),
    ]
    .map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build())
    .into()
}

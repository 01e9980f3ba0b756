//! The stylesheet, the script and the icon, each served under a name that contains a hash of its content.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A static file that pages link to.
struct Asset {
    path: String,
    kind: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(name: &str, extension: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = Sha256::digest(content);
        let hash = URL_SAFE_NO_PAD.encode(&digest[..9]);
        Self { path: format!("/assets/{name}.{hash}.{extension}"), kind, content }
    }
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new("console", "css", "text/css; charset=utf-8", include_str!("../../assets/console.css")),
        Asset::new("console", "js", "text/javascript; charset=utf-8", include_str!("../../assets/console.js")),
        Asset::new("icon", "svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
    ]
});

/// The path of the stylesheet.
pub(crate) fn stylesheet() -> &'static str {
    &ASSETS[0].path
}

/// The path of the script.
pub(crate) fn script() -> &'static str {
    &ASSETS[1].path
}

/// The path of the icon.
pub(crate) fn icon() -> &'static str {
    &ASSETS[2].path
}

/// Serves a file with a cache lifetime of a year: changed content gets another name.
pub(crate) async fn serve(Path(file): Path<String>) -> Result<Response, StatusCode> {
    let asset = ASSETS.iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(&file));
    let asset = asset.ok_or(StatusCode::NOT_FOUND)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, asset.content).into_response())
}

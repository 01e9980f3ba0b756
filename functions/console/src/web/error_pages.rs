//! Middleware of all pages: it renders errors in the layout and expires the flash message once it was shown.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use url::form_urlencoded::byte_serialize;

use crate::web::flash::Flash;
use crate::web::kit::Kit;
use crate::web::page::{self, Page};
use crate::web::page_error::Unrendered;
use crate::web::page_request::PageRequest;

#[derive(Template)]
#[template(path = "web/error.html")]
struct ErrorPage {
    page: Page,
    message: String,
}

/// Renders the error that a handler returned as an [`Unrendered`] extension.
pub(crate) async fn error_pages(State(kit): State<Arc<Kit>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
    let page = PageRequest::from_request_parts(&mut parts, &kit);
    let page = page.await.ok();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    match response.extensions_mut().remove::<Unrendered>() {
        Some(Unrendered::SignIn) => sign_in(&method, &uri),
        Some(Unrendered::Error { title, message }) => {
            let page = page.map_or_else(|| Page::anonymous(title), |page| page.page(title, None));
            *response.body_mut() = page::render(&ErrorPage { page, message }).0.into();
            let html = axum::http::HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            response
        }
        None => expire_flash(&headers, response),
    }
}

/// Redirects to the sign-in page, and from there back to the requested page. The content of a submitted form is lost,
/// which the sign-in page says.
fn sign_in(method: &Method, uri: &Uri) -> Response {
    let is_form = method == Method::POST && uri.path() != "/sign-out";
    let path = if is_form { uri.path() } else { uri.path_and_query().map_or("/", |path| path.as_str()) };
    let path = Some(path).filter(|path| *path != "/" && (is_form || method == Method::GET));
    let path = path.map(|path| byte_serialize(path.as_bytes()).collect::<String>());
    let login = path.map_or_else(|| "/login".to_owned(), |path| format!("/login?return_to={path}"));
    let mut response = Redirect::to(&login).into_response();
    if is_form {
        response.headers_mut().append(header::SET_COOKIE, Flash::SessionOver.set_cookie());
    }
    response
}

/// Expires the flash message of the request once a page has shown it.
fn expire_flash(headers: &HeaderMap, mut response: Response) -> Response {
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page && Flash::from_headers(headers).is_some() {
        response.headers_mut().append(header::SET_COOKIE, Flash::end_cookie());
    }
    response
}

//! What happens around every page: errors get the layout, and a message is shown once.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use url::form_urlencoded::byte_serialize;

use crate::console::Console;
use crate::flash::Flash;
use crate::page::{self, Page};
use crate::page_error::Unframed;
use crate::page_request::PageRequest;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    message: String,
}

/// Makes a page of what a handler could only name.
pub(crate) async fn error_pages(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
    let page = PageRequest::from_request_parts(&mut parts, &console);
    let page = page.await.ok();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    match response.extensions_mut().remove::<Unframed>() {
        Some(Unframed::SignIn) => sign_in(&method, &uri),
        Some(Unframed::Error { title, message }) => {
            let page = page.map_or_else(|| Page::of_nobody(title), |page| page.page(title, None));
            *response.body_mut() = page::render(&ErrorPage { page, message }).0.into();
            let html = axum::http::HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            response
        }
        None => shown_once(&headers, response),
    }
}

/// Leads to the sign-in page, and from there back to the page that was asked for. What a form held is lost, which the
/// sign-in page says.
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

/// Ends the message that came with the request, once a page has shown it.
fn shown_once(headers: &HeaderMap, mut response: Response) -> Response {
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page && Flash::from_headers(headers).is_some() {
        response.headers_mut().append(header::SET_COOKIE, Flash::end_cookie());
    }
    response
}

//! The layout around every page: navigation, session, flash message.

use std::future::{Ready, ready};

use askama::Template;
use axum::http::header;
use axum::response::{AppendHeaders, Html, IntoResponse as _, Redirect, Response};

use crate::web::flash::Flash;
use crate::web::nav::Nav;
use crate::web::session::Session;

/// A link of the navigation.
pub(crate) struct NavLink {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) is_current: bool,
    pub(crate) is_secondary: bool,
}

/// What every page shows around its content. Templates hold it as `page`.
#[derive(Debug)]
pub(crate) struct Page {
    /// The page's name, as its heading and in the browser's tab.
    pub(crate) title: String,
    /// Its entry in the navigation.
    pub(crate) nav: Option<Nav>,
    /// The navigation, in its order.
    pub(crate) navigation: &'static [Nav],
    /// The signed-in admin; `None` before signing in.
    pub(crate) session: Option<Session>,
    /// The CSRF token of its forms, see [`crate::web::csrf`].
    pub(crate) csrf_token: String,
    /// The message about the change that was just made.
    pub(crate) flash: Option<Flash>,
}

impl Page {
    /// A page for a visitor who is not signed in.
    pub(crate) fn anonymous(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            nav: None,
            navigation: &[],
            session: None,
            csrf_token: String::new(),
            flash: None,
        }
    }

    pub(crate) fn links(&self) -> Vec<NavLink> {
        let link = |nav: &Nav| {
            let Nav { name, path, is_secondary } = *nav;
            NavLink { name, path, is_current: self.nav == Some(*nav), is_secondary }
        };
        self.navigation.iter().map(link).collect()
    }
}

/// Renders a template.
pub(crate) fn render(template: &impl Template) -> Html<String> {
    // Writing to a string cannot fail, nor can formatting the values of our templates.
    Html(template.render().expect("a template renders"))
}

/// Redirects to a path, or a URL of a vendor, with a flash message for the console's next page. It answers a form, so that reloading does not submit the form again.
pub(crate) fn done(path: &str, flash: Flash) -> Response {
    (AppendHeaders([(header::SET_COOKIE, flash.set_cookie())]), Redirect::to(path)).into_response()
}

/// A handler that redirects to a page: for a `GET` of a path that only takes forms.
pub(crate) fn redirect_to(path: &'static str) -> impl Fn() -> Ready<Redirect> + Clone {
    move || ready(Redirect::to(path))
}

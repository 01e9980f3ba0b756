//! What every page shows around its content.

use askama::Template;
use axum::http::header;
use axum::response::{AppendHeaders, Html, IntoResponse as _, Redirect, Response};

use crate::flash::Flash;
use crate::session::Session;

/// A page in the navigation, in its order; the first is where the console starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nav {
    Activity,
    CallWorkflow,
    General,
    Preview,
    Connections,
    History,
    Tokens,
}

impl Nav {
    const ALL: [Nav; 7] =
        [Nav::Activity, Nav::CallWorkflow, Nav::General, Nav::Preview, Nav::Connections, Nav::History, Nav::Tokens];

    /// Its name, its path, and whether it stands apart from what is used every day.
    fn parts(self) -> (&'static str, &'static str, bool) {
        match self {
            Nav::Activity => ("Activity", "/activity", false),
            Nav::CallWorkflow => ("Call workflow", "/call-workflow", false),
            Nav::General => ("General", "/general", false),
            Nav::Preview => ("Preview", "/preview", false),
            Nav::Connections => ("Connections", "/connections", false),
            Nav::History => ("History", "/history", true),
            Nav::Tokens => ("API tokens", "/tokens", true),
        }
    }

    /// Its path.
    pub(crate) fn path(self) -> &'static str {
        self.parts().1
    }

    /// The page of this path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|nav| nav.path() == path)
    }

    /// Where the console starts.
    pub(crate) fn start() -> Self {
        Self::ALL[0]
    }
}

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
    /// Where in the navigation it is.
    pub(crate) nav: Option<Nav>,
    /// Who sees it; nobody before signing in.
    pub(crate) session: Option<Session>,
    /// What its forms carry, see [`crate::csrf`].
    pub(crate) csrf_token: String,
    /// What was just done.
    pub(crate) flash: Option<Flash>,
}

impl Page {
    /// A page for somebody who is not signed in.
    pub(crate) fn of_nobody(title: &str) -> Self {
        Self { title: title.to_owned(), nav: None, session: None, csrf_token: String::new(), flash: None }
    }

    pub(crate) fn links(&self) -> Vec<NavLink> {
        let link = |nav: Nav| {
            let (name, path, is_secondary) = nav.parts();
            NavLink { name, path, is_current: self.nav == Some(nav), is_secondary }
        };
        Nav::ALL.into_iter().map(link).collect()
    }
}

/// The page that a template makes.
pub(crate) fn render(template: &impl Template) -> Html<String> {
    // Writing to a text does not fail, and what our templates show does not either.
    Html(template.render().expect("a page of texts"))
}

/// Leads to a path, which says once what was done: the answer to a form, so that reloading does not send it again.
pub(crate) fn done(path: &str, flash: Flash) -> Response {
    (AppendHeaders([(header::SET_COOKIE, flash.set_cookie())]), Redirect::to(path)).into_response()
}

//! A browser that follows OAuth redirects to the vendors and back.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::fixture::{Fixture, HOST, Response, cookie};

/// A browser's cookies.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// The `Cookie` header.
    pub(crate) fn cookies(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// The browser of this tenant's admin, who is signed in.
    pub(crate) fn signed_in_to(tenant: &str) -> Self {
        let signed_in = cookie(tenant);
        let (name, value) = signed_in.split_once('=').unwrap();
        Self { cookies: BTreeMap::from([(name.to_owned(), value.to_owned())]) }
    }

    /// Opens a page of the console.
    pub(crate) async fn open(&mut self, f: &Fixture, path: &str) -> Response {
        let request = Request::get(path).header(header::COOKIE, self.cookies());
        let answer = f.request(request.body(Body::empty()).unwrap()).await;
        self.store_cookies(&answer);
        answer
    }

    /// Submits a form of a console page, with that page's CSRF token.
    pub(crate) async fn submit(&mut self, f: &Fixture, page: &str, path: &str, fields: &[(&str, &str)]) -> Response {
        let token = crate::pages::support::value(&self.open(f, page).await.text, "csrf_token");
        let fields = [&[("csrf_token", token.as_str())], fields].concat();
        let answer = f.post_as(&self.cookies(), path, &fields).await;
        self.store_cookies(&answer);
        answer
    }

    /// Submits a form of a page for visitors, which has no fields.
    pub(crate) async fn submit_empty(&mut self, f: &Fixture, path: &str) -> Response {
        let answer = f.post_as(&self.cookies(), path, &[]).await;
        self.store_cookies(&answer);
        answer
    }

    fn store_cookies(&mut self, answer: &Response) {
        for cookie in answer.cookies() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Starts a sign-in and returns the URL of the login page.
    pub(crate) async fn begin(&mut self, f: &Fixture, query: &str) -> Url {
        let answer = self.open(f, &format!("/auth/salesforce?{query}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.header(header::LOCATION).parse().unwrap()
    }

    /// Signs in as the org's admin.
    pub(crate) async fn sign_in(&mut self, f: &Fixture) -> Response {
        self.sign_in_as(f, &f.vendors.salesforce.admin_user_id(), "/").await
    }

    /// Signs in as this user, to see this page.
    pub(crate) async fn sign_in_as(&mut self, f: &Fixture, user: &str, return_to: &str) -> Response {
        let query = Serializer::new("at=production".to_owned()).append_pair("return_to", return_to).finish();
        let login_page = self.begin(f, &query).await;
        let callback = decide(&login_page, user, "allow").await;
        self.open(f, &callback).await
    }
}

/// Submits a user's decision on Salesforce's consent page and returns the callback path.
pub(crate) async fn decide(login_page: &Url, user: &str, decision: &str) -> String {
    let fields = login_page
        .query_pairs()
        .into_owned()
        .chain([("user", user), ("decision", decision)].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    submit_consent(login_page, body).await
}

/// Submits the form of a vendor's consent page and returns the callback path in the console.
pub(crate) async fn submit_consent(page: &Url, body: String) -> String {
    let mut action = page.clone();
    action.set_query(None);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form = http.post(action).header("content-type", "application/x-www-form-urlencoded").body(body);
    let answer = form.send().await.unwrap();
    let location = answer.headers().get("location").unwrap_or_else(|| panic!("{answer:?}")).to_str().unwrap();
    location.strip_prefix(&format!("https://{HOST}")).unwrap_or_else(|| panic!("{location}")).to_owned()
}

//! A browser's part of the tests.

use axum::body::Body;
use axum::http::{Request, header};
use url::form_urlencoded::Serializer;

use crate::fixture::{Answer, Fixture, cookie};

impl Fixture {
    /// The token that the forms of a page carry.
    pub(crate) async fn token(&self, path: &str) -> String {
        value(&self.get(path).await.text, "csrf_token")
    }

    /// Sends a form of the tenant's admin, as it is.
    pub(crate) async fn post_as(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path).header(header::COOKIE, cookie);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.request(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends the form of a page, with the token that the page gave.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token("/call-workflow").await;
        let fields = [&[("csrf_token", token.as_str())], fields].concat();
        self.post_as(&cookie("one"), path, &fields).await
    }
}

/// The value of the first hidden field of this name.
#[track_caller]
pub(crate) fn value(html: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let (_, rest) = html.split_once(&field).unwrap_or_else(|| panic!("no {name} in {html}"));
    let value = rest.split('"').next().unwrap();
    value.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'").replace("&#38;", "&")
}

/// The choice that is made of a group of radio buttons.
pub(crate) fn chosen(html: &str, name: &str) -> Option<String> {
    let buttons = html.split("<input ").filter(|tag| tag.contains(&format!("name=\"{name}\"")));
    let mut chosen = buttons.filter(|tag| tag.split('>').next().is_some_and(|tag| tag.contains(" checked")));
    let tag = chosen.next()?;
    Some(tag.split("value=\"").nth(1)?.split('"').next()?.to_owned())
}

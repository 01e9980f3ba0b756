//! Helpers that submit forms and read HTML as a browser does.

use axum::body::Body;
use axum::http::{Request, header};
use url::form_urlencoded::Serializer;

use crate::fixture::{Fixture, Response, cookie};

impl Fixture {
    /// The CSRF token in the forms of a page.
    pub(crate) async fn token(&self, path: &str) -> String {
        value(&self.get(path).await.text, "csrf_token")
    }

    /// Submits a form with this `Cookie` header, without adding a CSRF token.
    pub(crate) async fn post_as(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Response {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path).header(header::COOKIE, cookie);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.request(request.body(Body::from(body)).unwrap()).await
    }

    /// Submits a form of the admin of the tenant `one`, with a CSRF token.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
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

/// The selected value of a group of radio buttons.
pub(crate) fn chosen(html: &str, name: &str) -> Option<String> {
    let buttons = html.split("<input ").filter(|tag| tag.contains(&format!("name=\"{name}\"")));
    let mut chosen = buttons.filter(|tag| tag.split('>').next().is_some_and(|tag| tag.contains(" checked")));
    let tag = chosen.next()?;
    Some(tag.split("value=\"").nth(1)?.split('"').next()?.to_owned())
}

/// The value of a list's selected option: the first one unless another is marked.
pub(crate) fn selected(html: &str, name: &str) -> Option<String> {
    let list =
        html.split("<select ").find(|tag| tag.contains(&format!("name=\"{name}\"")))?.split("</select>").next()?;
    let options: Vec<&str> = list.split("<option ").skip(1).map(|tag| tag.split('>').next().unwrap()).collect();
    let option = options.iter().find(|tag| tag.ends_with(" selected")).or(options.first())?;
    Some(option.split("value=\"").nth(1)?.split('"').next()?.to_owned())
}

/// The fields that a browser submits for the page's form, without buttons.
pub(crate) fn fields(html: &str) -> Vec<(String, String)> {
    let form = html.split("<main").nth(1).unwrap();
    let shown: String = form.split("<template>").map(|part| part.rsplit("</template>").next().unwrap()).collect();
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
        Some(value.replace("&#38;", "&"))
    };
    let tags = shown.split("<input").skip(1).map(|tag| tag.split('>').next().unwrap());
    let sent = tags.filter(|tag| {
        let kind = attribute(tag, "type").unwrap_or_default();
        !matches!(kind.as_str(), "radio" | "checkbox") || tag.contains(" checked")
    });
    sent.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))).collect()
}

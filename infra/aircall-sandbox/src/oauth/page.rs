//! The consent page.

use axum::response::Html;
use sandbox_kit::html::escape;
use url::Url;

use super::authorize::QueryParameters;

const STYLE: &str = "
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 4rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem }
button { font: inherit; padding: .5rem 1.2rem; margin-right: .5rem; border-radius: .4rem; border: 1px solid; cursor: pointer }
button[value=allow] { background: light-dark(#00664f, #3fcf9f); color: light-dark(#fff, #06281f) }
";

/// The page that asks the admin for consent.
pub(super) fn consent(company: &str, parameters: &QueryParameters, target: &Url) -> Html<String> {
    let fields = [
        ("client_id", &parameters.client_id),
        ("redirect_uri", &parameters.redirect_uri),
        ("response_type", &parameters.response_type),
        ("scope", &parameters.scope),
        ("state", &parameters.state),
    ];
    let hidden =
        fields.map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)));
    page(&format!(
        "<h1>Let this app use Aircall for {}?</h1>\
         <p>It will read numbers, users and calls, and receive webhooks. Then you go back to <b>{}</b>.</p>\
         <form method=\"post\" action=\"/oauth/authorize\">{}\
         <button name=\"decision\" value=\"allow\">Authorize</button>\
         <button name=\"decision\" value=\"deny\">Cancel</button></form>",
        escape(company),
        escape(target.host_str().unwrap_or_default()),
        hidden.concat(),
    ))
}

/// The page that says why the request is refused. It does not redirect, as the address cannot be trusted.
pub(super) fn refusal(why: &str) -> Html<String> {
    page(&format!("<h1>This app cannot be authorized</h1><p>{}</p>", escape(why)))
}

fn page(body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>Authorize · Sandbox Aircall</title>\
         <style>{STYLE}</style><main>{body}</main></html>"
    ))
}

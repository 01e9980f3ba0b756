//! The consent page, and the page that an app leads back to.

use axum::response::Html;
use sandbox_kit::html::escape;
use url::Url;

use super::authorize::QueryParameters;
use crate::state::State;

const STYLE: &str = "
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 4rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem }
button { font: inherit; padding: .5rem 1.2rem; margin-right: .5rem; border-radius: .4rem; border: 1px solid; cursor: pointer }
button[value=allow] { background: light-dark(#00664f, #3fcf9f); color: light-dark(#fff, #06281f) }
";

/// The page that asks the admin for consent, and for the numbers whose calls the app gets.
pub(super) fn consent(state: &State, parameters: &QueryParameters, target: &Url) -> Html<String> {
    let fields = [
        ("client_id", &parameters.client_id),
        ("redirect_uri", &parameters.redirect_uri),
        ("response_type", &parameters.response_type),
        ("scope", &parameters.scope),
        ("state", &parameters.state),
    ];
    let hidden =
        fields.map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)));
    let lines = state.numbers.iter().map(|(id, line)| {
        let name = escape(line["name"].as_str().unwrap_or_default());
        format!("<label><input type=\"checkbox\" name=\"number_ids\" value=\"{id}\" checked> {name}</label><br>")
    });
    page(&format!(
        "<h1>Let this app use Aircall for {}?</h1>\
         <p>It will read numbers, users and calls, and receive webhooks. Then you go back to <b>{}</b>.</p>\
         <form method=\"post\" action=\"/oauth/authorize\">{}\
         <input type=\"hidden\" name=\"asks_for_numbers\" value=\"1\"><p>Numbers:<br>{}</p>\
         <button name=\"decision\" value=\"allow\">Authorize</button>\
         <button name=\"decision\" value=\"deny\">Cancel</button></form>",
        escape(&state.profile.name),
        escape(target.host_str().unwrap_or_default()),
        hidden.concat(),
        lines.collect::<String>(),
    ))
}

/// The page that an app redirects the admin to once it is set up, where the real Aircall closes its popup.
pub(super) fn success() -> Html<String> {
    page("<h1>The app is installed</h1><p>You can close this page.</p>")
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

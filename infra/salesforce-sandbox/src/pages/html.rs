//! The layout of a page.

use axum::response::Html;
use sandbox_kit::html::escape;

const STYLE: &str = "
:root { color-scheme: light dark; --line: light-dark(#d8dde6, #3a3f47); --soft: light-dark(#5a6472, #a3adba);
  --card: light-dark(#fff, #1d2127); --red: light-dark(#b3261e, #ff8a80); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  background: light-dark(#f3f4f6, #14171b); }
h1 { font-size: 1.4rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
h3 { font-size: .85rem; margin: 1.2rem 0 .4rem; color: var(--soft); font-weight: 600 }
table { width: 100%; border-collapse: collapse; background: var(--card) }
th, td { text-align: left; padding: .4rem .6rem; border: 1px solid var(--line) }
article { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .9rem;
  margin: .4rem 0 }
article header { display: flex; justify-content: space-between; gap: 1rem; font-weight: 600 }
small, .soft { color: var(--soft); font-weight: 400 } .overdue { color: var(--red) }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .4rem 0 0 }
a { color: light-dark(#0b5cab, #7ab8ff) }
fieldset { border: 1px solid var(--line); border-radius: .4rem; background: var(--card); padding: .6rem .9rem }
label { display: block; padding: .35rem 0 }
button { font: inherit; padding: .45rem 1.1rem; border: 1px solid light-dark(#0b5cab, #7ab8ff); border-radius: .3rem;
  background: light-dark(#0b5cab, #7ab8ff); color: light-dark(#fff, #14171b); cursor: pointer }
button.second { background: transparent; color: inherit }
";

/// A complete page; `body` is HTML.
pub(crate) fn page(title: &str, body: &str) -> Html<String> {
    let title = escape(title);
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title} · Sandbox org</title><style>{STYLE}</style>\
         <body>{body}</body></html>"
    ))
}

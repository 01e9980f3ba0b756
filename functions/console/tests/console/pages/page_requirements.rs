//! Requirements that every page meets: session, headers, no inline content, size, escaping.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use console::session::Session;
use jiff::Timestamp;
use store::TenantId;

use crate::fixture::{Fixture, cookie, key};

/// Every page of a signed-in admin.
const PAGES: [&str; 10] = [
    "/activity",
    "/activity/decide-again",
    "/call-workflow",
    "/general",
    "/preview",
    "/history",
    "/history/0",
    "/connections",
    "/users",
    "/tokens",
];
/// The maximum size of a page with its stylesheet and script, bytes.
const MAX_BYTES: usize = 60_000;

#[tokio::test]
async fn pages_require_a_session() {
    let f = Fixture::new().await;
    for path in PAGES {
        let page = f.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
        for anonymous in ["", "session=x.y"] {
            let answer = f.send_as(anonymous, Method::GET, &format!("{path}?a=b"), "").await;
            let expected = format!("/login?return_to={}%3Fa%3Db", path.replace('/', "%2F"));
            assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, &*expected));
        }
    }
}

#[tokio::test]
async fn security_headers_allow_only_our_own_content() {
    let f = Fixture::new().await;
    for path in [&PAGES[..], &["/nothing"]].concat() {
        let page = f.get(path).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("strict-transport-security", "max-age=31536000"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), value, "{path}");
        }
        let policy = page.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|given| given == rule), "{path} lacks {rule}: {policy}");
        }
    }
}

#[tokio::test]
async fn no_page_has_inline_script_or_style() {
    let f = Fixture::new().await;
    for path in PAGES {
        let page = f.get(path).await.text;
        let tags = page.split('<').filter_map(|tag| tag.split('>').next());
        for tag in tags {
            let is_inline = tag == "script" || (tag.starts_with("script ") && !tag.contains(" src=\"/assets/"));
            assert!(!is_inline && !tag.starts_with("style"), "{path}: <{tag}>");
            let has = |attribute: &str| tag.contains(attribute);
            assert!(!has(" style=") && !has(" on") && !has("javascript:"), "{path}: <{tag}>");
        }
    }
}

#[tokio::test]
async fn pages_are_small_and_their_assets_are_immutable() {
    let f = Fixture::new().await;
    for path in PAGES {
        let page = f.get(path).await.text;
        let mut size = page.len();
        let assets: std::collections::BTreeSet<&str> =
            page.split('"').filter(|text| text.starts_with("/assets/")).collect();
        assert_eq!(assets.len(), 3, "{assets:?}");
        for asset in assets {
            let answer = f.send_as("", Method::GET, asset, "").await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
            size += answer.text.len();
        }
        println!("{path}: {size} bytes");
        assert!(size < MAX_BYTES, "{path} has {size} bytes");
    }
    let gone = f.get("/assets/console.000000000000.css").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn markup_in_a_name_is_escaped() {
    let f = Fixture::new().await;
    let name = "<script>alert(1)</script>\"'&";
    let session = Session::new(TenantId::parse("one").unwrap(), "user", Timestamp::now()).called(name, name);
    for path in PAGES {
        let page = f.send_as(&session.sign(&key()), Method::GET, path, "").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("&#60;script&#62;alert(1)"), "{}", page.text);
        assert!(!page.text.contains("<script>alert"), "{}", page.text);
    }
}

#[tokio::test]
async fn unknown_paths_and_unsupported_methods_get_error_pages() {
    let f = Fixture::new().await;
    let nothing = f.get("/nothing").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert!(nothing.text.contains("There is no such page") && nothing.text.contains("aria-label=\"Console\""));
    let anonymous = f.send_as("", Method::GET, "/%3Cb%3Enothing", "").await;
    assert_eq!(anonymous.status, StatusCode::NOT_FOUND);
    assert!(!anonymous.text.contains("aria-label=\"Console\"") && !anonymous.text.contains("<b>"));
    let other = f.send(Method::DELETE, "/call-workflow", "").await;
    assert_eq!((other.status, other.header(header::ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD,POST"));
    assert!(other.text.contains("This did not work") && other.text.contains("aria-label=\"Console\""));
}

#[tokio::test]
async fn opening_the_path_of_a_form_redirects_to_its_page() {
    let f = Fixture::new().await;
    for (form, page) in [
        ("/connections/aircall", "/connections"),
        ("/connections/salesforce/statuses", "/connections"),
        ("/users/2002", "/users"),
        ("/settings/conflict", "/history"),
        ("/activity/call-7/retry", "/activity"),
        ("/activity/call-7/decide-again", "/activity"),
        ("/sign-out", "/"),
    ] {
        let answer = f.get(form).await;
        assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, page), "{form}");
    }
}

#[tokio::test]
async fn the_root_redirects_to_the_start_page() {
    let f = Fixture::new().await;
    let start = f.get("/").await;
    assert_eq!((start.status, start.header(header::LOCATION)), (StatusCode::SEE_OTHER, PAGES[0]));
    let anonymous = f.request(Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!((anonymous.status, anonymous.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(f.send_as(&cookie("one"), Method::HEAD, PAGES[0], "").await.text, "");
}

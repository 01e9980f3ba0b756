//! The login page and the consent page, as a browser uses them.

use axum::{body::Body, http::Request};
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::client::{Client, Response, answer, encode};

const AUTHORIZE: &str = "/services/oauth2/authorize";
const CALLBACK: &str = "https://console.example.com/callback?from=org";
// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An app's authorization request, with markup where an app can put any text.
fn request(org: &Client) -> Vec<(&'static str, String)> {
    let own = |text: &str| text.to_owned();
    vec![
        ("response_type", own("code")),
        ("client_id", org.org.client_id()),
        ("redirect_uri", own(CALLBACK)),
        ("scope", own("api refresh_token <b>x</b>")),
        ("state", own("\"><script>alert(1)</script>")),
        ("code_challenge", own(CHALLENGE)),
        ("code_challenge_method", own("S256")),
    ]
}

fn form(pairs: &[(&str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

async fn open(org: &Client) -> Response {
    org.get(&format!("{AUTHORIZE}?{}", form(&request(org)))).await
}

/// Submits the form of a page like a browser: its hidden fields, the chosen user and the pressed button.
async fn submit(org: &Client, page: &Response, pressed: &[(&str, &str)]) -> Response {
    let html = page.body.as_str().unwrap();
    assert!(html.contains(&format!("<form method=\"post\" action=\"{AUTHORIZE}\">")), "{html}");
    let hidden = html.split("<input type=\"hidden\" name=\"").skip(1).map(|rest| {
        let (name, rest) = rest.split_once("\" value=\"").unwrap();
        (name, unescape(rest.split_once('"').unwrap().0))
    });
    let pressed = pressed.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let fields: Vec<(&str, String)> = hidden.chain(pressed).collect();
    let request = Request::post(AUTHORIZE).header("content-type", "application/x-www-form-urlencoded");
    answer(&org.org, request.body(Body::from(form(&fields))).unwrap()).await
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// A parameter of the address that the browser is redirected to.
fn returned(answer: &Response, name: &str) -> Option<String> {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let location = Url::parse(answer.headers["location"].to_str().unwrap()).unwrap();
    assert!(location.as_str().starts_with(CALLBACK));
    location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The consent page for a user.
async fn consent_page(org: &Client, user_id: &str) -> Response {
    let page = open(org).await;
    submit(org, &page, &[("user", user_id)]).await
}

async fn user_of(org: &Client, code: &str) -> String {
    let body = [
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", org.org.client_id()),
        ("client_secret", org.org.client_secret()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("code", code.to_owned()),
        ("code_verifier", VERIFIER.to_owned()),
    ];
    let request = Request::post("/services/oauth2/token").body(Body::from(form(&body))).unwrap();
    let tokens = answer(&org.org, request).await;
    let id = tokens.body["id"].as_str().unwrap_or_else(|| panic!("{}", tokens.body));
    id.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn every_active_user_may_log_in_and_allow() {
    let org = Client::new();
    let robin = org.seed("User", json!({"Name": "Robin <i>Rep</i>", "Username": "robin@org.example.com"}));
    let inactive = org.seed("User", json!({"Name": "Gone", "Username": "gone@org.example.com", "IsActive": false}));
    let page = open(&org).await;
    let html = page.body.as_str().unwrap();
    assert!(
        html.contains("Robin &lt;i&gt;Rep&lt;/i&gt; <small>robin@org.example.com · Standard User</small>"),
        "{html}"
    );
    assert!(html.contains("admin@org.example.com · System Administrator") && !html.contains(&inactive));
    assert!(html.contains(&format!("value=\"{}\" required checked", org.org.admin_user_id())));
    for user in [org.org.admin_user_id(), org.org.standard_user_id().unwrap(), robin] {
        let consent = consent_page(&org, &user).await;
        assert_eq!(consent.status, 200);
        assert_eq!(consent.headers["cache-control"], "no-store");
        let words = consent.body.as_str().unwrap();
        assert!(words.contains("<h1>Allow Access?</h1>") && words.contains("console.example.com"), "{words}");
        assert!(words.contains("Manage user data via APIs (api)") && words.contains("&lt;b&gt;x&lt;/b&gt;"), "{words}");
        assert!(!words.contains("<script"), "{words}");
        let allowed = submit(&org, &consent, &[("decision", "allow")]).await;
        assert_eq!(returned(&allowed, "state").as_deref(), Some("\"><script>alert(1)</script>"));
        assert_eq!(returned(&allowed, "from").as_deref(), Some("org"));
        assert_eq!(user_of(&org, &returned(&allowed, "code").unwrap()).await, user);
    }
}

#[tokio::test]
async fn a_denial_redirects_with_an_error() {
    let org = Client::new();
    let consent = consent_page(&org, &org.org.admin_user_id()).await;
    let denied = submit(&org, &consent, &[("decision", "deny")]).await;
    assert_eq!(returned(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(returned(&denied, "state").as_deref(), Some("\"><script>alert(1)</script>"));
    assert_eq!(returned(&denied, "code"), None);
}

#[tokio::test]
async fn a_client_without_a_browser_needs_one_request() {
    let org = Client::new();
    let user = org.org.standard_user_id().unwrap();
    let decision = [("user", user.clone()), ("decision", "allow".to_owned())];
    let allowed = org.get(&format!("{AUTHORIZE}?{}&{}", form(&request(&org)), form(&decision))).await;
    assert_eq!(user_of(&org, &returned(&allowed, "code").unwrap()).await, user);
}

#[tokio::test]
async fn inactive_and_unknown_users_are_refused() {
    let org = Client::new();
    let inactive = org.seed("User", json!({"Name": "Gone", "IsActive": false}));
    for user in [inactive.as_str(), "005000000000000AAA", ""] {
        let page = open(&org).await;
        let again = submit(&org, &page, &[("user", user), ("decision", "allow")]).await;
        assert_eq!(again.status, 200);
        assert!(again.body.as_str().unwrap().contains("role=\"alert\""), "{}", again.body);
    }
}

#[tokio::test]
async fn every_step_validates_the_apps_request() {
    let org = Client::new();
    let admin = org.org.admin_user_id();
    let decided = format!("user={admin}&decision=allow&response_type=code&state=xyz");
    let client = format!("&client_id={}&redirect_uri={}", org.org.client_id(), encode(CALLBACK));
    let without_challenge = org.post_text(AUTHORIZE, &format!("{decided}{client}")).await;
    assert_eq!(returned(&without_challenge, "error").as_deref(), Some("invalid_request"));
    let plain = format!("{decided}{client}&code_challenge={VERIFIER}&code_challenge_method=plain");
    let plain = org.post_text(AUTHORIZE, &plain).await;
    assert_eq!(returned(&plain, "error").as_deref(), Some("invalid_request"));
    assert_eq!(org.post_text(AUTHORIZE, &decided).await.status, 400);
}

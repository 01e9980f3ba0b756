//! Signing in with Salesforce: single-use callbacks bound to a browser, admins only, allowed orgs only.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use salesforce_sandbox::Options;
use secrecy::ExposeSecret as _;
use serde_json::json;
use store::{ConnectionState, OrgList, Tenant};
use url::Url;

use crate::browser::{Browser, decide};
use crate::fixture::{Fixture, HOST, INSTALL_URL, Response};

/// The sign-in is refused with this message and no session cookie is set.
#[track_caller]
fn check_refused(answer: &Response, status: StatusCode, message: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.text.contains(message), "{}", answer.text);
    assert!(answer.cookies().iter().all(|cookie| !cookie.starts_with("session=")), "{:?}", answer.cookies());
}

#[tokio::test]
async fn an_admin_signs_in_and_the_org_is_connected() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    let answer = browser.sign_in(&f).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/connections"));
    let cookies = answer.cookies();
    let session = cookies.iter().find(|cookie| cookie.starts_with("session=")).unwrap();
    let max_age = format!("Max-Age={}", console::session::LIFETIME.as_secs());
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", &max_age] {
        assert!(session.split("; ").any(|given| given == attribute), "{session}");
    }
    assert!(cookies.iter().any(|cookie| cookie.starts_with("signin=; Max-Age=0; Path=/auth/salesforce;")));
    let page = browser.open(&f, "/connections").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Salesforce is connected.") && page.text.contains("Disconnect"));
    assert!(page.text.contains(&f.vendors.salesforce.org_id()));

    let tenant = f.stored(&f.org_tenant()).await;
    let connection = tenant.salesforce.unwrap();
    assert_eq!(connection.user_id, f.vendors.salesforce.admin_user_id());
    assert_eq!(
        (connection.instance_url, connection.login_url),
        (f.vendors.salesforce_url.clone(), f.vendors.salesforce_url.clone())
    );
    let tokens = f.vendors.secrets.get(&format!("salesforce/{}", f.org_tenant())).unwrap();
    assert!(f.vendors.salesforce.has_grant(tokens["refresh_token"].as_str().unwrap()));
    // The writer is woken for entries that waited for the connection.
    assert!(f.woken().await.iter().any(|woken| woken["MessageGroupId"] == f.org_tenant().as_str()));
}

#[tokio::test]
async fn the_sign_in_returns_to_the_requested_local_path() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    // A new connection without a return path leads to the connections page.
    for (return_to, expected) in
        [("%2F%2Fexample.com", "/connections"), ("%2Fgeneral", "/general"), ("%2F%5Cexample.com", "/")]
    {
        let login_page = browser.begin(&f, &format!("at=sandbox&return_to={return_to}")).await;
        let callback = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "allow").await;
        assert_eq!(browser.open(&f, &callback).await.header(header::LOCATION), expected);
    }
}

#[tokio::test]
async fn the_authorization_request_carries_state_and_pkce() {
    let f = Fixture::new().await;
    let login_page = Browser::default().begin(&f, "at=production").await;
    let query: std::collections::BTreeMap<_, _> = login_page.query_pairs().into_owned().collect();
    assert_eq!(query["redirect_uri"], format!("https://{HOST}/auth/salesforce/callback"));
    assert_eq!(query["scope"], "api refresh_token openid");
    assert_eq!((&*query["response_type"], &*query["code_challenge_method"]), ("code", "S256"));
    assert!(query["state"].len() >= 43 && query["code_challenge"].len() == 43);
    let other = Browser::default().begin(&f, "at=production").await;
    assert!(other.query_pairs().all(|(name, value)| name != "state" || value != query["state"]));
}

#[tokio::test]
async fn login_hosts_other_than_salesforce_are_refused() {
    let f = Fixture::new().await;
    for at in
        ["", "example.com", "example.my.salesforce.com.example.com", "https%3A%2F%2Fexample.com%2F.my.salesforce.com"]
    {
        let answer = Browser::default().open(&f, &format!("/auth/salesforce?at={at}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{at}");
        assert!(answer.cookies().is_empty());
    }
    let my_domain = Browser::default().begin(&f, "at=example.my.salesforce.com").await;
    assert_eq!(my_domain.host_str(), Some("example.my.salesforce.com"));
}

#[tokio::test]
async fn a_replayed_callback_is_refused() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    let login_page = browser.begin(&f, "at=production").await;
    let callback = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "allow").await;
    let before = browser.clone();
    assert_eq!(browser.open(&f, &callback).await.status, StatusCode::SEE_OTHER);
    for mut replayed in [before, browser] {
        check_refused(&replayed.open(&f, &callback).await, StatusCode::BAD_REQUEST, "was used before");
    }
}

#[tokio::test]
async fn a_callback_in_another_browser_is_refused_and_uses_up_the_attempt() {
    let f = Fixture::new().await;
    let (mut begins, mut thief) = (Browser::default(), Browser::default());
    thief.begin(&f, "at=production").await;
    for mut other in [Browser::default(), thief] {
        let login_page = begins.begin(&f, "at=production").await;
        let callback = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "allow").await;
        check_refused(&other.open(&f, &callback).await, StatusCode::FORBIDDEN, "another browser");
        check_refused(&begins.open(&f, &callback).await, StatusCode::BAD_REQUEST, "was used before");
    }
    assert_eq!(f.tenants.get(&f.org_tenant()).await.unwrap(), None);
}

#[tokio::test]
async fn concurrent_sign_ins_in_one_browser_both_succeed() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    let (one, other) = (browser.begin(&f, "at=production").await, browser.begin(&f, "at=production").await);
    for login_page in [one, other] {
        let callback = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "allow").await;
        let tab = browser.clone().open(&f, &callback).await;
        assert_eq!(tab.status, StatusCode::SEE_OTHER, "{}", tab.text);
    }
}

#[tokio::test]
async fn forged_callbacks_and_denials_are_explained() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    for query in ["", "?code=x", "?state=x&code=x", "?error=access_denied", "?state=%00&code=%3Cb%3E"] {
        let answer = browser.open(&f, &format!("/auth/salesforce/callback{query}")).await;
        check_refused(&answer, StatusCode::BAD_REQUEST, "Please sign in again.");
    }
    let login_page = browser.begin(&f, "at=production").await;
    let callback = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "deny").await;
    check_refused(&browser.open(&f, &callback).await, StatusCode::FORBIDDEN, "You did not allow access in Salesforce");
    // The error description of a forged URL is not shown.
    let state = login_page_state(&browser.begin(&f, "at=production").await);
    let path = format!("/auth/salesforce/callback?state={state}&error=%3Cb%3E&error_description=Call+0123");
    let answer = browser.open(&f, &path).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "Please sign in again.");
    assert!(!answer.text.contains("0123") && !answer.text.contains("<b>"));
}

fn login_page_state(login_page: &Url) -> String {
    login_page.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

/// The number of grants that the org has for the app.
pub(crate) fn grants(f: &Fixture) -> usize {
    f.vendors.salesforce.snapshot()["grants"]["approvals"].as_object().unwrap().len()
}

#[tokio::test]
async fn a_user_who_is_no_admin_is_refused_and_the_grant_is_revoked() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    let user = f.vendors.salesforce.standard_user_id().unwrap();
    let login_page = browser.begin(&f, "at=production").await;
    let callback = decide(&login_page, &user, "allow").await;
    check_refused(&browser.open(&f, &callback).await, StatusCode::FORBIDDEN, "Ask an admin");
    assert_eq!((grants(&f), f.tenants.get(&f.org_tenant()).await.unwrap()), (0, None));
}

#[tokio::test]
async fn a_sign_in_that_salesforce_contradicts_is_refused_and_the_grant_revoked() {
    let contradicting =
        |key: &str, id: &str| Options { userinfo: json!({ key: id }).as_object().cloned(), ..Options::default() };
    let elsewhere = |url: &str| Options { instance_url: Some(url.to_owned()), ..Options::default() };
    for (options, message) in [
        (contradicting("user_id", "005000000000002AAA"), "name different users or orgs"),
        (contradicting("organization_id", "00D000000000002"), "name different users or orgs"),
        (elsewhere("https://example.my.salesforce.com"), "does not belong to Salesforce"),
        (elsewhere("http://127.0.0.1:1"), "does not belong to Salesforce"),
    ] {
        let f = Fixture::new().await;
        let org = &f.vendors.salesforce;
        let (client_id, client_secret) = (Some(org.client_id()), Some(org.client_secret()));
        org.set_options(Options { client_id, client_secret, ..options });
        check_refused(&Browser::default().sign_in(&f).await, StatusCode::FORBIDDEN, message);
        assert_eq!((grants(&f), f.tenants.get(&f.org_tenant()).await.unwrap()), (0, None), "{message}");
    }
}

#[tokio::test]
async fn a_sign_in_whose_user_salesforce_does_not_name_is_tried_again() {
    let f = Fixture::new().await;
    let fault = json!({ "path": "userinfo", "status": 503 });
    let url = format!("{}/_sandbox/faults", f.vendors.salesforce_url);
    reqwest::Client::new().post(url).body(fault.to_string()).send().await.unwrap();
    let answer = Browser::default().sign_in(&f).await;
    check_refused(&answer, StatusCode::SERVICE_UNAVAILABLE, "the next request failed");
    assert_eq!((grants(&f), f.tenants.get(&f.org_tenant()).await.unwrap()), (0, None));
    assert_eq!(Browser::default().sign_in(&f).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn only_allowed_orgs_can_sign_in() {
    let f = Fixture::with_allowed_orgs("00D000000000001,00Dxx0000001gPLEAY".parse().unwrap()).await;
    let answer = Browser::default().sign_in(&f).await;
    check_refused(&answer, StatusCode::FORBIDDEN, &f.vendors.salesforce.org_id());
    assert_eq!((grants(&f), f.tenants.get(&f.org_tenant()).await.unwrap()), (0, None));
}

#[tokio::test]
async fn an_org_in_the_list_of_the_tenants_table_is_allowed() {
    let f = Fixture::with_allowed_orgs(OrgList::default()).await;
    let org = f.vendors.salesforce.org_id();
    f.allow_in_table(&["00D000000000001AAA", "no id", &org]).await;
    let answer = Browser::default().sign_in(&f).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/connections"));
}

#[tokio::test]
async fn a_session_or_token_of_an_org_that_is_not_allowed_any_more_is_refused() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    let token = f.api_tokens().create(&f.org_tenant(), "reporting", "Ada", jiff::Timestamp::now()).await.unwrap().0;
    let with_token = || {
        let request =
            Request::get("/api/settings").header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(f.request(with_token()).await.status, StatusCode::OK);
    let closed = f.restarted_with("00D000000000001".parse().unwrap(), None);
    closed.request(with_token()).await.check_error(StatusCode::UNAUTHORIZED, "bad_token");
    browser.open(&closed, "/api/settings").await.check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
    let page = browser.open(&closed, "/activity").await;
    assert!(page.header(header::LOCATION).starts_with("/login"), "{}", page.text);
    let reopened = f.restarted_with(f.vendors.salesforce.org_id().parse().unwrap(), None);
    assert_eq!(browser.open(&reopened, "/api/settings").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_login_page_of_a_new_deployment_says_what_is_to_do() {
    let f = Fixture::with_allowed_orgs(OrgList::default()).await;
    let text = f.get("/login").await.text;
    assert!(text.contains("AllowedSalesforceOrgs") && !text.contains("consumer key"), "{text}");
    f.vendors.secrets.remove("salesforce-app");
    let text = f.restarted().send_as("", Method::GET, "/login", "").await.text;
    assert!(text.contains("consumer key") && !text.contains("AllowedSalesforceOrgs"), "{text}");
    // Not JSON: it counts as not stored.
    f.vendors.secrets.put("salesforce-app", "3MVG9");
    assert!(f.restarted().send_as("", Method::GET, "/login", "").await.text.contains("consumer key"));
}

#[tokio::test]
async fn an_org_without_the_app_is_told_who_installs_it_and_where() {
    let f = Fixture::new().await;
    let org = &f.vendors.salesforce;
    org.set_options(Options { app_installed: false, ..org.options() });
    let mut browser = Browser::default();
    let login_page = browser.begin(&f, "at=production").await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let refused = http.get(login_page).send().await.unwrap();
    let callback: Url = refused.headers()[header::LOCATION].to_str().unwrap().parse().unwrap();
    let answer = browser.open(&f, &format!("{}?{}", callback.path(), callback.query().unwrap())).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "An admin of the org installs it");
    // The package's link, at the org's own login host: a sandbox has another than production.
    let path = INSTALL_URL.strip_prefix("https://login.salesforce.com").unwrap();
    let install_url = format!("{}{path}", f.vendors.salesforce_url.trim_end_matches('/'));
    assert!(answer.text.contains(&format!("href=\"{install_url}\"")), "{}", answer.text);
    // Other refusals do not offer it.
    let state = login_page_state(&browser.begin(&f, "at=production").await);
    let denied = browser.open(&f, &format!("/auth/salesforce/callback?state={state}&error=access_denied")).await;
    check_refused(&denied, StatusCode::FORBIDDEN, "You did not allow access");
    assert!(!denied.text.contains(path), "{}", denied.text);
}

#[tokio::test]
async fn a_public_url_beats_the_host_header() {
    let f = Fixture::new().await;
    let public = "https://calls.example.com";
    let f = f.restarted_with(OrgList::All, Some(public));
    let request = Request::get("/auth/salesforce?at=production").header(header::HOST, "evil.example.com");
    let answer = f.request(request.body(Body::empty()).unwrap()).await;
    let login_page: Url = answer.header(header::LOCATION).parse().unwrap();
    let callback = login_page.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    assert_eq!(callback, format!("{public}/auth/salesforce/callback"));
    // A sign-in begins where it ends, as a cookie binds it to the browser.
    let login =
        f.request(Request::get("/login").header(header::HOST, "evil.example.com").body(Body::empty()).unwrap()).await;
    assert!(login.text.contains(&format!("href=\"{public}/auth/salesforce?at=production")), "{}", login.text);
}

#[tokio::test]
async fn repeated_sign_ins_keep_one_grant_and_the_existing_connection() {
    let f = Fixture::new().await;
    Browser::default().sign_in(&f).await;
    let connected = f.stored(&f.org_tenant()).await;
    for _ in 0..7 {
        let answer = Browser::default().sign_in(&f).await;
        assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/"));
        assert!(answer.cookies().iter().all(|cookie| !cookie.starts_with("flash=")), "{:?}", answer.cookies());
        assert_eq!(grants(&f), 1);
    }
    assert_eq!(f.stored(&f.org_tenant()).await, connected);
}

/// Salesforce no longer accepts the connection.
pub(crate) async fn make_dead(f: &Fixture) {
    let (since, reason) = (jiff::Timestamp::now(), "Salesforce no longer accepts this connection.".to_owned());
    let dead = ConnectionState::ReconnectNeeded { reason, since, try_at: since };
    f.tenants.set_state(&f.org_tenant(), &dead).await.unwrap();
}

#[tokio::test]
async fn a_dead_connection_is_replaced_by_signing_in() {
    let f = Fixture::new().await;
    Browser::default().sign_in(&f).await;
    let (tenant, secret) = (f.org_tenant(), format!("salesforce/{}", f.org_tenant()));
    let before = f.vendors.secrets.get(&secret).unwrap();
    make_dead(&f).await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    let after = f.vendors.secrets.get(&secret).unwrap();
    assert_ne!(before["refresh_token"], after["refresh_token"]);
    assert_eq!((f.stored(&tenant).await.state, grants(&f)), (ConnectionState::Connected, 1));
}

#[tokio::test]
async fn who_replaces_another_users_dead_connection_by_signing_in_is_told_and_can_ask_that_user() {
    let f = Fixture::new().await;
    let (mut admin, org) = (Browser::default(), &f.vendors.salesforce);
    admin.sign_in(&f).await;
    let standard = org.standard_user_id().unwrap();
    super::consent::connect_by_link(&f, &admin.cookies(), &standard).await;
    make_dead(&f).await;
    let answer = admin.sign_in_as(&f, &org.admin_user_id(), "/general").await;
    assert_eq!(answer.header(header::LOCATION), "/connections");
    let stored = f.stored(&f.org_tenant()).await;
    let connected_by = stored.salesforce.map(|connection| connection.user_id);
    assert_eq!((stored.state, connected_by, grants(&f)), (ConnectionState::Connected, Some(org.admin_user_id()), 1));
    let page = admin.open(&f, "/connections").await.text;
    for text in
        ["now with your own access", "no longer accepted the access of Sam Standard", "Make a link for Sam Standard"]
    {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    // Until somebody consents, or an admin goes on so.
    super::consent::connect_by_link(&f, &admin.cookies(), &standard).await;
    assert_eq!(f.stored(&f.org_tenant()).await.former_user, None);
    make_dead(&f).await;
    admin.sign_in(&f).await;
    let dismiss = "/connections/salesforce/former-user/dismiss";
    assert_eq!(admin.submit(&f, "/connections", dismiss, &[]).await.status, StatusCode::SEE_OTHER);
    let page = admin.open(&f, "/connections").await.text;
    assert!(!page.contains("Sam Standard") && page.contains("Alex Admin"), "{page}");
}

#[tokio::test]
async fn signing_in_with_another_org_says_that_it_is_another_console() {
    let f = Fixture::new().await.with_tenant().await;
    let mut browser = Browser::signed_in_to("one");
    let login_page = browser.begin(&f, "at=production&return_to=%2Fconnections").await;
    let callback = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "allow").await;
    let answer = browser.open(&f, &callback).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/connections"));
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("You signed in to another org, and this is its own console."), "{}", page.text);
    // Once more with the same org, it is the same console.
    let again = browser.sign_in(&f).await;
    assert!(again.cookies().iter().all(|cookie| !cookie.starts_with("flash=")), "{:?}", again.cookies());
}

#[tokio::test]
async fn a_disconnected_org_is_offered_its_former_login_page() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    browser.submit(&f, "/connections", "/connections/salesforce/disconnect", &[]).await;
    let left = f.stored(&f.org_tenant()).await;
    assert_eq!((&left.salesforce, left.former_login_url.as_deref()), (&None, Some(&*f.vendors.salesforce_url)));
    for (login_url, at, name) in [
        ("https://example.my.salesforce.com", "example.my.salesforce.com", "example.my.salesforce.com"),
        ("https://test.salesforce.com", "sandbox", "your sandbox"),
        ("https://login.salesforce.com", "production", "your org"),
    ] {
        let former_login_url = Some(login_url.to_owned());
        f.tenants.put(&Tenant { former_login_url, ..left.clone() }).await.unwrap();
        let page = browser.open(&f, "/connections").await.text;
        let first = page.find("href=\"/auth/salesforce?").unwrap();
        let link = format!("href=\"/auth/salesforce?at={at}&#38;return_to=%2Fconnections\">Connect {name} again</a>");
        assert!(page[first..].starts_with(&link), "{page}");
        assert!(page[..first].ends_with("<a class=\"button primary\" "), "{page}");
        for text in [
            "Each org has its own console. If you connect another org, the settings and the Aircall connection stay with this one.",
            "name=\"domain\"",
        ] {
            assert!(page.contains(text), "{text} is not in {page}");
        }
    }
    // A signed-in admin can use a custom domain too.
    let leaving = browser.open(&f, "/login?return_to=%2Fconnections&domain=example").await;
    let refresh = "0;url=/auth/salesforce?at=example.my.salesforce.com&return_to=%2Fconnections";
    assert_eq!((leaving.status, leaving.header("refresh")), (StatusCode::OK, refresh));
    // After reconnecting, the former login URL is forgotten.
    browser.sign_in(&f).await;
    assert_eq!(f.stored(&f.org_tenant()).await.former_login_url, None);
}

#[tokio::test]
async fn a_sign_in_without_an_app_says_what_is_not_configured() {
    let f = Fixture::new().await;
    f.vendors.secrets.put("salesforce-app", &json!({ "client_id": "", "client_secret": "" }).to_string());
    let answer = Browser::default().open(&f, "/auth/salesforce?at=production").await;
    check_refused(&answer, StatusCode::SERVICE_UNAVAILABLE, "consumer key");
}

#[tokio::test]
async fn no_response_contains_a_secret() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    f.connect_aircall().await;
    let tokens = f.vendors.secrets.get(&format!("salesforce/{}", f.org_tenant())).unwrap();
    let mut secrets = vec!["api-token".to_owned(), f.vendors.salesforce.client_secret()];
    secrets.extend(["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap().to_owned()));
    for path in ["/connections", "/api/connections", "/connections/salesforce/check"] {
        let text = browser.open(&f, path).await.text;
        assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{path}");
    }
}

//! Whose grant connects an org: verified at sign-in, and replaced by a user who consents.

use local::demo::bodies::CallBody;
use local::{TenantOptions, TenantOrg};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header, redirect::Policy};
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// An environment in the org that the stack's login URL leads to.
async fn env(name: &str) -> TestEnv {
    let running = Running::start(name).await;
    let options = TenantOptions { id: Some(name.to_owned()), org: TenantOrg::Shared };
    let tenant = running.stack.add_tenant(options).await.unwrap();
    let env = TestEnv::for_tenant(&running, tenant);
    env.contact("Lou Sample", "+33639980001");
    env.contact("Lee Sample", "+33639980002");
    env
}

/// A client that follows nothing.
fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

/// Begins a sign-in at this address of the console, as this user of the org, and returns the console's answer to the
/// callback.
async fn signed_in(begin: &str, user: &str) -> Response {
    let started = client().get(begin).send().await.unwrap();
    assert_eq!(started.status(), StatusCode::SEE_OTHER);
    let login_page = started.headers()[header::LOCATION].to_str().unwrap().to_owned();
    allowed(&started, &login_page, user).await
}

/// The same for a consent, which begins with the form of its page.
async fn consented(link: &str, user: &str) -> Response {
    let page = client().get(link).send().await.unwrap().text().await.unwrap();
    let form = page.split_once("<form method=\"post\" action=\"").unwrap().1;
    let begin = link.parse::<Url>().unwrap().join(form.split_once('"').unwrap().0).unwrap();
    let started = client().post(begin).send().await.unwrap();
    assert_eq!(started.status(), StatusCode::OK);
    let login_page = started.headers()[header::REFRESH].to_str().unwrap().strip_prefix("0;url=").unwrap().to_owned();
    allowed(&started, &login_page, user).await
}

/// Allows access on the login page, and returns the console's answer to the callback.
async fn allowed(started: &Response, login_page: &str, user: &str) -> Response {
    let cookie = started.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let allowed = client().get(format!("{login_page}&user={user}&decision=allow")).send().await.unwrap();
    let callback = allowed.headers()[header::LOCATION].to_str().unwrap();
    client().get(callback).header(header::COOKIE, cookie).send().await.unwrap()
}

/// A request of the browser that this sign-in gave a session.
fn as_admin(signed_in: &Response, method: Method, url: &str) -> RequestBuilder {
    let cookies = signed_in.headers().get_all(header::SET_COOKIE).iter();
    let session =
        cookies.filter_map(|cookie| cookie.to_str().ok()).find(|cookie| cookie.starts_with("session=")).unwrap();
    let url: Url = url.parse().unwrap();
    let origin = url.origin().ascii_serialization();
    let session = session.split(';').next().unwrap();
    client().request(method, url).header(header::COOKIE, session).header(header::ORIGIN, origin)
}

fn has_session(answer: &Response) -> bool {
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    cookies.filter_map(|cookie| cookie.to_str().ok()).any(|cookie| cookie.starts_with("session="))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_no_admin_replaces_the_grant_and_calls_go_on_being_logged() {
    let env = env("consent").await;
    let first = CallBody::inbound(1);
    env.end([&first]).await;
    let former = env.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    let made = env.admin(Method::POST, "/api/connections/salesforce/consent-link").send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.unwrap();
    let link = made["url"].as_str().unwrap();
    let user = env.tenant.org.standard_user_id().unwrap();
    let answer = consented(link, &user).await;
    assert_eq!((answer.status(), has_session(&answer)), (StatusCode::OK, false));
    assert_eq!(env.connection().await["user_id"], json!(user));
    let refresh_token = env.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    assert!(env.tenant.org.has_grant(&refresh_token) && !env.tenant.org.has_grant(&former));

    env.expire_sessions().await;
    let second = CallBody::inbound(2).from("+33 6 39 98 00 02");
    env.end([&second]).await;
    for call in [&first, &second] {
        env.task(call);
    }
    assert_eq!(env.connection().await["state"], "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_counts_only_if_the_org_confirms_it() {
    let env = env("confirmed").await;
    let org = &env.tenant.org;
    let begin = format!("{}/auth/salesforce?at=production", env.running.stack.info().console_url);
    let options = org.options();
    let userinfo = json!({"user_id": org.standard_user_id()}).as_object().cloned();
    org.set_options(Options { userinfo, ..options.clone() });
    let answer = signed_in(&begin, &org.admin_user_id()).await;
    assert_eq!((answer.status(), has_session(&answer)), (StatusCode::FORBIDDEN, false));
    assert!(answer.text().await.unwrap().contains("name different users or orgs"));
    org.set_options(options);
    let answer = signed_in(&begin, &org.admin_user_id()).await;
    assert_eq!((answer.status(), has_session(&answer)), (StatusCode::SEE_OTHER, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_of_a_refreshed_sandbox_copies_the_settings_of_the_former_org() {
    let env = env("refreshed").await;
    let org = &env.tenant.org;
    let console = &env.running.stack.info().console_url;
    let begin = format!("{console}/auth/salesforce?at=production");
    let first = signed_in(&begin, &org.admin_user_id()).await;
    let settings = as_admin(&first, Method::GET, &format!("{console}/api/settings"));
    let mut settings: Value = settings.send().await.unwrap().json().await.unwrap();
    settings["api_usage_limit"] = json!(55);
    let stored =
        as_admin(&first, Method::PUT, &format!("{console}/api/settings")).json(&settings).send().await.unwrap();
    assert_eq!(stored.status(), StatusCode::OK, "{}", stored.text().await.unwrap());

    let former = org.org_id();
    org.refresh();
    assert_ne!(org.org_id(), former);
    let second = signed_in(&begin, &org.admin_user_id()).await;
    assert_eq!(second.status(), StatusCode::SEE_OTHER);
    assert_eq!(second.headers()[header::LOCATION], "/connections");
    let connections = as_admin(&second, Method::GET, &format!("{console}/api/connections")).send().await.unwrap();
    let connections: Value = connections.json().await.unwrap();
    assert_eq!(connections["salesforce"]["predecessor"]["is_copyable"], true, "{connections}");
    let copy = format!("{console}/api/connections/salesforce/predecessor/copy");
    let copied = as_admin(&second, Method::POST, &copy).send().await.unwrap();
    assert_eq!(copied.status(), StatusCode::NO_CONTENT, "{}", copied.text().await.unwrap());
    let settings = as_admin(&second, Method::GET, &format!("{console}/api/settings")).send().await.unwrap();
    assert_eq!(settings.json::<Value>().await.unwrap()["api_usage_limit"], 55);
}

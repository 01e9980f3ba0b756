//! Tampered session cookies and forms.

use reqwest::{Method, StatusCode, header};

use super::user::BrowserUser;
use crate::support::TestEnv;

/// The CSRF token in the forms of a page.
async fn csrf_token(env: &TestEnv, cookie: &str) -> String {
    let page = env.console(Method::GET, "/call-workflow").header(header::COOKIE, cookie).send().await.unwrap();
    let page = page.text().await.unwrap();
    let (_, rest) = page.split_once("name=\"csrf_token\" value=\"").expect("a form with a token");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_altered_session_cookie_is_rejected() {
    let (env, other) = (TestEnv::new().await, TestEnv::new().await);
    let (payload, signature) = env.tenant.session_cookie.split_once('.').unwrap();
    let (others, _) = other.tenant.session_cookie.split_once('.').unwrap();
    let user = BrowserUser::new(&env.running.stack.info().console_url).await;
    for cookie in
        [format!("{others}.{signature}"), format!("{payload}.{}", signature.to_lowercase()), payload.to_owned()]
    {
        user.set_cookie(&cookie).await;
        for page in ["/", "/activity", "/general", "/connections", "/tokens"] {
            user.open(page).await;
            assert!(user.location().await.starts_with("/login"), "{page}");
        }
    }
    user.close().await;
}

#[tokio::test]
async fn calls_of_another_tenant_are_not_found() {
    let (env, other) = (TestEnv::new().await, TestEnv::new().await);
    env.contact("Lou Sample", "+33639980001");
    let call = local::demo::bodies::CallBody::inbound(80);
    env.end([&call]).await;
    let owner = BrowserUser::admin_of(&env).await;
    owner.open("/activity/call-80").await;
    owner.wait_for_text("Lou Sample").await;
    let stranger = BrowserUser::admin_of(&other).await;
    stranger.open("/activity/call-80").await;
    stranger.wait_for_text("There is no such").await;
    stranger.open("/activity").await;
    assert!(!stranger.text().await.contains("Lou Sample"));
    stranger.open("/preview").await;
    stranger.fill("#key", "call-80").await;
    stranger.click_on("button[name=of][value=entry]").await;
    stranger.wait_for_text("No call has this id.").await;
    owner.close().await;
    stranger.close().await;
}

#[tokio::test]
async fn a_form_with_a_missing_or_foreign_csrf_token_changes_nothing() {
    let (env, other) = (TestEnv::new().await, TestEnv::new().await);
    let foreign = csrf_token(&other, &other.tenant.session_cookie).await;
    let admin = BrowserUser::admin_of(&env).await;
    let missing = "for (const field of document.querySelectorAll('[name=csrf_token]')) field.remove()".to_owned();
    let replaced =
        format!("for (const field of document.querySelectorAll('[name=csrf_token]')) field.value = '{foreign}'");
    for tampering in [&missing, &replaced] {
        admin.open("/call-workflow").await;
        admin.choose("missed-completed").await;
        admin.script(tampering).await;
        admin.press("Save changes").await;
        admin.wait_for_text("Nothing was changed").await;
        assert_eq!(env.settings().await["version"], 0);
    }
    admin.close().await;
}

#[tokio::test]
async fn every_form_requires_the_csrf_token_of_its_session() {
    let env = TestEnv::new().await;
    let foreign = csrf_token(&TestEnv::new().await, &TestEnv::new().await.tenant.session_cookie).await;
    for path in [
        "/sign-out",
        "/activity/retry-failed",
        "/activity/call-1/retry",
        "/call-workflow",
        "/general",
        "/history/0",
        "/settings/conflict",
        "/preview",
        "/connections/salesforce/set-up",
        "/connections/salesforce/disconnect",
        "/connections/aircall",
        "/connections/aircall/reactivate",
        "/connections/aircall/rotate",
        "/connections/aircall/disconnect",
        "/tokens",
        "/tokens/1/revoke",
    ] {
        for form in [vec![], vec![("csrf_token", "")], vec![("csrf_token", &*foreign)]] {
            let answer = env.admin(Method::POST, path).form(&form).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
            assert!(answer.headers().get(header::SET_COOKIE).is_none(), "{path}");
        }
    }
    assert_eq!(env.connection().await["state"], "connected");
}

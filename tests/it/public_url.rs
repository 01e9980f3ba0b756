//! A deployment with an address of its own: no `Host` header changes where links, callbacks and webhooks lead.

use local::Options;
use reqwest::{Client, Method, StatusCode, Url, header, redirect::Policy};

use crate::support::{Running, TestEnv};

const PUBLIC_URL: &str = "https://calls.example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_spoofed_host_leads_nowhere() {
    let options = Options { public_url: Some(PUBLIC_URL.to_owned()), ..Options::default() };
    let running = Running::start_with("public-url", options).await;
    let env = TestEnv::within(&running, salesforce_sandbox::Options::default()).await;
    let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let get = |path: &str| {
        let request = http.get(format!("{}{path}", running.stack.info().console_url));
        request.header(header::HOST, "evil.example.net").send()
    };
    let begun = get("/auth/salesforce?at=production").await.unwrap();
    assert_eq!(begun.status(), StatusCode::SEE_OTHER);
    let login_page: Url = begun.headers()[header::LOCATION].to_str().unwrap().parse().unwrap();
    let callback = login_page.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    assert_eq!(callback, format!("{PUBLIC_URL}/auth/salesforce/callback"));
    let login = get("/login").await.unwrap().text().await.unwrap();
    assert!(login.contains(&format!("href=\"{PUBLIC_URL}/auth/salesforce?")) && !login.contains("evil"), "{login}");

    let info = running.stack.info();
    let key = serde_json::json!({"api_id": info.aircall_api_id, "api_token": info.aircall_api_token});
    let connected = env.admin(Method::PUT, "/api/connections/aircall").header(header::HOST, "evil.example.net");
    assert_eq!(connected.json(&key).send().await.unwrap().status(), StatusCode::OK);
    let webhooks = env.webhooks().await;
    let expected = format!("{PUBLIC_URL}/webhooks/aircall/{}", env.tenant.tenant);
    assert_eq!(webhooks.iter().map(|webhook| &webhook["url"]).collect::<Vec<_>>(), [&expected]);
}

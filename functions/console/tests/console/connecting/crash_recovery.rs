//! Crash recovery: each change of a connection is killed at every request that it makes, before and after the request
//! takes effect, and then retried.

use axum::http::{Method, StatusCode};
use store::ConnectionState;

use crate::browser::{Browser, decide};
use crate::fixture::{Fixture, Response};

/// An upper bound of the requests that a change makes.
const MAX_REQUESTS: usize = 40;

/// Kills `change` at each of its requests to a vendor, runs `retry`, and then checks the result with `check`.
async fn kill_at_every_request(
    prepare: impl AsyncFn(&Fixture),
    change: impl AsyncFn(&Fixture) -> Response,
    retry: impl AsyncFn(&Fixture) -> Response,
    check: impl AsyncFn(&Fixture),
) {
    let mut kills = 0;
    for takes_effect in [false, true] {
        for requests in 0..MAX_REQUESTS {
            let f = Fixture::new().await.with_tenant().await;
            prepare(&f).await;
            if f.vendors.barrier.kill(requests, takes_effect, change(&f)).await.is_some() {
                break;
            }
            kills += 1;
            check_accepted(&f).await;
            f.release_leases(&f.tenant).await;
            let answer = retry(&f).await;
            assert!(answer.status.is_success(), "killed at {requests}, {takes_effect}: {}", answer.text);
            check(&f).await;
        }
    }
    assert!(kills > 4 && kills < 2 * MAX_REQUESTS, "{kills}");
}

/// Every webhook that sends calls has a token that is accepted.
async fn check_accepted(f: &Fixture) {
    let Some(tenant) = f.tenants.get(&f.tenant).await.unwrap() else { return };
    for webhook in f.webhooks().iter().filter(|webhook| webhook["events"] != serde_json::json!(["number.created"])) {
        let hash = store::TokenHash::new(webhook["token"].as_str().unwrap());
        assert!(tenant.webhook_tokens.contains(&hash), "{webhook}");
    }
}

async fn connected(f: &Fixture) {
    f.connect_aircall().await;
}

async fn rotate(f: &Fixture) -> Response {
    f.send(Method::POST, "/api/connections/aircall/rotate", "").await
}

async fn check_connected(f: &Fixture) {
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn connecting_aircall() {
    kill_at_every_request(async |_| {}, Fixture::connect_aircall, Fixture::connect_aircall, check_connected).await;
}

#[tokio::test]
async fn rotating_the_webhook() {
    let has_one_token = async |f: &Fixture| {
        check_connected(f).await;
        assert_eq!(f.stored(&f.tenant).await.webhook_tokens.len(), 1);
    };
    kill_at_every_request(connected, rotate, rotate, has_one_token).await;
}

#[tokio::test]
async fn after_an_interrupted_rotation_reactivating_makes_the_current_webhook_valid() {
    // Without a second rotation: the page then offers to re-activate the webhook.
    let reactivate = async |f: &Fixture| f.send(Method::POST, "/api/connections/aircall/reactivate", "").await;
    let check = async |f: &Fixture| {
        let tenant = f.stored(&f.tenant).await;
        let current = tenant.aircall.unwrap().webhook_id;
        let webhook = f.webhooks().into_iter().find(|webhook| webhook["id"] == *current).unwrap();
        let hash = store::TokenHash::new(webhook["token"].as_str().unwrap());
        assert!(tenant.webhook_tokens.contains(&hash) && webhook["active"] == true);
    };
    kill_at_every_request(connected, rotate, reactivate, check).await;
}

#[tokio::test]
async fn disconnecting_aircall() {
    let disconnect = async |f: &Fixture| f.send(Method::DELETE, "/api/connections/aircall", "").await;
    let retry = async |f: &Fixture| {
        let answer = disconnect(f).await;
        // If it was killed after the last step, nothing is left to disconnect.
        if answer.status == StatusCode::CONFLICT { f.get("/api/connections").await } else { answer }
    };
    let nothing_left = async |f: &Fixture| {
        let tenant = f.stored(&f.tenant).await;
        assert_eq!((tenant.aircall, tenant.webhook_tokens.len(), f.webhooks().len()), (None, 0, 0));
        assert_eq!(f.vendors.secrets.get("aircall/one"), None);
    };
    kill_at_every_request(connected, disconnect, retry, nothing_left).await;
}

#[tokio::test]
async fn signing_in() {
    let sign_in = async |f: &Fixture| {
        let mut browser = Browser::default();
        let login_page = browser.begin(f, "at=production").await;
        let callback = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "allow").await;
        browser.open(f, &callback).await
    };
    let retry = async |f: &Fixture| {
        let _ = f.tenants.create(&f.org_tenant(), jiff::Timestamp::now()).await;
        f.release_leases(&f.org_tenant()).await;
        let mut browser = Browser::default();
        browser.sign_in(f).await;
        browser.open(f, "/api/connections").await
    };
    let connected = async |f: &Fixture| {
        let tenant = f.stored(&f.org_tenant()).await;
        assert!(tenant.salesforce.is_some() && tenant.state == ConnectionState::Connected);
        let tokens = f.vendors.secrets.get(&format!("salesforce/{}", tenant.id)).unwrap();
        assert!(f.vendors.salesforce.has_grant(tokens["refresh_token"].as_str().unwrap()));
    };
    kill_at_every_request(async |_| {}, sign_in, retry, connected).await;
}

#[tokio::test]
async fn disconnecting_salesforce() {
    let sign_in = async |f: &Fixture| {
        Browser::default().sign_in(f).await;
    };
    let session = |f: &Fixture| crate::fixture::cookie(f.org_tenant().as_str());
    let disconnect =
        async |f: &Fixture| f.send_as(&session(f), Method::DELETE, "/api/connections/salesforce", "").await;
    let retry = async |f: &Fixture| {
        f.release_leases(&f.org_tenant()).await;
        let answer = disconnect(f).await;
        if answer.status == StatusCode::CONFLICT { f.get("/api/connections").await } else { answer }
    };
    let nothing_left = async |f: &Fixture| {
        assert_eq!(f.stored(&f.org_tenant()).await.salesforce, None);
        assert_eq!(f.vendors.secrets.get(&format!("salesforce/{}", f.org_tenant())), None);
        assert_eq!(f.vendors.salesforce.snapshot()["grants"]["approvals"], serde_json::json!({}));
    };
    kill_at_every_request(sign_in, disconnect, retry, nothing_left).await;
}

//! Each change of a connection, killed at every request that it makes, before and after that takes effect, and then
//! done again.

use axum::http::{Method, StatusCode};
use store::ConnectionState;

use crate::browser::{Browser, decide};
use crate::fixture::{Fixture, Response};

/// More requests than any change makes.
const MANY: usize = 40;

/// Kills what `change` does at each of its requests to a vendor, does `after` it what `again` does, and then looks.
async fn killed_anywhere(
    prepare: impl AsyncFn(&Fixture),
    change: impl AsyncFn(&Fixture) -> Response,
    again: impl AsyncFn(&Fixture) -> Response,
    look: impl AsyncFn(&Fixture),
) {
    let mut kills = 0;
    for takes_effect in [false, true] {
        for requests in 0..MANY {
            let f = Fixture::new().await.with_tenant().await;
            prepare(&f).await;
            if f.vendors.gate.kill(requests, takes_effect, change(&f)).await.is_some() {
                break;
            }
            kills += 1;
            f.a_minute_later(&f.tenant).await;
            let answer = again(&f).await;
            assert!(answer.status.is_success(), "killed at {requests}, {takes_effect}: {}", answer.text);
            look(&f).await;
        }
    }
    assert!(kills > 4 && kills < 2 * MANY, "{kills}");
}

async fn connected(f: &Fixture) {
    f.connect_aircall().await;
}

async fn rotate(f: &Fixture) -> Response {
    f.send(Method::POST, "/api/connections/aircall/rotate", "").await
}

async fn look(f: &Fixture) {
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn connecting_aircall() {
    killed_anywhere(async |_| {}, Fixture::connect_aircall, Fixture::connect_aircall, look).await;
}

#[tokio::test]
async fn rotating_the_webhook() {
    let only_one_token = async |f: &Fixture| {
        look(f).await;
        assert_eq!(f.stored(&f.tenant).await.webhook_tokens.len(), 1);
    };
    killed_anywhere(connected, rotate, rotate, only_one_token).await;
}

#[tokio::test]
async fn while_a_rotation_is_cut_off_every_webhook_that_sends_is_let_in_sooner_or_later() {
    // Without a second rotation: what an admin sees then is a connection that can be re-activated.
    let reactivate = async |f: &Fixture| f.send(Method::POST, "/api/connections/aircall/reactivate", "").await;
    let sends = async |f: &Fixture| {
        let tenant = f.stored(&f.tenant).await;
        let current = tenant.aircall.unwrap().webhook_id;
        let webhook = f.webhooks().into_iter().find(|webhook| webhook["id"] == *current).unwrap();
        let hash = store::TokenHash::new(webhook["token"].as_str().unwrap());
        assert!(tenant.webhook_tokens.contains(&hash) && webhook["active"] == true);
    };
    killed_anywhere(connected, rotate, reactivate, sends).await;
}

#[tokio::test]
async fn disconnecting_aircall() {
    let disconnect = async |f: &Fixture| f.send(Method::DELETE, "/api/connections/aircall", "").await;
    let again = async |f: &Fixture| {
        let answer = disconnect(f).await;
        // Killed after the last step, it is done.
        if answer.status == StatusCode::CONFLICT { f.get("/api/connections").await } else { answer }
    };
    let nothing_left = async |f: &Fixture| {
        let tenant = f.stored(&f.tenant).await;
        assert_eq!((tenant.aircall, tenant.webhook_tokens.len(), f.webhooks().len()), (None, 0, 0));
        assert_eq!(f.vendors.secrets.get("aircall/one"), None);
    };
    killed_anywhere(connected, disconnect, again, nothing_left).await;
}

#[tokio::test]
async fn signing_in() {
    let sign_in = async |f: &Fixture| {
        let mut browser = Browser::default();
        let login_page = browser.begin(f, "at=production").await;
        let back = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "allow").await;
        browser.open(f, &back).await
    };
    let again = async |f: &Fixture| {
        let _ = f.tenants.create(&f.org_tenant(), jiff::Timestamp::now()).await;
        f.a_minute_later(&f.org_tenant()).await;
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
    killed_anywhere(async |_| {}, sign_in, again, connected).await;
}

#[tokio::test]
async fn disconnecting_salesforce() {
    let sign_in = async |f: &Fixture| {
        Browser::default().sign_in(f).await;
    };
    let session = |f: &Fixture| crate::fixture::cookie(f.org_tenant().as_str());
    let disconnect =
        async |f: &Fixture| f.send_as(&session(f), Method::DELETE, "/api/connections/salesforce", "").await;
    let again = async |f: &Fixture| {
        f.a_minute_later(&f.org_tenant()).await;
        let answer = disconnect(f).await;
        if answer.status == StatusCode::CONFLICT { f.get("/api/connections").await } else { answer }
    };
    let nothing_left = async |f: &Fixture| {
        assert_eq!(f.stored(&f.org_tenant()).await.salesforce, None);
        assert_eq!(f.vendors.secrets.get(&format!("salesforce/{}", f.org_tenant())), None);
        assert_eq!(f.vendors.salesforce.snapshot()["grants"]["approvals"], serde_json::json!({}));
    };
    killed_anywhere(sign_in, disconnect, again, nothing_left).await;
}

//! Crash recovery: each change of a connection is killed at every request that it makes, before and after the request
//! takes effect, and then retried.

use std::cell::RefCell;

use axum::http::{Method, StatusCode};
use store::ConnectionState;

use super::{consent, predecessor};
use crate::browser::{Browser, decide};
use crate::fixture::{Fixture, Response};

/// An upper bound of the requests that a change makes.
const MAX_REQUESTS: usize = 60;

/// Kills `change` at each of its requests to a vendor, runs `retry`, and then checks the result with `check`.
async fn kill_at_every_request(
    prepare: impl AsyncFn(&Fixture),
    change: impl AsyncFn(&Fixture) -> Response,
    retry: impl AsyncFn(&Fixture) -> Response,
    check: impl AsyncFn(&Fixture),
) {
    kill_at_every_request_of(Fixture::new, prepare, change, retry, check).await;
}

/// The same for consoles that `start` makes.
async fn kill_at_every_request_of(
    start: impl AsyncFn() -> Fixture,
    prepare: impl AsyncFn(&Fixture),
    change: impl AsyncFn(&Fixture) -> Response,
    retry: impl AsyncFn(&Fixture) -> Response,
    check: impl AsyncFn(&Fixture),
) {
    let mut kills = 0;
    for takes_effect in [false, true] {
        for requests in 0..MAX_REQUESTS {
            let f = start().await.with_tenant().await;
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

#[tokio::test]
async fn consenting_by_a_link() {
    // The link and the browser, which are ready when the change begins.
    let begun = RefCell::new(None);
    let prepare = async |f: &Fixture| {
        let mut admin = Browser::default();
        admin.sign_in(f).await;
        let link = consent::link(f, &admin.cookies()).await;
        let mut browser = Browser::default();
        let callback = consent::begin(f, &mut browser, &link, &consent::standard_user(f)).await;
        begun.replace(Some((admin, link, browser, callback)));
    };
    let consent = async |f: &Fixture| {
        let (_, _, mut browser, callback) = begun.borrow().clone().unwrap();
        browser.open(f, &callback).await
    };
    // By the same link, unless it was used up.
    let retry = async |f: &Fixture| {
        f.release_leases(&f.org_tenant()).await;
        let (admin, link, ..) = begun.borrow().clone().unwrap();
        if Browser::default().open(f, &link).await.status == StatusCode::OK {
            let again = consent::consent(f, &link, &consent::standard_user(f)).await;
            assert_eq!(again.status, StatusCode::OK, "{}", again.text);
            assert_eq!(Browser::default().open(f, &link).await.status, StatusCode::GONE);
        }
        f.send_as(&admin.cookies(), Method::GET, "/api/connections", "").await
    };
    let connected = async |f: &Fixture| {
        let tenant = f.stored(&f.org_tenant()).await;
        let (user, org) = (consent::standard_user(f), &f.vendors.salesforce);
        let connected_by = tenant.salesforce.as_ref().map(|connection| &connection.user_id);
        assert_eq!((connected_by, &tenant.state), (Some(&user), &ConnectionState::Connected));
        let tokens = f.vendors.secrets.get(&format!("salesforce/{}", tenant.id)).unwrap();
        let approvals = org.snapshot()["grants"]["approvals"].as_object().unwrap().clone();
        let of_tokens = approvals.values().find(|approval| approval["refresh_token"] == tokens["refresh_token"]);
        assert_eq!(of_tokens.unwrap()["user_id"], user.as_str());
        // One that was in the hands of a killed process is known to nobody.
        assert!(approvals.len() <= 2, "{approvals:?}");
        assert!(tenant.is_administered_by(&org.admin_user_id().parse().unwrap()));
    };
    kill_at_every_request_of(Fixture::with_barrier_to_tables, prepare, consent, retry, connected).await;
}

#[tokio::test]
async fn copying_the_settings_of_a_former_org() {
    let signed_in = RefCell::new(None);
    let prepare = async |f: &Fixture| {
        let (_, theirs) = predecessor::know_former(f, &f.vendors.salesforce.admin_user_id()).await;
        let mut admin = Browser::default();
        admin.sign_in(f).await;
        signed_in.replace(Some((admin.cookies(), theirs)));
    };
    let copy = async |f: &Fixture| {
        let cookies = signed_in.borrow().clone().unwrap().0;
        f.send_as(&cookies, Method::POST, "/api/connections/salesforce/predecessor/copy", "").await
    };
    let retry = async |f: &Fixture| {
        let answer = copy(f).await;
        // If it was killed after the last step, nothing is left to copy.
        if answer.status == StatusCode::NOT_FOUND { f.get("/api/connections").await } else { answer }
    };
    let copied = async |f: &Fixture| {
        let tenant = f.stored(&f.org_tenant()).await;
        let theirs = signed_in.borrow().clone().unwrap().1;
        assert_eq!(predecessor::store(f).get(&tenant.id).await.unwrap(), theirs);
        assert_eq!((tenant.statuses, tenant.users.len()), (predecessor::statuses(), 1));
        assert_eq!(tenant.predecessor, None);
    };
    kill_at_every_request_of(Fixture::with_barrier_to_tables, prepare, copy, retry, copied).await;
}

//! A sandbox that was refreshed: a new org at the address of a known one, whose settings its admin may copy.

use axum::http::{Method, StatusCode, header};
use jiff::Timestamp;
use rules::{Settings, StatusChoice};
use serde_json::{Value, json};
use store::{History, SettingsStore, Tenant, TenantId};

use crate::browser::Browser;
use crate::fixture::Fixture;

/// A console that knows an org at the sandbox org's address, administered by `user`, with settings and choices.
async fn refreshed(user: &str) -> (Fixture, TenantId, Settings) {
    let f = Fixture::new().await;
    let former = TenantId::parse("former").unwrap();
    f.tenants.create(&former, Timestamp::now()).await.unwrap();
    let host = f.vendors.salesforce_url.strip_prefix("http://").unwrap();
    f.tenants.remember_admin(&Tenant::new(former.clone()), host, user, Timestamp::now()).await.unwrap();
    f.tenants.set_statuses(&former, &statuses()).await.unwrap();
    f.tenants.set_user(&former, 7, Some(&"005000000000001".parse().unwrap())).await.unwrap();
    let settings = Settings { api_usage_limit: 55, ..Settings::default() };
    let stored = store(&f).put(&former, &settings, "Ada", Timestamp::now()).await.unwrap();
    (f, former, stored)
}

fn store(f: &Fixture) -> SettingsStore {
    let dynamodb = f.tables.dynamodb.clone();
    SettingsStore::new(dynamodb.clone(), "SettingsTable").with_history(History::new(dynamodb, "ConsoleTable"))
}

fn statuses() -> StatusChoice {
    StatusChoice { completed: Some("Completed".to_owned()), in_progress: None }
}

/// A browser whose admin has signed in to the new org, and the predecessor that the API shows.
async fn signed_in(f: &Fixture) -> (Browser, Value) {
    let mut browser = Browser::default();
    let answer = browser.sign_in(f).await;
    assert_eq!(answer.header(header::LOCATION), "/connections", "{}", answer.text);
    let predecessor = shown(f, &browser).await;
    (browser, predecessor)
}

async fn shown(f: &Fixture, browser: &Browser) -> Value {
    let mut answer = f.send_as(&browser.cookies(), Method::GET, "/api/connections", "").await;
    answer.body["salesforce"]["predecessor"].take()
}

#[tokio::test]
async fn the_admin_of_a_refreshed_sandbox_copies_its_settings_with_one_click() {
    let (f, former, theirs) = refreshed("005000000000001AAA").await;
    let admin = f.vendors.salesforce.admin_user_id();
    let known = f.stored(&former).await;
    f.tenants.remember_admin(&known, known.my_domain.as_deref().unwrap(), &admin, Timestamp::now()).await.unwrap();
    let (mut browser, predecessor) = signed_in(&f).await;
    assert_eq!(predecessor, json!({ "is_copyable": true, "replaces": false }));
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("Copy the settings") && page.text.contains("Aircall is not copied"), "{}", page.text);

    let copied = browser.submit(&f, "/connections", "/connections/salesforce/predecessor/copy", &[]).await;
    assert_eq!((copied.status, copied.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/connections"));
    let (tenant, settings) = (f.stored(&f.org_tenant()).await, store(&f).get(&f.org_tenant()).await.unwrap());
    assert_eq!((&settings, settings.version), (&theirs, 1));
    assert_eq!((tenant.statuses, tenant.users.len(), tenant.predecessor), (statuses(), 1, None));
    assert_eq!((tenant.aircall, tenant.webhook_tokens), (None, Vec::new()));
    let history = f.send_as(&browser.cookies(), Method::GET, "/api/settings/history", "").await;
    assert_eq!(history.body["versions"][0]["changed_by"], "Alex Admin");
    // It is offered once.
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("are copied") && !page.text.contains("Copy the settings"), "{}", page.text);
    let path = "/api/connections/salesforce/predecessor/copy";
    f.send_as(&browser.cookies(), Method::POST, path, "").await.check_error(StatusCode::NOT_FOUND, "not_found");
    signed_in_again(&f).await;
}

/// A later sign-in offers nothing.
async fn signed_in_again(f: &Fixture) {
    let mut browser = Browser::default();
    browser.sign_in(f).await;
    assert_eq!(shown(f, &browser).await, Value::Null);
}

#[tokio::test]
async fn settings_that_were_changed_meanwhile_are_replaced_only_with_a_warning() {
    let (f, former, theirs) = refreshed("005000000000001AAA").await;
    let admin = f.vendors.salesforce.admin_user_id();
    let known = f.stored(&former).await;
    f.tenants.remember_admin(&known, known.my_domain.as_deref().unwrap(), &admin, Timestamp::now()).await.unwrap();
    let (mut browser, _) = signed_in(&f).await;
    let ours = Settings { api_usage_limit: 44, ..Settings::default() };
    store(&f).put(&f.org_tenant(), &ours, "Ada", Timestamp::now()).await.unwrap();
    assert_eq!(shown(&f, &browser).await, json!({ "is_copyable": true, "replaces": true }));
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("they replace those of this org"), "{}", page.text);
    let path = "/api/connections/salesforce/predecessor/copy";
    let copied = f.send_as(&browser.cookies(), Method::POST, path, "").await;
    assert_eq!(copied.status, StatusCode::NO_CONTENT, "{}", copied.text);
    let settings = store(&f).get(&f.org_tenant()).await.unwrap();
    assert_eq!(settings, Settings { version: 2, ..theirs });
}

#[tokio::test]
async fn another_user_is_told_only_that_an_org_was_known() {
    let (f, _, _) = refreshed("005000000000001AAA").await;
    let (mut browser, predecessor) = signed_in(&f).await;
    assert_eq!(predecessor, json!({ "is_copyable": false, "replaces": false }));
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("Another Salesforce user administered it") && !page.text.contains("former\""));
    let path = "/api/connections/salesforce/predecessor/copy";
    f.send_as(&browser.cookies(), Method::POST, path, "").await.check_error(StatusCode::NOT_FOUND, "not_found");
    assert_eq!(store(&f).get(&f.org_tenant()).await.unwrap(), Settings::default());
    let dismissed = browser.submit(&f, "/connections", "/connections/salesforce/predecessor/dismiss", &[]).await;
    assert_eq!(dismissed.status, StatusCode::SEE_OTHER);
    assert_eq!(shown(&f, &browser).await, Value::Null);
    let path = "/api/connections/salesforce/predecessor";
    let again = f.send_as(&browser.cookies(), Method::DELETE, path, "").await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn who_administers_an_org_is_remembered_and_a_user_who_consents_is_not() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    assert_eq!(shown(&f, &browser).await, Value::Null);
    let known = f.stored(&f.org_tenant()).await;
    assert_eq!(known.my_domain.as_deref(), f.vendors.salesforce_url.strip_prefix("http://"));
    let admin = f.vendors.salesforce.admin_user_id();
    assert_eq!(known.admins.keys().collect::<Vec<_>>(), [&admin]);
    super::consent::connect_by_link(&f, &browser.cookies(), &f.vendors.salesforce.standard_user_id().unwrap()).await;
    f.send_as(&browser.cookies(), Method::DELETE, "/api/connections/salesforce", "").await;
    let left = f.stored(&f.org_tenant()).await;
    assert_eq!((left.my_domain, left.admins), (known.my_domain, known.admins));
}

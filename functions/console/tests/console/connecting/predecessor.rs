//! A sandbox that was refreshed: a new org at the address of a known one, whose settings its admin may copy.

use axum::http::{Method, StatusCode, header};
use jiff::Timestamp;
use rules::{Settings, StatusChoice};
use serde_json::{Value, json};
use store::{History, SettingsStore, Tenant, TenantId};

use super::sign_in::{grants, make_dead};
use crate::browser::Browser;
use crate::fixture::Fixture;

/// A console that knows an org at the sandbox org's address, administered by `user`, with settings and choices.
async fn refreshed(user: &str) -> (Fixture, TenantId, Settings) {
    let f = Fixture::new().await;
    let (former, stored) = know_former(&f, user).await;
    (f, former, stored)
}

pub(crate) async fn know_former(f: &Fixture, user: &str) -> (TenantId, Settings) {
    let former = TenantId::parse("former").unwrap();
    f.tenants.create(&former, Timestamp::now()).await.unwrap();
    let host = f.vendors.salesforce_url.strip_prefix("http://").unwrap();
    f.tenants.remember_admin(&Tenant::new(former.clone()), Some(host), user, Timestamp::now()).await.unwrap();
    f.tenants.set_statuses(&former, &statuses()).await.unwrap();
    f.tenants.set_user(&former, 7, Some(&"005000000000001".parse().unwrap())).await.unwrap();
    let settings = Settings { api_usage_limit: 55, ..Settings::default() };
    let stored = store(f).put(&former, &settings, "Ada", Timestamp::now()).await.unwrap();
    (former, stored)
}

pub(crate) fn store(f: &Fixture) -> SettingsStore {
    let dynamodb = f.tables.dynamodb.clone();
    SettingsStore::new(dynamodb.clone(), "SettingsTable").with_history(History::new(dynamodb, "ConsoleTable"))
}

pub(crate) fn statuses() -> StatusChoice {
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
    f.tenants.remember_admin(&known, known.my_domain.as_deref(), &admin, Timestamp::now()).await.unwrap();
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
    f.tenants.remember_admin(&known, known.my_domain.as_deref(), &admin, Timestamp::now()).await.unwrap();
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

/// Another admin of the new org.
fn second_admin(f: &Fixture) -> String {
    let org = &f.vendors.salesforce;
    let profile = org.profile_id("System Administrator").unwrap();
    org.insert("User", json!({ "Name": "Ada Second", "ProfileId": profile })).unwrap()
}

/// A browser where this user has signed in to the new org, and the predecessor that the API shows to them.
async fn signed_in_as(f: &Fixture, user: &str) -> (Browser, Value) {
    let mut browser = Browser::default();
    let answer = browser.sign_in_as(f, user, "/general").await;
    assert_eq!(answer.header(header::LOCATION), "/connections", "the first time, whatever was asked for");
    let predecessor = shown(f, &browser).await;
    assert_eq!(Browser::default().sign_in_as(f, user, "/general").await.header(header::LOCATION), "/general");
    (browser, predecessor)
}

/// Whoever comes first, only the admin of both orgs may copy.
async fn check_two_admins(administered_both_first: bool) {
    let f = Fixture::new().await;
    let (admin, other) = (f.vendors.salesforce.admin_user_id(), second_admin(&f));
    let theirs = know_former(&f, &admin).await.1;
    let (not_offered, offered) =
        (json!({ "is_copyable": false, "replaces": false }), json!({ "is_copyable": true, "replaces": false }));
    let path = "/api/connections/salesforce/predecessor/copy";
    let mut users = [(&other, &not_offered), (&admin, &offered)];
    if administered_both_first {
        users.reverse();
    }
    let mut browsers = Vec::new();
    for (user, expected) in users {
        let (browser, predecessor) = signed_in_as(&f, user).await;
        assert_eq!(predecessor, *expected);
        browsers.push((browser, expected == &offered));
    }
    browsers.sort_by_key(|(_, may_copy)| *may_copy);
    for (browser, may_copy) in browsers {
        let answer = f.send_as(&browser.cookies(), Method::POST, path, "").await;
        assert_eq!(answer.status, if may_copy { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND });
        let settings = store(&f).get(&f.org_tenant()).await.unwrap();
        assert_eq!(settings == theirs, may_copy);
    }
}

#[tokio::test]
async fn an_admin_of_both_orgs_copies_after_another_admin_signed_in() {
    check_two_admins(false).await;
}

#[tokio::test]
async fn an_admin_of_the_new_org_alone_copies_nothing_after_one_of_both_signed_in() {
    check_two_admins(true).await;
}

#[tokio::test]
async fn who_connected_an_org_before_admins_were_remembered_stays_its_admin_when_another_signs_in() {
    let f = Fixture::new().await;
    let (admin, other) = (f.vendors.salesforce.admin_user_id(), second_admin(&f));
    Browser::default().sign_in(&f).await;
    let tenant = f.org_tenant();
    for is_dead in [false, true] {
        // As an earlier version left it.
        let known = Tenant { admins: None, my_domain: None, ..f.stored(&tenant).await };
        f.tenants.put(&known).await.unwrap();
        if is_dead {
            make_dead(&f).await;
        }
        Browser::default().sign_in_as(&f, &other, "/").await;
        let stored = f.stored(&tenant).await;
        for id in [&admin, &other] {
            assert!(stored.is_administered_by(&id.parse().unwrap()), "{is_dead}: {:?}", stored.admins);
        }
        assert!(stored.my_domain.is_some());
    }
}

#[tokio::test]
async fn a_sign_in_that_could_not_look_for_a_former_org_stores_nothing_and_is_repeated() {
    let f = Fixture::with_failing_scan().await;
    let admin = f.vendors.salesforce.admin_user_id();
    know_former(&f, &admin).await;
    let answer = Browser::default().sign_in(&f).await;
    assert!(answer.status.is_server_error() && answer.cookies().is_empty(), "{}", answer.text);
    assert_eq!((grants(&f), f.tenants.get(&f.org_tenant()).await.unwrap()), (0, None));
    let (_, predecessor) = signed_in(&f).await;
    assert_eq!(predecessor["is_copyable"], true);
}

#[tokio::test]
async fn choices_of_this_org_stay_where_the_former_one_has_none() {
    let f = Fixture::new().await;
    let former = TenantId::parse("former").unwrap();
    know_former(&f, &f.vendors.salesforce.admin_user_id()).await;
    f.tenants.put(&Tenant { statuses: StatusChoice::default(), ..f.stored(&former).await }).await.unwrap();
    let (browser, _) = signed_in(&f).await;
    f.tenants.set_statuses(&f.org_tenant(), &statuses()).await.unwrap();
    assert_eq!(shown(&f, &browser).await, json!({ "is_copyable": true, "replaces": false }));
    f.send_as(&browser.cookies(), Method::POST, "/api/connections/salesforce/predecessor/copy", "").await;
    let tenant = f.stored(&f.org_tenant()).await;
    assert_eq!((tenant.statuses, tenant.users.len()), (statuses(), 1));
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
    assert_eq!(known.admins.iter().flatten().map(|(id, _)| id).collect::<Vec<_>>(), [&admin]);
    super::consent::connect_by_link(&f, &browser.cookies(), &f.vendors.salesforce.standard_user_id().unwrap()).await;
    f.send_as(&browser.cookies(), Method::DELETE, "/api/connections/salesforce", "").await;
    let left = f.stored(&f.org_tenant()).await;
    assert_eq!((left.my_domain, left.admins), (known.my_domain, known.admins));
}

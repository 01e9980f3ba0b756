//! Consent links: a Salesforce user who is no admin connects the org in place of the user before, and signs nobody in.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use jiff::Timestamp;
use salesforce::LEAST_ACCESS;
use salesforce_sandbox::Options;
use serde_json::{Value, json};
use store::{Connection, ConnectionState, ConsentLink, ConsentLinks, OrgFacts, Tenant, TokenHash};
use url::Url;

use super::sign_in::{grants, make_dead};
use crate::browser::{Browser, decide};
use crate::fixture::{Fixture, HOST, Response, at, cookie};

const PATH: &str = "/api/connections/salesforce/consent-link";

/// A console whose org is connected by its admin, who is signed in.
async fn connected() -> (Fixture, Browser) {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    (f, browser)
}

/// Makes a link for the tenant with this session cookie, and returns its path.
pub(crate) async fn link(f: &Fixture, cookies: &str) -> String {
    let answer = f.send_as(cookies, Method::POST, PATH, "").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let left = answer.body["expires_at"].as_i64().unwrap() - Timestamp::now().as_second();
    assert!((3_500..=3_600).contains(&left), "{left}");
    let url = answer.body["url"].as_str().unwrap();
    url.strip_prefix(&format!("https://{HOST}")).unwrap().to_owned()
}

/// The address where consents by this link begin.
fn begin_path(link: &str) -> String {
    link.replace("/consent/", "/auth/salesforce/consent/")
}

/// Begins as a user without any session, and returns the login page that the answer forwards to.
async fn login_page(f: &Fixture, browser: &mut Browser, link: &str) -> Url {
    let answer = browser.submit_empty(f, &begin_path(link)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.header("refresh").strip_prefix("0;url=").unwrap().parse().unwrap()
}

/// Opens the link as a user without any session, up to Salesforce's decision. Returns the path of the callback.
pub(crate) async fn begin(f: &Fixture, browser: &mut Browser, link: &str, user: &str) -> String {
    let page = browser.open(f, link).await;
    assert!(page.text.contains(&format!("<form method=\"post\" action=\"{}\">", begin_path(link))), "{}", page.text);
    decide(&login_page(f, browser, link).await, user, "allow").await
}

/// Consents by the link as this user.
pub(crate) async fn consent(f: &Fixture, link: &str, user: &str) -> Response {
    let mut browser = Browser::default();
    let callback = begin(f, &mut browser, link, user).await;
    let answer = browser.open(f, &callback).await;
    check_no_session(&answer);
    answer
}

/// Connects the org by a link of the admin with this session cookie, as this user.
pub(crate) async fn connect_by_link(f: &Fixture, cookies: &str, user: &str) {
    let link = link(f, cookies).await;
    assert_eq!(consent(f, &link, user).await.status, StatusCode::OK);
}

#[track_caller]
fn check_no_session(answer: &Response) {
    assert!(answer.cookies().iter().all(|cookie| !cookie.starts_with("session=")), "{:?}", answer.cookies());
}

#[track_caller]
fn check_refused(answer: &Response, status: StatusCode, message: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.text.contains(message), "{}", answer.text);
    check_no_session(answer);
}

pub(crate) fn standard_user(f: &Fixture) -> String {
    f.vendors.salesforce.standard_user_id().unwrap()
}

fn refresh_token(f: &Fixture) -> String {
    let tokens = f.vendors.secrets.get(&format!("salesforce/{}", f.org_tenant())).unwrap();
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

async fn connected_user(f: &Fixture) -> String {
    f.stored(&f.org_tenant()).await.salesforce.unwrap().user_id
}

/// Changes options of the org.
fn set_options(f: &Fixture, change: impl FnOnce(&mut Options)) {
    let mut options = f.vendors.salesforce.options();
    change(&mut options);
    f.vendors.salesforce.set_options(options);
}

#[tokio::test]
async fn a_user_who_is_no_admin_connects_the_org_by_a_link() {
    let (f, admin) = connected().await;
    let (tenant, former) = (f.org_tenant(), refresh_token(&f));
    let missing_fields = [("Task.Type".to_owned(), Timestamp::now())].into();
    let facts = OrgFacts { missing_fields, ..OrgFacts::default() };
    let known = f.tenants.get(&tenant).await.unwrap().unwrap();
    f.tenants.set_facts(&Tenant { facts, ..known }).await.unwrap();
    make_dead(&f).await;
    let woken = f.woken().await.len();

    let link = link(&f, &admin.cookies()).await;
    let page = Browser::default().open(&f, &link).await;
    assert_eq!((page.status, page.header("referrer-policy")), (StatusCode::OK, "no-referrer"));
    for text in ["Alex Admin", &f.vendors.salesforce.org_id()] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    for need in LEAST_ACCESS {
        assert!(page.text.contains(need.permission) && page.text.contains(need.purpose), "{}", need.permission);
    }
    let shown = f.send_as(&admin.cookies(), Method::GET, "/api/connections", "").await;
    assert_eq!(shown.body["salesforce"]["consent_link"]["made_by"], "Alex Admin");

    let answer = consent(&f, &link, &standard_user(&f)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    for text in ["Salesforce is connected", "Sam Standard now connects", "Key field Task.Aircall_Key__c"] {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
    let stored = f.stored(&tenant).await;
    assert_eq!((&stored.state, &stored.facts), (&ConnectionState::Connected, &OrgFacts::default()));
    let connection = stored.salesforce.unwrap();
    assert_eq!((connection.user_id, connection.user_name.as_deref()), (standard_user(&f), Some("Sam Standard")));
    assert!(!f.vendors.salesforce.has_grant(&former) && f.vendors.salesforce.has_grant(&refresh_token(&f)));
    assert_eq!(f.woken().await.len(), woken + 1);
    // It is used up.
    check_refused(&Browser::default().open(&f, &link).await, StatusCode::GONE, "not valid");
    let shown = f.send_as(&admin.cookies(), Method::GET, "/api/connections", "").await;
    assert_eq!(shown.body["salesforce"]["consent_link"], Value::Null);
    // The admin is still signed in, and their own sign-ins keep the connection.
    Browser::default().sign_in(&f).await;
    assert_eq!((connected_user(&f).await, grants(&f)), (standard_user(&f), 1));
}

#[tokio::test]
async fn a_link_that_was_replaced_withdrawn_or_has_expired_connects_nothing() {
    let (f, admin) = connected().await;
    let links = ConsentLinks::new(f.tables.dynamodb.clone(), "ConsoleTable");
    let cookies = admin.cookies();
    let replaced = link(&f, &cookies).await;
    let withdrawn = link(&f, &cookies).await;
    let answer = f.send_as(&cookies, Method::DELETE, PATH, "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
    let expired = link(&f, &cookies).await;
    let hash = TokenHash::new(expired.rsplit_once('.').unwrap().1);
    let made_by = "Alex Admin".to_owned();
    links.put(&f.org_tenant(), &ConsentLink { hash, made_by, expires_at: Timestamp::now() }).await.unwrap();
    for link in [&replaced, &withdrawn, &expired, "/consent/x", "/consent/%00", "/consent/sf-x.y"] {
        check_refused(&Browser::default().open(&f, link).await, StatusCode::GONE, "not valid");
        check_refused(&Browser::default().open(&f, &begin_path(link)).await, StatusCode::GONE, "not valid");
        check_refused(&Browser::default().submit_empty(&f, &begin_path(link)).await, StatusCode::GONE, "not valid");
    }
    // Withdrawn, or used by somebody else, while the user signs in.
    let (first, second) = (link(&f, &cookies).await, &mut Browser::default());
    let callback = begin(&f, second, &first, &standard_user(&f)).await;
    f.send_as(&cookies, Method::DELETE, PATH, "").await;
    check_refused(&second.open(&f, &callback).await, StatusCode::GONE, "not valid");
    assert_eq!((connected_user(&f).await, grants(&f)), (f.vendors.salesforce.admin_user_id(), 1));
}

#[tokio::test]
async fn disconnecting_ends_a_link_and_nothing_is_offered_without_a_connection() {
    let (f, admin) = connected().await;
    let link = link(&f, &admin.cookies()).await;
    f.send_as(&admin.cookies(), Method::DELETE, "/api/connections/salesforce", "").await;
    check_refused(&Browser::default().open(&f, &link).await, StatusCode::GONE, "not valid");
    let answer = f.send_as(&admin.cookies(), Method::POST, PATH, "").await;
    answer.check_error(StatusCode::CONFLICT, "not_connected");
    // It stays so when the org is connected again.
    Browser::default().sign_in(&f).await;
    check_refused(&Browser::default().open(&f, &link).await, StatusCode::GONE, "not valid");
}

#[tokio::test]
async fn a_user_with_whom_no_call_could_be_logged_is_refused_and_the_link_stays_valid() {
    let (f, admin) = connected().await;
    let (link, former) = (link(&f, &admin.cookies()).await, refresh_token(&f));
    set_options(&f, |options| options.hidden_objects = vec!["Task".to_owned()]);
    let answer = consent(&f, &link, &standard_user(&f)).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "No call could be logged");
    assert!(answer.text.contains("The user needs the permission Edit Tasks"), "{}", answer.text);
    set_options(&f, |options| options.hidden_objects = ["Contact", "Lead", "Account"].map(str::to_owned).into());
    let answer = consent(&f, &link, &standard_user(&f)).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "No call could be logged");
    set_options(&f, |options| options.hidden_objects = vec!["Lead".to_owned()]);
    let body = json!([{"errorCode": "API_DISABLED_FOR_ORG", "message": "The REST API is not enabled."}]);
    let fault = json!({ "path": "/services/data/.*/composite", "status": 403, "body": body });
    let url = format!("{}/_sandbox/faults", f.vendors.salesforce_url);
    reqwest::Client::new().post(url).body(fault.to_string()).send().await.unwrap();
    let answer = consent(&f, &link, &standard_user(&f)).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "API Enabled");
    assert!(answer.text.contains("Your access was given back."), "{}", answer.text);
    assert_eq!((refresh_token(&f), grants(&f)), (former, 1));
    // What only leaves something out is no reason.
    let answer = consent(&f, &link, &standard_user(&f)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains("calls are not logged on Leads"), "{}", answer.text);
    assert_eq!((connected_user(&f).await, grants(&f)), (standard_user(&f), 1));
}

#[tokio::test]
async fn access_that_salesforce_did_not_take_back_is_not_said_to_be_given_back() {
    let (f, admin) = connected().await;
    let link = link(&f, &admin.cookies()).await;
    set_options(&f, |options| options.hidden_objects = vec!["Task".to_owned()]);
    let fault = json!({ "path": "/services/oauth2/revoke", "status": 503 });
    let url = format!("{}/_sandbox/faults", f.vendors.salesforce_url);
    reqwest::Client::new().post(url).body(fault.to_string()).send().await.unwrap();
    let answer = consent(&f, &link, &standard_user(&f)).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "did not confirm that your access was given back");
}

#[tokio::test]
async fn a_consent_begins_on_the_page_of_its_link_and_asks_who_signs_in() {
    let (f, admin) = connected().await;
    let link = link(&f, &admin.cookies()).await;
    let begin = begin_path(&link);
    // Without the page, or from another site's page, the page is shown first.
    let post = Request::post(&begin).header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    for answer in [f.request(post).await, Browser::default().open(&f, &begin).await] {
        assert_eq!((answer.status, answer.cookies().len()), (StatusCode::OK, 0));
        assert!(answer.text.contains("asks you to connect") && answer.headers.get("refresh").is_none());
    }
    let post = Request::post(&begin).header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
    let answer = f.request(post).await;
    let login_page: Url = answer.header("refresh").strip_prefix("0;url=").unwrap().parse().unwrap();
    assert!(login_page.query_pairs().any(|pair| pair == ("prompt".into(), "login consent".into())), "{login_page}");
    // An admin who signs in is not asked more than before.
    let own = Browser::default().begin(&f, "at=production").await;
    assert!(own.query_pairs().all(|(name, _)| name != "prompt"), "{own}");
}

#[tokio::test]
async fn a_user_of_another_org_is_refused() {
    let f = Fixture::new().await;
    let connection = Connection {
        org_id: "00D000000000001EAA".to_owned(),
        instance_url: "https://example.my.salesforce.com".to_owned(),
        login_url: f.vendors.salesforce_url.clone(),
        user_id: "005000000000001AAA".to_owned(),
        user_name: None,
        connected_at: at(0),
    };
    let tenant = Tenant { salesforce: Some(connection), ..Tenant::new(f.tenant.clone()) };
    f.tenants.put(&tenant).await.unwrap();
    let link = link(&f, &cookie("one")).await;
    let answer = consent(&f, &link, &f.vendors.salesforce.admin_user_id()).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "another Salesforce org than example.my.salesforce.com");
    assert_eq!((f.stored(&f.tenant).await, grants(&f)), (tenant, 0));
    assert_eq!(f.tenants.get(&f.org_tenant()).await.unwrap(), None);
}

#[tokio::test]
async fn a_consent_that_salesforce_contradicts_or_the_user_denies_changes_nothing() {
    let (f, admin) = connected().await;
    let link = link(&f, &admin.cookies()).await;
    set_options(&f, |options| {
        options.userinfo = json!({ "user_id": "005000000000002AAA" }).as_object().cloned();
    });
    let answer = consent(&f, &link, &standard_user(&f)).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "name different users or orgs");
    assert!(answer.text.contains("Please open the link again"), "{}", answer.text);
    set_options(&f, |options| options.userinfo = None);
    let mut browser = Browser::default();
    let login_page = login_page(&f, &mut browser, &link).await;
    let callback = decide(&login_page, &standard_user(&f), "deny").await;
    let answer = browser.open(&f, &callback).await;
    check_refused(&answer, StatusCode::FORBIDDEN, "You did not allow access");
    assert!(!answer.text.contains("ign in again") && !answer.text.contains("given back"), "{}", answer.text);
    assert_eq!((connected_user(&f).await, grants(&f)), (f.vendors.salesforce.admin_user_id(), 1));
}

#[tokio::test]
async fn a_callback_of_a_consent_works_once_in_its_browser_and_never_signs_in() {
    let (f, admin) = connected().await;
    let link = link(&f, &admin.cookies()).await;
    // Even an admin is not signed in by it.
    let user = f.vendors.salesforce.admin_user_id();
    let mut browser = Browser::default();
    let callback = begin(&f, &mut browser, &link, &user).await;
    let elsewhere = Browser::default().open(&f, &callback).await;
    check_refused(&elsewhere, StatusCode::FORBIDDEN, "another browser");
    assert!(elsewhere.text.contains("Please open the link again, or begin again under Connections."));
    check_refused(&browser.open(&f, &callback).await, StatusCode::BAD_REQUEST, "was used before");
    let callback = begin(&f, &mut browser, &link, &user).await;
    // Not even if the state is presented as that of a sign-in.
    let sign_in = browser.open(&f, &callback.replace("state=consent.", "state=")).await;
    check_refused(&sign_in, StatusCode::BAD_REQUEST, "was used before");
    let answer = browser.open(&f, &callback).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    check_no_session(&answer);
    check_refused(&browser.open(&f, &callback).await, StatusCode::BAD_REQUEST, "was used before");
    assert!(browser.open(&f, "/connections").await.header(header::LOCATION).starts_with("/login"));
}

#[tokio::test]
async fn an_admin_puts_their_own_grant_in_place_and_makes_and_withdraws_links_on_the_page() {
    let (f, mut admin) = connected().await;
    let link = link(&f, &admin.cookies()).await;
    consent(&f, &link, &standard_user(&f)).await;
    let former = refresh_token(&f);
    let page = admin.open(&f, "/connections").await;
    assert!(page.text.contains("Sam Standard"), "{}", page.text);
    let leaving = admin.submit(&f, "/connections", "/auth/salesforce/own-grant", &[]).await;
    assert_eq!(leaving.status, StatusCode::OK, "{}", leaving.text);
    let login_page = leaving.header("refresh").strip_prefix("0;url=").unwrap().parse().unwrap();
    let callback = decide(&login_page, &f.vendors.salesforce.admin_user_id(), "allow").await;
    let answer = admin.open(&f, &callback).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains("Alex Admin now connects") && answer.text.contains("Back to Connections"));
    assert_eq!((connected_user(&f).await, grants(&f)), (f.vendors.salesforce.admin_user_id(), 1));
    assert!(!f.vendors.salesforce.has_grant(&former));

    let made = admin.submit(&f, "/connections", "/connections/salesforce/consent-link", &[]).await;
    assert!(made.text.contains(&format!("https://{HOST}/consent/{}.", f.org_tenant())), "{}", made.text);
    let page = admin.open(&f, "/connections").await;
    assert!(!page.text.contains("/consent/sf-") && page.text.contains("A link that Alex Admin made"));
    let withdrawn = admin.submit(&f, "/connections", "/connections/salesforce/consent-link/withdraw", &[]).await;
    assert_eq!(withdrawn.header(header::LOCATION), "/connections");
    let page = admin.open(&f, "/connections").await;
    assert!(page.text.contains("The link is withdrawn") && !page.text.contains("A link that"), "{}", page.text);
}

#[tokio::test]
async fn an_api_token_cannot_make_or_withdraw_a_link() {
    let (f, _) = connected().await;
    let token = f.api_tokens().create(&f.org_tenant(), "reporting", "Ada", Timestamp::now()).await.unwrap().0;
    for method in [Method::POST, Method::DELETE] {
        let bearer = format!("Bearer {}", secrecy::ExposeSecret::expose_secret(&token));
        let request = Request::builder().method(method).uri(PATH).header(header::AUTHORIZATION, bearer);
        let answer = f.request(request.body(Body::empty()).unwrap()).await;
        answer.check_error(StatusCode::FORBIDDEN, "admin_only");
    }
}

//! Signing in: attacks on its URLs, and users who are refused.

use reqwest::header;

use super::user::BrowserUser;
use crate::support::Running;

/// Starts a sign-in in a browser and returns the callback URL that Salesforce redirects to, without opening it.
async fn callback_url(running: &Running, user: &BrowserUser, return_to: &str) -> String {
    user.open(&format!("/auth/salesforce?at=production&return_to={return_to}")).await;
    let login_page = user.location().await;
    assert!(login_page.starts_with(&running.stack.info().salesforce_url), "{login_page}");
    let admin = running.stack.salesforce().admin_user_id();
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.get(format!("{login_page}&user={admin}&decision=allow")).send().await.unwrap();
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callback_url_works_once_and_only_in_the_browser_that_started_the_sign_in() {
    let running = Running::shared();
    let console = &running.stack.info().console_url;
    let (user, other) = (BrowserUser::new(console).await, BrowserUser::new(console).await);

    // The callback URL in another browser, which has a sign-in of its own under way.
    let foreign = callback_url(&running, &user, "/general").await;
    other.open("/auth/salesforce?at=production").await;
    other.open(&foreign).await;
    other.wait_for_text("This sign-in was begun in another browser.").await;
    assert_eq!(other.cookie("session", "/").await, None);
    user.open(&foreign).await;
    user.wait_for_text("This sign-in has expired or was used before.").await;
    assert_eq!(user.cookie("session", "/").await, None);

    let callback = callback_url(&running, &user, "/general").await;
    user.open(&callback).await;
    assert_eq!(user.location().await, "/general");
    assert!(user.cookie("session", "/").await.is_some());

    // The same callback URL again in the same browser.
    user.driver.delete_all_cookies().await.unwrap();
    user.open(&callback).await;
    user.wait_for_text("This sign-in has expired or was used before.").await;
    assert_eq!(user.cookie("session", "/").await, None);

    // An unknown state, and none.
    for address in
        ["/auth/salesforce/callback?code=a&state=b", "/auth/salesforce/callback?code=a", "/auth/salesforce/callback"]
    {
        user.open(address).await;
        user.wait_for_text("This sign-in has expired or was used before.").await;
    }
    user.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_return_address_leads_out_of_the_console() {
    let running = Running::shared();
    let user = BrowserUser::new(&running.stack.info().console_url).await;
    let return_urls = [
        "//example.com/",
        "/%5Cexample.com/",
        "https://example.com/",
        "/%09/example.com",
        "%5C%5Cexample.com",
        "javascript:alert(1)",
    ];
    for return_url in return_urls {
        let callback = callback_url(&running, &user, return_url).await;
        user.open(&callback).await;
        let location = user.location().await;
        assert!(["/activity", "/connections"].contains(&&*location), "{return_url} leads to {location}");
        // The sign-in page redirects a user who is signed in.
        user.open(&format!("/login?return_to={return_url}")).await;
        assert_eq!(user.location().await, "/activity", "{return_url}");
        user.driver.delete_all_cookies().await.unwrap();
    }
    for host in [
        "evil.example.com",
        "https://example.com",
        "example.my.salesforce.com.example.com",
        "",
        "production@example.com",
    ] {
        user.open(&format!("/auth/salesforce?at={host}")).await;
        assert!(user.location().await.starts_with("/auth/salesforce"), "{host}");
        user.wait_for_text("This did not work").await;
    }
    user.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_no_admin_or_denies_access_is_not_signed_in() {
    let running = Running::shared();
    let user = BrowserUser::new(&running.stack.info().console_url).await;
    user.open("/login").await;
    user.press("Sign in with Salesforce").await;
    user.click_on("label:nth-of-type(2) input[name=user]").await;
    user.press("Log In").await;
    user.wait_for_text("Sam Standard").await;
    user.press("Allow").await;
    user.wait_for_text("Your Salesforce user does not administer this org.").await;
    let problems = user.inspect("not-signed-in").await;
    assert_eq!(user.cookie("session", "/").await, None);

    user.press("Sign in again").await;
    user.press("Sign in with Salesforce").await;
    user.press("Log In").await;
    user.press("Deny").await;
    user.press("Sign in again").await;
    assert_eq!(user.cookie("session", "/").await, None);
    assert!(problems.is_empty(), "{problems:#?}");
    user.close().await;
}

//! Markup in names, tags, comments and errors is shown as text.

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::{CallBody, Contact, Line, User};
use reqwest::Method;
use serde_json::json;

use super::user::BrowserUser;
use crate::support::TestEnv;

/// Closes any element it may be in, and tries to run scripts and to insert elements.
const MARKUP: &str = "\"'></title></textarea></script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"><b>bold</b>";

#[tokio::test]
async fn markup_in_names_tags_comments_and_errors_is_shown_as_it_was_typed() {
    let env = TestEnv::new().await;
    let now = Timestamp::now();
    env.contact(&MARKUP[..80], "+33639980001");
    let call = |id| {
        CallBody::inbound(id)
            .at(now - SignedDuration::from_mins(5))
            .on(&Line::new(1002, MARKUP, "+33 1 99 00 01 00", "FR", "Europe/Paris"))
            .answered_after(5)
            .lasting(60)
            .by(&User::new(2001, MARKUP, "admin@example.com"))
            .known_as(&Contact::new(MARKUP, MARKUP).at_company(MARKUP))
            .tagged(MARKUP)
            .commented_after(1, MARKUP)
    };
    env.end([&call(90)]).await;
    env.refuse("Task", "Subject", "answered", MARKUP);
    env.end([&call(91)]).await;
    let token = env
        .admin(Method::POST, "/api/tokens")
        .json(&json!({"name": "<script>document.title='owned'</script>"}))
        .send()
        .await
        .unwrap();
    assert!(token.status().is_success(), "{}", token.text().await.unwrap());

    let admin = BrowserUser::admin_of(&env).await;
    let search = "/activity?search=%22%3E%3Cscript%3Edocument.title='owned'%3C/script%3E";
    for page in [
        "/activity",
        "/activity/call-90",
        "/activity/call-91",
        "/tokens",
        "/preview",
        "/general",
        search,
        "/%3Cscript%3Edocument.title='owned'%3C/script%3E",
        "/login?return_to=%22%3E%3Cscript%3Edocument.title='owned'%3C/script%3E",
        "/history?before=%3Cscript%3Edocument.title='owned'%3C/script%3E",
    ] {
        admin.open(page).await;
        assert_ne!(admin.driver.title().await.unwrap(), "owned", "{page}");
        if page.starts_with("/activity") || page == "/tokens" {
            assert!(admin.text().await.contains("<script>document.title='owned'"), "{page}");
        }
        let injected = "document.querySelectorAll('main b, main img[src=x], main script').length";
        assert_eq!(admin.value(injected).await, 0, "{page}");
    }
    admin.open("/preview").await;
    admin.fill("#key", "call-90").await;
    admin.click_on("button[name=of][value=entry]").await;
    admin.wait_for_text("Would be logged").await;
    assert!(admin.text().await.contains("<script>document.title='owned'"));
    assert_ne!(admin.driver.title().await.unwrap(), "owned");
    // If any of it had been parsed as markup, closing would find a policy violation in the browser's log.
    admin.close().await;
}

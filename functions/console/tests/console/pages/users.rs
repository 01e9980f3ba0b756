//! The Users page.

use axum::http::{StatusCode, header};
use serde_json::json;

use super::support::selected;
use crate::connecting::users::connected;
use crate::fixture::{Fixture, Response};
use crate::sample_entries::MARKUP;

#[track_caller]
fn check_contains(page: &Response, texts: &[&str]) {
    for text in texts {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
}

#[tokio::test]
async fn it_lists_who_owns_the_tasks_and_counts_who_has_no_user() {
    let f = connected().await;
    let robin = f.add_user("Rep", "robin.rep@example.com", json!({ "FirstName": MARKUP }));
    let page = f.get("/users").await;
    let url = &f.vendors.salesforce_url;
    check_contains(
        &page,
        &[
            "1 of 3 Aircall users has no Salesforce user: their calls belong to <a href=",
            &format!("{url}/lightning/r/User/{}/view", f.vendors.salesforce.admin_user_id()),
            &format!(
                "<a href=\"{url}/lightning/r/User/{robin}/view\" target=\"_blank\" rel=\"noopener\">&#60;img src=x"
            ),
            "<small>Same e-mail address</small>",
            "<span class=\"outcome skipped\">None</span>",
            "href=\"/users?choose=2003#user-2003\">Choose<",
            "href=\"/users?choose=2002#user-2002\">Change<",
        ],
    );
    assert!(!page.text.contains("<img src=x") && !page.text.contains("<select"), "{}", page.text);
    // Whoever has none comes first.
    let place = |id: u64| page.text.find(&format!("id=\"user-{id}\"")).unwrap();
    assert!(place(2003) < place(2001) && place(2001) < place(2002));
    f.add_user("Temp", "kim.temp@example.com", json!({}));
    check_contains(&f.get("/users").await, &["All 3 Aircall users have a Salesforce user."]);
}

#[tokio::test]
async fn a_user_is_chosen_from_the_list_and_taken_back() {
    let f = connected().await;
    let other = f.add_user("Other", "other@example.com", json!({}));
    f.add_user("Gone", "gone@example.com", json!({ "IsActive": false }));
    let page = f.get("/users?choose=2002").await;
    let option = format!("<option value=\"{other}\">Other (Other@crm.example.com)</option>");
    check_contains(&page, &["<form method=\"post\" action=\"/users/2002\">", &option, "Salesforce user<span class"]);
    assert!(!page.text.contains("Gone"));
    assert_eq!(selected(&page.text, "salesforce_user_id").as_deref(), Some(""));

    let saved = f.post("/users/2002", &[("salesforce_user_id", &other)]).await;
    assert_eq!((saved.status, saved.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/users"), "{}", saved.text);
    assert!(saved.cookies()[0].starts_with("flash=user-chosen;"), "{:?}", saved.cookies());
    let page = f.get("/users?choose=2002").await;
    check_contains(&page, &["<small>Chosen here</small>"]);
    assert_eq!(selected(&page.text, "salesforce_user_id"), Some(other));

    assert_eq!(f.post("/users/2002", &[("salesforce_user_id", "")]).await.status, StatusCode::SEE_OTHER);
    assert!(f.stored(&f.tenant).await.users.is_empty());
}

#[tokio::test]
async fn in_a_large_org_an_id_is_entered() {
    let f = connected().await;
    for n in 0..300 {
        f.add_user(&format!("User{n}"), &format!("{n}@example.com"), json!({}));
    }
    let other = f.add_user("Other", "other@example.com", json!({}));
    let page = f.get("/users?choose=2002").await;
    check_contains(&page, &["ID of the Salesforce user", "The org has more than 300 users."]);
    assert!(!page.text.contains("<select"), "{}", page.text);

    let wrong = f.post("/users/2002", &[("salesforce_user_id", "other@example.com")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    check_contains(
        &wrong,
        &[
            "<a href=\"#salesforce_user_id\">Choose an active user",
            "id=\"salesforce_user_id-error\"",
            "value=\"other@example.com\"",
        ],
    );
    assert_eq!(f.post("/users/2002", &[("salesforce_user_id", &other)]).await.status, StatusCode::SEE_OTHER);
    check_contains(&f.get("/users?choose=2002").await, &[&format!("value=\"{other}\""), "Chosen here"]);
}

#[tokio::test]
async fn a_chosen_user_who_is_not_active_any_more_is_pointed_out() {
    let f = connected().await;
    let gone = f.add_user("Gone", "gone@example.com", json!({ "IsActive": false }));
    f.store_choice(2002, &gone).await;
    check_contains(
        &f.get("/users").await,
        &["2 of 3 Aircall users have no Salesforce user", "The chosen user is not active any more."],
    );
}

#[tokio::test]
async fn many_users_are_shown_fifty_at_a_time() {
    let f = connected().await;
    let mut snapshot = f.vendors.aircall.snapshot();
    let users = snapshot["users"].as_object_mut().unwrap();
    for id in 3_000..3_060 {
        users.insert(id.to_string(), json!({"id": id, "name": format!("User {id}"), "email": null}));
    }
    f.vendors.aircall.restore(snapshot).unwrap();
    let count = |page: &Response| page.text.matches("<tr id=\"user-").count();
    let page = f.get("/users").await;
    assert_eq!(count(&page), 50);
    check_contains(&page, &["62 of 63 Aircall users have no", "data-more=\"users\" href=\"/users?from=50\""]);
    let next = f.get("/users?from=50").await;
    assert_eq!(count(&next), 13);
    assert!(!next.text.contains("data-more"), "{}", next.text);
    // The one who has an owner is the last, and their form is on their page.
    check_contains(&f.get("/users?choose=2001").await, &["action=\"/users/2001\""]);
    assert_eq!(count(&f.get("/users?from=1000").await), 0);
}

#[tokio::test]
async fn it_says_what_is_not_connected_or_does_not_answer() {
    let f = Fixture::new().await;
    let page = f.get("/users").await;
    assert_eq!(page.status, StatusCode::OK);
    check_contains(&page, &["Salesforce is not connected. Connect it first. <a href=\"/connections\">"]);
    f.connect().await;
    check_contains(&f.get("/users").await, &["Aircall is not connected."]);

    let f = connected().await;
    f.revoke_aircall_key();
    let page = f.restarted().get("/users").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    check_contains(&page, &["role=\"alert\"><p>Aircall does not accept the API key"]);
    let chosen = f.post("/users/2002", &[("salesforce_user_id", "")]).await;
    assert_eq!(chosen.status, StatusCode::UNPROCESSABLE_ENTITY);

    let f = connected().await;
    f.vendors.secrets.remove("salesforce/one");
    let page = f.get("/users").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    check_contains(&page, &["tokens are missing"]);
}

#[tokio::test]
async fn a_user_that_aircall_does_not_have_cannot_be_changed() {
    let f = connected().await;
    let unknown = f.post("/users/9999", &[("salesforce_user_id", "")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    check_contains(&unknown, &["Aircall has no user with this ID.", "id=\"user-2001\""]);
    assert_eq!(f.post("/users/robin", &[("salesforce_user_id", "")]).await.status, StatusCode::NOT_FOUND);
    // A link to a user who is gone opens no form.
    assert!(!f.get("/users?choose=9999").await.text.contains("action=\"/users/"));
}

//! The sign-in page and signing out.

use axum::http::{Method, StatusCode, header};

use crate::fixture::Fixture;

async fn login(f: &Fixture, query: &str) -> crate::fixture::Answer {
    f.send_as("", Method::GET, &format!("/login{query}"), "").await
}

#[tokio::test]
async fn the_sign_in_page_leads_to_salesforce_and_back() {
    let f = Fixture::new().await;
    let page = login(&f, "?return_to=%2Fcall-workflow%3Fa%3Db").await;
    assert_eq!(page.status, StatusCode::OK);
    for at in ["production", "sandbox"] {
        let link = format!("href=\"/auth/salesforce?at={at}&#38;return_to=%2Fcall-workflow%3Fa%3Db\"");
        assert!(page.text.contains(&link), "{}", page.text);
    }
}

#[tokio::test]
async fn it_leads_back_to_no_other_site() {
    let f = Fixture::new().await;
    for path in ["https%3A%2F%2Fexample.com", "%2F%2Fexample.com", "%2F%5Cexample.com", "%2F%09%2Fexample.com"] {
        let page = login(&f, &format!("?return_to={path}")).await;
        assert!(page.text.contains("return_to=%2F\"") && !page.text.contains("example.com\""), "{path}");
        let signed_in = f.get(&format!("/login?return_to={path}")).await;
        assert_eq!((signed_in.status, signed_in.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/"), "{path}");
    }
    assert_eq!(f.get("/login?return_to=%2Fcall-workflow").await.header(header::LOCATION), "/call-workflow");
}

#[tokio::test]
async fn an_orgs_own_domain_is_gone_to_by_a_page_and_not_by_a_redirected_form() {
    let f = Fixture::new().await;
    let page = login(&f, "?domain=example&return_to=%2Fcall-workflow").await;
    let path = "/auth/salesforce?at=example.my.salesforce.com&return_to=%2Fcall-workflow";
    assert_eq!((page.status, page.header("refresh")), (StatusCode::OK, &*format!("0;url={path}")));
    let wrong = login(&f, "?domain=%3Cb%3Eexample.com").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"&#60;b&#62;example.com\"") && wrong.text.contains("aria-invalid=\"true\""));
}

#[tokio::test]
async fn signing_out_ends_the_session_and_says_so_once() {
    let f = Fixture::new().await;
    let answer = f.post("/sign-out", &[]).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/login"));
    let cookies = answer.cookies();
    assert_eq!(cookies[0], "session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax");
    let flash = cookies[1].split(';').next().unwrap();
    let page = f.send_as(flash, Method::GET, "/login", "").await;
    assert!(page.text.contains("You are signed out."));
    assert!(page.cookies()[0].starts_with("flash=; Max-Age=0;"));
    assert!(!login(&f, "").await.text.contains("You are signed out."));
}

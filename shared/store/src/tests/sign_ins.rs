//! Sign-ins under way.

use futures_util::future::join_all;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use super::{START, at};
use crate::test_tables::TestTables;
use crate::{Attempt, SignIns, TokenHash, item};

fn attempt(state: &str) -> Attempt {
    Attempt {
        state_hash: TokenHash::new(state),
        code_verifier: "the verifier".into(),
        login_url: "https://login.salesforce.com".to_owned(),
        return_to: "/activity?state=failed".to_owned(),
        browser_hash: TokenHash::new("the browser"),
        expires_at: at(START + 600),
    }
}

/// What an attempt says.
fn told(attempt: Attempt) -> (TokenHash, String, String, String, TokenHash, Timestamp) {
    let Attempt { state_hash, code_verifier, login_url, return_to, browser_hash, expires_at } = attempt;
    (state_hash, code_verifier.expose_secret().to_owned(), login_url, return_to, browser_hash, expires_at)
}

async fn store() -> (TestTables, SignIns) {
    let tables = TestTables::start().await;
    let sign_ins = SignIns::new(tables.dynamodb.clone(), "ConsoleTable");
    (tables, sign_ins)
}

#[tokio::test]
async fn a_sign_in_is_taken_once_as_it_began() {
    let (_tables, sign_ins) = store().await;
    sign_ins.begin(&attempt("state")).await.unwrap();
    sign_ins.begin(&attempt("other")).await.unwrap();
    let take = async |state: &str| sign_ins.consume(&TokenHash::new(state), at(START + 599)).await.unwrap().map(told);
    assert_eq!(take("unknown").await, None);
    assert_eq!(take("state").await, Some(told(attempt("state"))));
    assert_eq!(take("state").await, None, "replayed");
    assert_eq!(take("other").await, Some(told(attempt("other"))));
}

#[tokio::test]
async fn of_many_who_take_it_at_once_one_gets_it() {
    let (_tables, sign_ins) = store().await;
    sign_ins.begin(&attempt("state")).await.unwrap();
    let state_hash = TokenHash::new("state");
    let taken = join_all((0..16).map(|_| sign_ins.consume(&state_hash, at(START)))).await;
    assert_eq!(taken.into_iter().filter(|taken| taken.as_ref().unwrap().is_some()).count(), 1);
}

#[tokio::test]
async fn too_late_it_is_none() {
    let (_tables, sign_ins) = store().await;
    sign_ins.begin(&attempt("state")).await.unwrap();
    assert!(sign_ins.consume(&TokenHash::new("state"), at(START + 600)).await.unwrap().is_none());
    assert!(sign_ins.consume(&TokenHash::new("state"), at(START)).await.unwrap().is_none(), "and it is gone");
}

#[tokio::test]
async fn the_state_itself_is_not_stored_and_nothing_secret_is_logged() {
    let (tables, sign_ins) = store().await;
    sign_ins.begin(&attempt("a-state-of-the-test")).await.unwrap();
    let stored = tables.dynamodb.scan().table_name("ConsoleTable").send().await.unwrap().items.unwrap();
    assert_eq!(stored[0]["expires_at"], item::seconds(at(START + 600)), "DynamoDB deletes it by itself");
    let stored = format!("{stored:?}");
    assert!(!stored.contains("a-state-of-the-test") && !stored.contains("the browser"), "{stored}");
    assert!(!format!("{:?}", attempt("state")).contains("the verifier"));
}

//! Sign-ins in progress.

use futures_util::future::join_all;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::tests::{START, at};
use crate::{Attempt, Consent, Error, SignIns, TenantId, TokenHash};

fn attempt(state: &str) -> Attempt {
    Attempt {
        state_hash: TokenHash::new(state),
        code_verifier: "the verifier".into(),
        login_url: "https://login.salesforce.com".to_owned(),
        return_to: "/activity?state=failed".to_owned(),
        browser_hash: TokenHash::new("the browser"),
        consent: None,
        expires_at: at(START + 600),
    }
}

/// The fields of an attempt, for comparison.
fn fields(attempt: Attempt) -> (TokenHash, String, String, String, TokenHash, Timestamp) {
    let Attempt { state_hash, code_verifier, login_url, return_to, browser_hash, expires_at, .. } = attempt;
    (state_hash, code_verifier.expose_secret().to_owned(), login_url, return_to, browser_hash, expires_at)
}

async fn store() -> (TestTables, SignIns) {
    let tables = TestTables::start().await;
    let sign_ins = SignIns::new(tables.dynamodb.clone(), "ConsoleTable");
    (tables, sign_ins)
}

#[tokio::test]
async fn a_sign_in_is_consumed_once_and_unchanged() {
    let (_tables, sign_ins) = store().await;
    sign_ins.begin(&attempt("state")).await.unwrap();
    sign_ins.begin(&attempt("other")).await.unwrap();
    let consume =
        async |state: &str| sign_ins.consume(&TokenHash::new(state), at(START + 599)).await.unwrap().map(fields);
    assert_eq!(consume("unknown").await, None);
    assert_eq!(consume("state").await, Some(fields(attempt("state"))));
    assert_eq!(consume("state").await, None, "replayed");
    assert_eq!(consume("other").await, Some(fields(attempt("other"))));
}

#[tokio::test]
async fn what_a_sign_in_connects_is_kept() {
    let (_tables, sign_ins) = store().await;
    let tenant = TenantId::parse("one").unwrap();
    for link in [None, Some(TokenHash::new("link"))] {
        let consent = Some(Consent { tenant: tenant.clone(), link });
        sign_ins.begin(&Attempt { consent: consent.clone(), ..attempt("state") }).await.unwrap();
        let consumed = sign_ins.consume(&TokenHash::new("state"), at(START)).await.unwrap();
        assert_eq!(consumed.unwrap().consent, consent);
    }
}

#[tokio::test]
async fn a_consent_of_which_anything_cannot_be_read_is_an_error() {
    let (tables, sign_ins) = store().await;
    let consent = Consent { tenant: TenantId::parse("one").unwrap(), link: Some(TokenHash::new("link")) };
    let attempt = Attempt { consent: Some(consent), ..attempt("state") };
    for attribute in ["consent_tenant", "consent_kind", "consent_link"] {
        sign_ins.begin(&attempt).await.unwrap();
        let update = tables.dynamodb.update_item().table_name("ConsoleTable");
        let update = update.key("tenant", item::text(format!("sign-in#{}", attempt.state_hash)));
        let update = update.key("item", item::text("sign-in")).update_expression("SET #attribute = :value");
        let update = update.expression_attribute_names("#attribute", attribute);
        update.expression_attribute_values(":value", item::text("of another version?")).send().await.unwrap();
        let consumed = sign_ins.consume(&attempt.state_hash, at(START)).await;
        assert!(matches!(consumed, Err(Error::Corrupt(_))), "{attribute}: {consumed:?}");
    }
}

#[tokio::test]
async fn one_of_many_concurrent_callers_consumes_it() {
    let (_tables, sign_ins) = store().await;
    sign_ins.begin(&attempt("state")).await.unwrap();
    let state_hash = TokenHash::new("state");
    let taken = join_all((0..16).map(|_| sign_ins.consume(&state_hash, at(START)))).await;
    assert_eq!(taken.into_iter().filter(|taken| taken.as_ref().unwrap().is_some()).count(), 1);
}

#[tokio::test]
async fn an_expired_sign_in_is_refused_and_deleted() {
    let (_tables, sign_ins) = store().await;
    sign_ins.begin(&attempt("state")).await.unwrap();
    assert!(sign_ins.consume(&TokenHash::new("state"), at(START + 600)).await.unwrap().is_none());
    assert!(
        sign_ins.consume(&TokenHash::new("state"), at(START)).await.unwrap().is_none(),
        "the expired sign-in was deleted"
    );
}

#[tokio::test]
async fn only_hashes_are_stored_and_debug_output_has_no_secrets() {
    let (tables, sign_ins) = store().await;
    sign_ins.begin(&attempt("a-state-of-the-test")).await.unwrap();
    let stored = tables.dynamodb.scan().table_name("ConsoleTable").send().await.unwrap().items.unwrap();
    assert_eq!(stored[0]["expires_at"], item::seconds(at(START + 600)), "DynamoDB deletes it when it expires");
    let stored = format!("{stored:?}");
    assert!(!stored.contains("a-state-of-the-test") && !stored.contains("the browser"), "{stored}");
    assert!(!format!("{:?}", attempt("state")).contains("the verifier"));
}

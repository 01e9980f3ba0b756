//! API tokens.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};

use crate::test_tables::TestTables;
use crate::tests::{START, at, tenant};
use crate::{ApiToken, ApiTokens, CreateTokenError, FoundToken, TokenHash};

struct Fixture {
    tables: TestTables,
    tokens: ApiTokens,
}

impl Fixture {
    async fn new() -> Self {
        let tables = TestTables::start().await;
        let tokens = ApiTokens::new(tables.dynamodb.clone(), "ConsoleTable");
        Self { tables, tokens }
    }

    async fn create(&self, of: &str, name: &str, after: i64) -> (SecretString, ApiToken) {
        self.tokens.create(&tenant(of), name, "user@example.com", at(START + after)).await.unwrap()
    }

    async fn list(&self, of: &str) -> Vec<ApiToken> {
        self.tokens.list(&tenant(of)).await.unwrap().into_iter().map(Result::unwrap).collect()
    }

    async fn find(&self, text: &SecretString) -> Option<FoundToken> {
        self.tokens.find(text).await.unwrap()
    }

    async fn items(&self) -> Vec<std::collections::HashMap<String, AttributeValue>> {
        self.tables.dynamodb.scan().table_name("ConsoleTable").send().await.unwrap().items.unwrap()
    }
}

#[tokio::test]
async fn a_token_is_found_by_its_text_and_listed_without_it() {
    let f = Fixture::new().await;
    let (text, reports) = f.create("one", "Reports", 0).await;
    let (other_text, other) = f.create("one", "Backup", 1).await;
    let found = f.find(&text).await.unwrap();
    assert_eq!((found.tenant, found.id, found.name), (tenant("one"), reports.id.clone(), "Reports".to_owned()));
    assert_eq!(f.find(&other_text).await.unwrap().id, other.id);
    assert_eq!(f.list("one").await, [reports, other]);
    assert_eq!(f.list("two").await, []);
}

#[tokio::test]
async fn a_tokens_text_is_random_and_only_its_hash_is_stored() {
    let f = Fixture::new().await;
    let (text, _) = f.create("one", "Reports", 0).await;
    let (other, _) = f.create("one", "Reports", 0).await;
    let text = text.expose_secret();
    assert_ne!(text, other.expose_secret());
    assert!(text.starts_with("act_") && text.len() == 4 + 43, "{text}");
    let stored = format!("{:?}", f.items().await);
    assert!(stored.contains(&TokenHash::new(text).to_string()));
    assert!(!stored.contains(text) && !stored.contains(&text[4..]));
}

#[tokio::test]
async fn other_texts_are_not_accepted_as_tokens() {
    let f = Fixture::new().await;
    let (text, _) = f.create("one", "Reports", 0).await;
    let text = text.expose_secret();
    let hash = TokenHash::new(text).to_string();
    for other in ["", "act_", &text[4..], &text[..46], &format!("{text}A"), &format!("ACT{}", &text[3..]), &hash] {
        assert_eq!(f.find(&SecretString::from(other)).await, None, "{other}");
    }
}

#[tokio::test]
async fn a_revoked_token_is_not_found_and_leaves_only_the_counter() {
    let f = Fixture::new().await;
    let (text, token) = f.create("one", "Reports", 0).await;
    assert!(!f.tokens.revoke(&tenant("two"), &token.id).await.unwrap(), "the token belongs to another tenant");
    for id in ["", "0000000000000000", &"0".repeat(2000)] {
        assert!(!f.tokens.revoke(&tenant("one"), id).await.unwrap(), "{id}");
    }
    assert!(f.find(&text).await.is_some());
    assert!(f.tokens.revoke(&tenant("one"), &token.id).await.unwrap());
    assert_eq!((f.find(&text).await, f.list("one").await), (None, vec![]));
    assert!(!f.tokens.revoke(&tenant("one"), &token.id).await.unwrap(), "it was revoked already");
    let left = f.items().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["count"], AttributeValue::N("0".to_owned()));
}

#[tokio::test]
async fn a_tenant_has_at_most_twenty_tokens_even_with_concurrent_requests() {
    let f = Fixture::new().await;
    let one = tenant("one");
    for n in 0..17 {
        f.create("one", "Early", n).await;
    }
    let create = || f.tokens.create(&one, "Concurrent", "user@example.com", at(START + 100));
    let results = join_all((0..8).map(|_| create())).await;
    let refused = results.iter().filter_map(|result| result.as_ref().err());
    assert!(refused.clone().all(|error| matches!(error, CreateTokenError::TooMany)), "{results:?}");
    assert_eq!((refused.count(), f.list("one").await.len()), (5, 20));
    f.create("two", "Another tenant's", 0).await;

    let oldest = &f.list("one").await[0];
    let revoked = join_all((0..3).map(|_| f.tokens.revoke(&one, &oldest.id))).await;
    assert_eq!(revoked.into_iter().filter(|revoked| *revoked.as_ref().unwrap()).count(), 1);
    create().await.unwrap();
    assert!(matches!(create().await, Err(CreateTokenError::TooMany)));
}

#[tokio::test]
async fn a_tokens_last_use_is_recorded_at_most_once_an_hour() {
    let f = Fixture::new().await;
    let (text, token) = f.create("one", "Reports", 0).await;
    for (used, recorded) in [(10, 10), (3_609, 10), (3_610, 3_610), (3_000, 3_610)] {
        f.tokens.touch(&f.find(&text).await.unwrap(), at(START + used)).await.unwrap();
        assert_eq!(f.list("one").await[0].last_used_at, Some(at(START + recorded)), "{used}");
    }
    let found = f.find(&text).await.unwrap();
    f.tokens.revoke(&tenant("one"), &token.id).await.unwrap();
    f.tokens.touch(&found, at(START + 90_000)).await.unwrap();
    assert_eq!(f.find(&text).await, None, "touching a revoked token does not recreate it");
}

//! Sessions that were ended before they expired.

use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::tests::{START, at};
use crate::{EndedSessions, TokenHash};

#[tokio::test]
async fn ending_a_session_is_idempotent_and_affects_no_other() {
    let tables = TestTables::start().await;
    let sessions = EndedSessions::new(tables.dynamodb.clone(), "ConsoleTable");
    let (ours, other) = (TokenHash::new("a-session-of-the-test"), TokenHash::new("another"));
    assert!(!sessions.has_ended(&ours).await.unwrap());
    for _ in 0..2 {
        sessions.end(&ours, at(START + 600)).await.unwrap();
        assert!(sessions.has_ended(&ours).await.unwrap() && !sessions.has_ended(&other).await.unwrap());
    }
    let stored = tables.dynamodb.scan().table_name("ConsoleTable").send().await.unwrap().items.unwrap();
    assert_eq!(
        (stored.len(), &stored[0]["expires_at"]),
        (1, &item::seconds(at(START + 600))),
        "DynamoDB deletes it when it expires"
    );
    assert!(!format!("{stored:?}").contains("a-session-of-the-test"));
}

#[tokio::test]
async fn an_unavailable_table_is_an_error() {
    let tables = TestTables::start().await;
    let sessions = EndedSessions::new(tables.dynamodb.clone(), "AnotherTable");
    assert!(sessions.has_ended(&TokenHash::new("a session")).await.is_err());
}

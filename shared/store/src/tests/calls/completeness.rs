//! Whether calls have a complete entry.

use rules::{Company, Settings, Unreadable, decide};

use crate::tests::{Fixture, START, at, do_nothing, document, ended, merge};
use crate::{Completeness, Merge};

#[tokio::test]
async fn a_call_is_complete_once_it_was_decided_about() {
    let f = Fixture::new().await;
    let put = async |id: u64, merge: Merge| {
        f.calls.merge(&f.tenant, &format!("call-{id}"), &merge, None, at(START)).await.unwrap();
    };
    put(1, merge(ended(1, START), &Settings::default())).await;
    put(2, merge(ended(2, START), &do_nothing())).await;
    put(3, merge(document("created", 3, START), &Settings::default())).await;
    let unreadable = Unreadable {
        key: "call-4".to_owned(),
        at: at(START),
        path: "data".to_owned(),
        reason: "is missing".to_owned(),
        bodies: [].into(),
        is_fetched: false,
        is_given_up: false,
    };
    let fetched = Unreadable { key: "call-6".to_owned(), is_fetched: true, ..unreadable.clone() };
    let company = Company { connected_since: Some(at(START + 3600)), ..Company::default() };
    for (id, document) in [(4, unreadable.into()), (5, ended(5, START).into()), (6, fetched.into())] {
        let decision = decide::decide(&document, &Settings::default(), &company, None);
        put(id, Merge { document, decision, expires_at: at(START) }).await;
    }
    let keys: Vec<String> = (1..=7).map(|id| format!("call-{id}")).collect();
    let known = f.calls.completeness(&f.tenant, &keys).await.unwrap();
    let expected = [
        Some(Completeness::Complete),
        Some(Completeness::Complete),
        Some(Completeness::Incomplete),
        Some(Completeness::Incomplete),
        Some(Completeness::BeforeConnection),
        Some(Completeness::Unreadable),
        None,
    ];
    assert_eq!(keys.iter().map(|key| known.get(key).copied()).collect::<Vec<_>>(), expected);
}

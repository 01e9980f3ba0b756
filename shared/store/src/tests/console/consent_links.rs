//! Links that connect a tenant's org.

use crate::test_tables::TestTables;
use crate::tests::{START, at};
use crate::{ConsentLink, ConsentLinks, TenantId, TokenHash};

fn link(text: &str) -> ConsentLink {
    ConsentLink { hash: TokenHash::new(text), made_by: "Ada Example".to_owned(), expires_at: at(START + 3_600) }
}

async fn store() -> (TestTables, ConsentLinks) {
    let tables = TestTables::start().await;
    let links = ConsentLinks::new(tables.dynamodb.clone(), "ConsoleTable");
    (tables, links)
}

#[tokio::test]
async fn a_tenant_has_one_link_which_a_new_one_replaces_and_which_expires() {
    let (_tables, links) = store().await;
    let [one, two] = ["one", "two"].map(|id| TenantId::parse(id).unwrap());
    let now = at(START + 3_599);
    assert_eq!(links.get(&one, now).await.unwrap(), None);
    for text in ["first", "second"] {
        links.put(&one, &link(text)).await.unwrap();
        assert_eq!(links.get(&one, now).await.unwrap(), Some(link(text)));
    }
    assert_eq!(links.get(&two, now).await.unwrap(), None);
    assert_eq!(links.get(&one, at(START + 3_600)).await.unwrap(), None);
    assert!(links.delete(&one).await.unwrap() && !links.delete(&one).await.unwrap());
    assert_eq!(links.get(&one, now).await.unwrap(), None);
}

#[tokio::test]
async fn only_the_hash_of_a_link_is_stored() {
    let (tables, links) = store().await;
    links.put(&TenantId::parse("one").unwrap(), &link("a-link-of-the-test")).await.unwrap();
    let stored = tables.dynamodb.scan().table_name("ConsoleTable").send().await.unwrap().items.unwrap();
    assert!(!format!("{stored:?}").contains("a-link-of-the-test"), "{stored:?}");
}

//! The pages of the activity log.

use super::{Fixture, tenant};
use crate::{Cursor, NotACursor, item};

fn keys(page: crate::Page) -> (Vec<String>, Option<Cursor>) {
    (page.entries.into_iter().map(|entry| entry.unwrap().key).collect(), page.next)
}

#[tokio::test]
async fn pages_are_newest_first_and_end() {
    let f = Fixture::new().await;
    for (id, after) in [(1, 0), (2, 30), (3, 10), (4, 20)] {
        f.ended(id, after).await;
    }
    let (first, next) = keys(f.calls.activity(&f.tenant, 2, None).await.unwrap());
    assert_eq!(first, ["call-2", "call-4"]);
    let cursor = Cursor::parse(&f.tenant, &next.unwrap().to_string()).unwrap();
    let (second, next) = keys(f.calls.activity(&f.tenant, 2, Some(&cursor)).await.unwrap());
    assert_eq!((second, next), (vec!["call-3".to_owned(), "call-1".to_owned()], None));
}

#[tokio::test]
async fn another_tenant_sees_nothing_and_its_cursor_is_refused() {
    let f = Fixture::new().await;
    f.ended(1, 0).await;
    f.ended(2, 10).await;
    let other = tenant("two");
    assert_eq!(keys(f.calls.activity(&other, 10, None).await.unwrap()), (vec![], None));
    let cursor = f.calls.activity(&f.tenant, 1, None).await.unwrap().next.unwrap().to_string();
    assert_eq!(Cursor::parse(&other, &cursor), Err(NotACursor));
}

#[tokio::test]
async fn a_damaged_entry_hides_no_other() {
    let f = Fixture::new().await;
    f.ended(1, 0).await;
    f.ended(2, 10).await;
    f.damage("call-2", "state", item::text("of a newer version")).await;
    let page = f.calls.activity(&f.tenant, 10, None).await.unwrap();
    assert_eq!(page.entries[0].as_ref().unwrap_err().key, "call-2");
    assert_eq!(page.entries[1].as_ref().unwrap().key, "call-1");
}

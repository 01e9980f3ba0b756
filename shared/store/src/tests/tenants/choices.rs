//! What an admin chose from the connected org.

use rules::{SalesforceId, StatusChoice};

use super::one;
use crate::test_tables::TestTables;
use crate::tests::tenant;
use crate::{Tenant, Tenants};

fn user(text: &str) -> SalesforceId {
    SalesforceId::parse(text).unwrap()
}

fn statuses() -> StatusChoice {
    StatusChoice { completed: Some("Closed".to_owned()), in_progress: None }
}

#[tokio::test]
async fn choices_are_read_back_and_replaced_one_by_one() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let id = tenant("one");
    assert!(!tenants.set_statuses(&id, &statuses()).await.unwrap());
    assert!(!tenants.set_user(&id, 7, Some(&user("005000000000001"))).await.unwrap());
    assert_eq!(tenants.get(&id).await.unwrap(), None, "no tenant is created");
    tenants.create(&id, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(tenants.set_statuses(&id, &statuses()).await.unwrap());
    for (aircall, chosen) in [(7, Some("005000000000001")), (8, Some("005000000000002")), (7, None), (9, None)] {
        assert!(tenants.set_user(&id, aircall, chosen.map(user).as_ref()).await.unwrap());
    }
    let read = tenants.get(&id).await.unwrap().unwrap();
    assert_eq!((read.statuses, read.users), (statuses(), [(8, user("005000000000002"))].into()));
}

#[tokio::test]
async fn choices_end_with_their_org() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let before = Tenant { statuses: statuses(), users: [(7, user("005000000000001"))].into(), ..one() };
    tenants.put(&before).await.unwrap();
    let same = before.salesforce.clone().unwrap();
    tenants.connect_salesforce(&before.id, &same).await.unwrap();
    assert_eq!(tenants.get(&before.id).await.unwrap(), Some(before.clone()));
    let other = crate::Connection { org_id: "00D000000000002AAA".to_owned(), ..same };
    tenants.connect_salesforce(&before.id, &other).await.unwrap();
    let read = tenants.get(&before.id).await.unwrap().unwrap();
    assert_eq!((read.statuses, read.users.len()), (StatusChoice::default(), 0));
}

#[tokio::test]
async fn copied_choices_replace_only_those_of_their_kind() {
    let tables = TestTables::start().await;
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let [ours, theirs] = ["005000000000001", "005000000000002"].map(|id| [(7, user(id))].into());
    let before = Tenant { statuses: statuses(), users: ours, ..one() };
    tenants.put(&before).await.unwrap();
    let read = async || tenants.get(&before.id).await.unwrap().unwrap();
    assert!(tenants.set_choices(&before.id, &StatusChoice::default(), &[].into()).await.unwrap());
    assert_eq!(read().await, before);
    assert!(tenants.set_choices(&before.id, &StatusChoice::default(), &theirs).await.unwrap());
    assert_eq!(read().await, Tenant { users: theirs, ..before.clone() });
    assert!(!tenants.set_choices(&tenant("other"), &statuses(), &[].into()).await.unwrap());
    assert_eq!(tenants.get(&tenant("other")).await.unwrap(), None);
}

//! What was gathered of messages, beside the entries.

use rules::{DeliveryState, MessageEvent, MessageId, MessageSnapshot};

use super::{Fixture, START, at};
use crate::{Gathered, MergeError, Places};

fn gathered() -> Gathered {
    let snapshot = MessageSnapshot {
        event: MessageEvent::StatusUpdated,
        at: at(START),
        id: MessageId::new("7"),
        is_group: false,
        direction: None,
        sent_at: None,
        created_at: None,
        channel: None,
        number: None,
        party: None,
        is_contacts_party: false,
        participants: std::collections::BTreeSet::new(),
        user: None,
        contact: None,
        text: None,
        media: Vec::new(),
        state: Some(DeliveryState("sent".to_owned())),
    };
    let id = snapshot.id.clone();
    Gathered { document: snapshot.into(), places: Places::from([(id, None)]) }
}

#[tokio::test]
async fn it_is_written_under_the_version_that_was_read_and_is_no_entry() {
    let f = Fixture::new().await;
    let (id, later) = (MessageId::new("7"), at(START + 86_400));
    assert_eq!(f.calls.gathered(&f.tenant, &id).await.unwrap(), None);
    f.calls.gather(&f.tenant, &gathered(), None, later).await.unwrap();
    assert_eq!(f.calls.gathered(&f.tenant, &id).await.unwrap(), Some((gathered(), 1)));
    for stale in [None, Some(2)] {
        let refused = f.calls.gather(&f.tenant, &gathered(), stale, later).await;
        assert!(matches!(refused, Err(MergeError::Conflict)), "{refused:?}");
    }
    f.calls.gather(&f.tenant, &gathered(), Some(1), later).await.unwrap();
    assert_eq!(f.calls.gathered(&f.tenant, &id).await.unwrap(), Some((gathered(), 2)));
    assert_eq!(f.calls.get(&f.tenant, "gathered-message-7").await.unwrap(), None);
    assert!(f.calls.activity(&f.tenant, 10, None).await.unwrap().entries.is_empty());
}

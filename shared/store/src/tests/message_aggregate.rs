//! What was gathered of messages, beside the entries.

use rules::{DeliveryState, MessageEvent, MessageId, MessageSnapshot};

use super::{Fixture, START, at};
use crate::{MergeError, MessageAggregate, Routes};

fn gathered() -> MessageAggregate {
    let snapshot = MessageSnapshot {
        event: MessageEvent::StatusUpdated,
        at: at(START),
        id: MessageId::new("7"),
        is_group: false,
        direction: None,
        sent_at: None,
        created_at: None,
        channel: None,
        line: None,
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
    MessageAggregate { document: snapshot.into(), routes: Routes::from([(id, None)]) }
}

#[tokio::test]
async fn it_is_written_under_the_version_that_was_read_and_is_no_entry() {
    let f = Fixture::new().await;
    let (id, later) = (MessageId::new("7"), at(START + 86_400));
    assert_eq!(f.calls.message_aggregate(&f.tenant, &id).await.unwrap(), None);
    f.calls.put_message_aggregate(&f.tenant, &gathered(), None, later).await.unwrap();
    assert_eq!(f.calls.message_aggregate(&f.tenant, &id).await.unwrap(), Some((gathered(), 1)));
    for stale in [None, Some(2)] {
        let refused = f.calls.put_message_aggregate(&f.tenant, &gathered(), stale, later).await;
        assert!(matches!(refused, Err(MergeError::Conflict)), "{refused:?}");
    }
    f.calls.put_message_aggregate(&f.tenant, &gathered(), Some(1), later).await.unwrap();
    assert_eq!(f.calls.message_aggregate(&f.tenant, &id).await.unwrap(), Some((gathered(), 2)));
    assert_eq!(f.calls.get(&f.tenant, "gathered-message-7").await.unwrap(), None);
    assert!(f.calls.activity(&f.tenant, 10, None).await.unwrap().entries.is_empty());
}

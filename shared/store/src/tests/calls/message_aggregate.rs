//! Message aggregates.

use rules::{DeliveryState, MessageEvent, MessageId, MessageSnapshot};

use crate::tests::{Fixture, START, at};
use crate::{MergeError, MessageAggregate, Routes};

pub(in crate::tests) fn aggregate() -> MessageAggregate {
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
async fn an_aggregate_is_written_with_optimistic_locking_and_is_not_an_entry() {
    let f = Fixture::new().await;
    let (id, expires_at) = (MessageId::new("7"), at(START + 86_400));
    assert_eq!(f.calls.message_aggregate(&f.tenant, &id).await.unwrap(), None);
    f.calls.put_message_aggregate(&f.tenant, &aggregate(), None, expires_at).await.unwrap();
    assert_eq!(f.calls.message_aggregate(&f.tenant, &id).await.unwrap(), Some((aggregate(), 1)));
    for stale in [None, Some(2)] {
        let refused = f.calls.put_message_aggregate(&f.tenant, &aggregate(), stale, expires_at).await;
        assert!(matches!(refused, Err(MergeError::Conflict)), "{refused:?}");
    }
    f.calls.put_message_aggregate(&f.tenant, &aggregate(), Some(1), expires_at).await.unwrap();
    assert_eq!(f.calls.message_aggregate(&f.tenant, &id).await.unwrap(), Some((aggregate(), 2)));
    assert_eq!(f.calls.get(&f.tenant, "gathered-message-7").await.unwrap(), None);
    assert!(f.calls.activity(&f.tenant, 10, None).await.unwrap().entries.is_empty());
}

//! Merging the events of a message, and the messages that they yield.

use super::*;

/// Snapshots that contradict each other in any field, even for one event at the same time, and omit optional fields.
fn any_snapshot() -> impl Strategy<Value = MessageSnapshot> {
    let state = prop_oneof!["sent", "delivered", "failed", "odd"];
    (0u8..3, 0i64..3, any::<bool>(), proptest::option::of(state), proptest::option::of("[ab]"), any::<bool>()).prop_map(
        |(event, second, is_complete, state, text, inbound)| MessageSnapshot {
            event: [MessageEvent::Received, MessageEvent::Sent, MessageEvent::StatusUpdated][usize::from(event)],
            at: received().at + SignedDuration::from_secs(second),
            direction: is_complete.then_some(if inbound { Direction::Inbound } else { Direction::Outbound }),
            party: is_complete.then(|| phone(if inbound { "+33612345678" } else { "+14155550132" })),
            is_contacts_party: second == 1,
            user: text.as_ref().map(|text| User { id: None, name: Some(text.clone()), email: state.clone() }),
            participants: text.iter().map(|text| Party::Unusable(text.clone())).collect(),
            line: received().line.filter(|_| is_complete),
            state: state.map(DeliveryState),
            text,
            ..received()
        },
    )
}

proptest! {
    #[test]
    fn merging_is_commutative_associative_and_idempotent(a in any_snapshot(), b in any_snapshot(), c in any_snapshot()) {
        let [a, b, c] = [a, b, c].map(MessageDocument::from);
        prop_assert_eq!(a.clone().merge(b.clone()), b.clone().merge(a.clone()));
        prop_assert_eq!(a.clone().merge(b.clone()).merge(c.clone()), a.clone().merge(b.merge(c)));
        prop_assert_eq!(a.clone().merge(a.clone()), a);
    }

    #[test]
    fn any_order_with_duplicates_gives_the_same_message(
        order in Just(vec![0usize, 1, 2, 3]).prop_shuffle(),
        duplicates in proptest::collection::vec(0usize..4, 0..6),
    ) {
        let events = [received(), status("sent", 0), status("delivered", 0), status("read", 9)];
        let shuffled: Vec<_> = order.into_iter().chain(duplicates).map(|index| events[index].clone()).collect();
        prop_assert_eq!(merged(&shuffled), merged(&events));
        prop_assert_eq!(messages_of(&merged(&shuffled))[0].state.clone(), Some(DeliveryState("read".to_owned())));
    }

    #[test]
    fn documents_round_trip(snapshots in proptest::collection::vec(any_snapshot(), 1..5)) {
        let document = merged(&snapshots);
        let stored = serde_json::to_string(&document).unwrap();
        prop_assert_eq!(serde_json::from_str::<MessageDocument>(&stored).unwrap(), document);
        let document = Document::Messages(conversation([(nth(1), 3), (nth(2), 4)]));
        let stored = serde_json::to_value(&document).unwrap();
        prop_assert_eq!(Document::from_stored(stored, at("2026-03-23T10:00:00Z")).unwrap(), document);
    }
}

#[test]
fn a_status_update_with_only_a_state_waits_for_its_message() {
    assert_eq!(messages_of(&merged(&[status("delivered", 5)])), []);
    let message = messages_of(&merged(&[status("delivered", -1), received()])).remove(0);
    assert_eq!((message.text.as_deref(), message.state.unwrap().0.as_str()), (Some("Hello\nthere"), "received"));
    assert_eq!(message.sent_at, received().created_at.unwrap());
}

#[test]
fn a_complete_status_update_counts_as_the_message() {
    let complete = MessageSnapshot { event: MessageEvent::StatusUpdated, ..received() };
    assert_eq!(messages_of(&merged(&[complete])), [message()]);
}

#[test]
fn a_received_event_with_only_an_id_is_still_a_message() {
    let bare = MessageSnapshot { event: MessageEvent::Received, ..status("odd", 0) };
    let message = messages_of(&merged(&[bare])).remove(0);
    assert_eq!((message.direction, message.party), (Direction::Inbound, Party::Anonymous));
    assert_eq!((message.sent_at, message.line.label().as_str()), (received().at, "Aircall"));
}

#[test]
fn an_abridged_event_erases_nothing_in_either_order() {
    let ada = User { id: Some(7), name: Some("Ada Demo".to_owned()), email: Some("ada@example.com".to_owned()) };
    let complete = MessageSnapshot { user: Some(ada.clone()), ..received() };
    let line = complete.line.clone().unwrap();
    let abridged = MessageSnapshot {
        event: MessageEvent::StatusUpdated,
        at: complete.at + SignedDuration::from_secs(9),
        line: Some(Line { name: None, digits: None, time_zone: None, open: None, ..line.clone() }),
        party: Some(phone("+14155550132")),
        is_contacts_party: true,
        user: Some(User { name: None, email: None, ..ada.clone() }),
        ..received()
    };
    let unusable = MessageSnapshot {
        party: Some(Party::Unusable("33612345678".to_owned())),
        is_contacts_party: false,
        ..abridged.clone()
    };
    for later in [abridged, unusable] {
        for order in [[complete.clone(), later.clone()], [later, complete.clone()]] {
            let message = messages_of(&merged(&order)).remove(0);
            assert_eq!((&message.line, &message.party), (&line, &phone("+33612345678")));
            assert_eq!(message.user.as_ref(), Some(&ada));
        }
    }
}

#[test]
fn a_group_message_yields_one_message_for_each_external_participant() {
    let ours = received().line.unwrap().digits.unwrap();
    let participants = ["+33612345678", "+14155550132", &ours].map(phone).into();
    let snapshot = MessageSnapshot { is_group: true, participants, ..received() };
    let messages = messages_of(&merged(&[snapshot]));
    let to: Vec<String> = messages.iter().map(|message| message.party.phone().unwrap().to_string()).collect();
    assert_eq!(to, ["+14155550132", "+33612345678"]);
    assert_eq!(messages.iter().map(|message| &message.id).collect::<BTreeSet<_>>().len(), 2);
    let [other, writer] = [&messages[0], &messages[1]].map(|message| task(message.clone()));
    assert_eq!(writer.subject, "SMS received from Grace Example to Product line");
    assert_eq!(other.subject, "SMS received from +33 6 12 34 56 78 to Product line");
    assert!(other.description.contains("Group: +1 415-555-0132, +33 6 12 34 56 78"), "{}", other.description);
}

#[test]
fn ids_of_group_messages_hold_keyed_digests() {
    let participants = ["+33612345678", "+14155550132"].map(phone).into();
    let group = merged(&[MessageSnapshot { is_group: true, participants, ..received() }]);
    let ids = |key: [u8; 32]| {
        let messages = group.messages(&DigestKey::new(key), &OwnLines::default(), |_| false);
        messages.into_iter().map(|message| message.id)
    };
    let own: BTreeSet<MessageId> = ids([7; 32]).collect();
    assert!(own.iter().all(|id| id.as_str().starts_with("1774260000123abc-x") && id.as_str().len() == 33), "{own:?}");
    assert!(ids([8; 32]).all(|id| !own.contains(&id)));
}

#[test]
fn a_group_message_that_has_an_entry_under_its_former_id_keeps_it() {
    let former = MessageId::new("1774260000123abc-x5a1b1d8b3b7c6e");
    let participants = ["+33612345678", "+14155550132"].map(phone).into();
    let group = merged(&[MessageSnapshot { is_group: true, participants, ..received() }]);
    let asked = std::cell::RefCell::new(Vec::new());
    let first = |id: &MessageId| {
        asked.borrow_mut().push(id.clone());
        asked.borrow().len() == 1
    };
    let messages = group.messages(&key(), &OwnLines::default(), first);
    let former_ids: Vec<MessageId> = asked.into_inner();
    assert!(former_ids.iter().all(|id| id.as_str().len() == former.as_str().len()), "{former_ids:?}");
    assert_eq!(messages[0].id, former_ids[0]);
    assert_ne!(messages[1].id, former_ids[1]);
}

/// A group message as Aircall documents it: without line, direction and other party.
fn group_of(event: MessageEvent, participants: &[&str]) -> MessageSnapshot {
    MessageSnapshot {
        event,
        is_group: true,
        direction: None,
        line: None,
        party: None,
        state: None,
        participants: participants.iter().map(|text| phone(text)).collect(),
        ..received()
    }
}

const OURS: &str = "+12025550147";
const THEIRS: [&str; 2] = ["+13105550193", "+16465550112"];

fn own_lines() -> OwnLines {
    [OURS, "+12025550148"].into_iter().map(|text| E164::parse(text).unwrap()).collect()
}

/// Whom the messages of a group message are to, or from.
fn parties(group: &MessageDocument, is_known: impl Fn(&MessageId) -> bool) -> Vec<String> {
    let messages = group.messages(&key(), &own_lines(), is_known);
    messages.iter().map(|message| message.party.phone().unwrap().to_string()).collect()
}

#[test]
fn own_lines_are_no_participants_of_a_group_and_its_line_and_direction_need_not_be_known() {
    for (event, state, direction) in [
        (MessageEvent::Received, None, Direction::Inbound),
        (MessageEvent::Sent, None, Direction::Outbound),
        (MessageEvent::StatusUpdated, Some("delivered"), Direction::Outbound),
        (MessageEvent::StatusUpdated, Some("received"), Direction::Inbound),
    ] {
        let state = state.map(|state| DeliveryState(state.to_owned()));
        let group = merged(&[MessageSnapshot { state, ..group_of(event, &[THEIRS[0], OURS, THEIRS[1]]) }]);
        assert_eq!(parties(&group, |_| false), THEIRS, "{event:?}");
        let messages = group.messages(&key(), &own_lines(), |_| false);
        assert!(messages.iter().all(|message| message.direction == direction && message.group.len() == 2), "{event:?}");
    }
    let untold = MessageSnapshot { text: None, ..group_of(MessageEvent::StatusUpdated, &THEIRS) };
    assert_eq!(parties(&merged(&[untold]), |_| false), [""; 0], "the message is not known yet");
}

#[test]
fn a_group_of_own_lines_only_is_internal() {
    let group = merged(&[group_of(MessageEvent::Received, &[OURS, "+12025550148"])]);
    assert_eq!(parties(&group, |_| false), [OURS, "+12025550148"]);
    let settings = Settings { internal_calls: InternalCalls::DoNothing, ..Settings::default() };
    for message in group.messages(&key(), &own_lines(), |_| false) {
        let document = Document::Messages(Messages::from_message(message, 0, None));
        let company = Company { own_lines: own_lines(), connected_since: None };
        let verdict = decide(&document, &settings, &company, None).unwrap().verdict;
        assert_eq!(verdict, Verdict::Skip(SkipReason::InternalCall));
    }
}

#[test]
fn an_own_line_that_was_taken_for_a_participant_keeps_its_entry() {
    let group = merged(&[group_of(MessageEvent::Received, &[OURS, THEIRS[0]])]);
    let routed: BTreeSet<MessageId> = messages_of(&group).into_iter().map(|message| message.id).collect();
    assert_eq!(parties(&group, |id| routed.contains(id)), [OURS, THEIRS[0]]);
    assert_eq!(parties(&group, |_| false), [THEIRS[0]]);
}

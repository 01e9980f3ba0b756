//! Merging the events of a call does not depend on their order or on how often each is delivered.

use proptest::prelude::*;
use rules::{CallDocument, CallEvent, CallType, Comment, Snapshot, Tag};

use crate::support::{Timestamp, call};

/// The events of one voicemail call, as Aircall sends them, with a tag that is removed again and a late comment.
fn events() -> Vec<Snapshot> {
    let complete = call(CallType::Voicemail);
    let start = complete.started_at.as_second();
    let snapshot = |event, after: i64, change: &dyn Fn(&mut rules::Call)| {
        let mut call = complete.clone();
        call.voicemail = None;
        call.ended_at = (after >= 15).then(|| complete.ended_at.unwrap());
        change(&mut call);
        Snapshot { event, at: Timestamp::from_second(start + after).unwrap(), call }
    };
    let tag = |call: &mut rules::Call| call.tags = vec![Tag { name: "Callback".to_owned() }];
    let voicemail = |call: &mut rules::Call| {
        call.voicemail = Some("https://media.example.com/v.mp3".to_owned());
        call.asset = Some("https://assets.example.com/calls/7001/voicemail".to_owned());
    };
    vec![
        snapshot(CallEvent::Created, 0, &|call| call.line.open = Some(false)),
        snapshot(CallEvent::RingingOnAgent, 1, &|_| {}),
        snapshot(CallEvent::Hungup, 15, &|_| {}),
        snapshot(CallEvent::Tagged, 17, &tag),
        snapshot(CallEvent::Ended, 45, &|call| {
            tag(call);
            voicemail(call);
        }),
        snapshot(CallEvent::VoicemailLeft, 45, &|call| {
            tag(call);
            voicemail(call);
        }),
        snapshot(CallEvent::Untagged, 60, &|_| {}),
        snapshot(CallEvent::Commented, 102, &|call| {
            call.comments = vec![Comment { content: "Rang back".to_owned(), posted_at: None, posted_by: None }];
        }),
    ]
}

fn merged(snapshots: &[Snapshot]) -> CallDocument {
    snapshots.iter().cloned().map(CallDocument::from).reduce(CallDocument::merge).unwrap()
}

/// Snapshots that contradict each other in any field, even for one event within one second.
fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    (0usize..8, 0i64..3, any::<Option<bool>>(), "[ab]?", any::<bool>()).prop_map(
        |(event, second, open, text, answered)| {
            let mut snapshot = events()[event].clone();
            snapshot.at = Timestamp::from_second(1_774_260_000 + second).unwrap();
            snapshot.call.line.open = open;
            snapshot.call.voicemail = (!text.is_empty()).then(|| text.clone());
            snapshot.call.answered_at = answered.then_some(snapshot.call.started_at);
            snapshot.call.user = answered.then_some(rules::User { id: None, name: Some(text), email: None });
            snapshot
        },
    )
}

proptest! {
    #[test]
    fn any_order_with_duplicates_gives_the_same_call(
        order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        duplicates in proptest::collection::vec(0usize..8, 0..12),
    ) {
        let events = events();
        let shuffled: Vec<Snapshot> = order.into_iter().chain(duplicates).map(|index| events[index].clone()).collect();
        prop_assert_eq!(merged(&shuffled), merged(&events));
    }

    #[test]
    fn merging_is_commutative_associative_and_idempotent(a in any_snapshot(), b in any_snapshot(), c in any_snapshot()) {
        let [a, b, c] = [a, b, c].map(CallDocument::from);
        prop_assert_eq!(a.clone().merge(b.clone()), b.clone().merge(a.clone()));
        prop_assert_eq!(a.clone().merge(b.clone()).merge(c.clone()), a.clone().merge(b.merge(c)));
        prop_assert_eq!(a.clone().merge(a.clone()), a);
    }

    #[test]
    fn a_document_round_trips(snapshots in proptest::collection::vec(any_snapshot(), 1..5)) {
        let document = merged(&snapshots);
        let stored = serde_json::to_string(&document).unwrap();
        prop_assert_eq!(serde_json::from_str::<CallDocument>(&stored).unwrap(), document);
    }
}

#[test]
fn the_newest_snapshot_wins_and_urls_once_reported_are_kept() {
    let call = merged(&events()).call();
    assert_eq!(call.tags, []);
    assert_eq!(call.comments.len(), 1);
    assert_eq!(call.asset.as_deref(), Some("https://assets.example.com/calls/7001/voicemail"));
    assert_eq!(CallType::classify(&call), CallType::Voicemail);
}

#[test]
fn whether_the_line_was_open_is_taken_from_the_first_event() {
    assert_eq!(merged(&events()).call().line.open, Some(false));
}

#[test]
fn a_voicemail_reported_without_its_url_still_counts() {
    let mut left = events()[5].clone();
    left.call.voicemail = None;
    left.call.asset = None;
    assert_eq!(CallType::classify(&CallDocument::from(left).call()), CallType::Voicemail);
}

#[test]
fn a_ringing_agent_is_not_the_user_of_the_call() {
    let mut ringing = events()[1].clone();
    ringing.call.user = call(CallType::InboundAnswered).user;
    assert_eq!(CallDocument::from(ringing).call().user, None);
}

#[test]
fn a_later_event_without_the_user_does_not_erase_it() {
    let answered = call(CallType::InboundAnswered);
    let at = |seconds| Timestamp::from_second(answered.started_at.as_second() + seconds).unwrap();
    let ended = Snapshot { event: CallEvent::Ended, at: at(145), call: answered.clone() };
    let archived =
        Snapshot { event: CallEvent::Archived, at: at(9000), call: rules::Call { user: None, ..answered.clone() } };
    assert_eq!(merged(&[archived, ended]).call().user, answered.user);
}

#[test]
fn a_later_event_without_the_phone_number_or_end_does_not_erase_them() {
    let ended = events()[4].clone();
    let mut later = events()[7].clone();
    later.call.party = rules::Party::Anonymous;
    later.call.ended_at = None;
    let call = merged(&[later, ended.clone()]).call();
    assert_eq!((call.party, call.ended_at), (ended.call.party, ended.call.ended_at));
}

//! The subscribed events.

use std::collections::BTreeSet;

use aircall::EVENTS;
use aircall::webhook::is_of_interest;

#[test]
fn exactly_the_processed_events_are_subscribed() {
    for event in aircall_sandbox::EVENTS {
        assert_eq!(EVENTS.contains(event), is_of_interest(event), "{event}");
    }
}

#[test]
fn subscribed_events_exist_and_are_listed_once() {
    let known: BTreeSet<&str> = aircall_sandbox::EVENTS.iter().copied().collect();
    let ours: BTreeSet<&str> = EVENTS.iter().copied().collect();
    assert_eq!(ours.len(), EVENTS.len());
    assert!(ours.is_subset(&known), "{:?}", ours.difference(&known));
}

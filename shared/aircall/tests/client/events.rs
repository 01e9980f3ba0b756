//! The events that we subscribe to.

use std::collections::BTreeSet;

use aircall::EVENTS;
use aircall::webhook::is_of_interest;

#[test]
fn we_subscribe_to_what_we_read_and_to_nothing_else() {
    for event in aircall_sandbox::EVENTS {
        assert_eq!(EVENTS.contains(event), is_of_interest(event), "{event}");
    }
}

#[test]
fn aircall_knows_each_of_them_once() {
    let known: BTreeSet<&str> = aircall_sandbox::EVENTS.iter().copied().collect();
    let ours: BTreeSet<&str> = EVENTS.iter().copied().collect();
    assert_eq!(ours.len(), EVENTS.len());
    assert!(ours.is_subset(&known), "{:?}", ours.difference(&known));
}

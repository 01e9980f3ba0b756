//! The subscribed events.

use std::collections::BTreeSet;

use aircall::webhook::is_of_interest;
use aircall::{EVENTS, brings};

/// Events that are processed if they come unasked.
const UNASKED: [&str; 8] = [
    "call.ringing_on_agent",
    "call.agent_declined",
    "call.unsuccessful_transfer",
    "call.hungup",
    "call.hold",
    "call.unhold",
    "call.ivr_option_selected",
    "call.archived",
];

#[test]
fn the_subscribed_events_and_those_that_come_unasked_are_processed() {
    for event in aircall_sandbox::EVENTS {
        assert_eq!(EVENTS.contains(event) || UNASKED.contains(event), is_of_interest(event), "{event}");
    }
}

#[test]
fn subscribed_events_exist_and_are_listed_once() {
    let known: BTreeSet<&str> = aircall_sandbox::EVENTS.iter().copied().collect();
    let ours: BTreeSet<&str> = EVENTS.iter().copied().collect();
    assert_eq!(ours.len(), EVENTS.len());
    assert!(ours.is_subset(&known), "{:?}", ours.difference(&known));
    assert!(UNASKED.iter().all(|event| !ours.contains(event)));
}

#[test]
fn each_subscribed_event_brings_something_and_the_documentation_lists_it() {
    let documentation = include_str!("../../../../docs/aircall-events.md");
    let rows: Vec<&str> = documentation.lines().filter(|line| line.starts_with("| `")).collect();
    let row = |event: &str| rows.iter().find(|row| row.contains(&format!("`{event}`"))).copied();
    for event in aircall_sandbox::EVENTS {
        let is_listed = row(event).is_some_and(|row| row.contains("| yes |") || row.contains("| if granted |"));
        assert_eq!(is_listed, EVENTS.contains(event), "{event}");
        assert_eq!(brings(event).is_some(), EVENTS.contains(event), "{event}");
    }
    for event in UNASKED {
        assert!(row(event).is_some_and(|row| row.contains("| no |")), "{event}");
    }
}

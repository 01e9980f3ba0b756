//! The scenario is complete and in order.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::{Scenario, Step, last_working_day};

#[test]
fn the_last_working_day_is_never_on_a_weekend() {
    assert_eq!(last_working_day(date(2026, 3, 9)), date(2026, 3, 6));
    assert_eq!(last_working_day(date(2026, 3, 8)), date(2026, 3, 6));
    assert_eq!(last_working_day(date(2026, 3, 6)), date(2026, 3, 5));
}

#[test]
fn ids_are_unique_within_a_day_and_across_days() {
    let keys =
        |scenario: Scenario| scenario.scenes.iter().map(|scene| scene.interaction.key()).collect::<BTreeSet<_>>();
    let (one, other) = (keys(Scenario::on(date(2026, 3, 5)).unwrap()), keys(Scenario::on(date(2026, 3, 6)).unwrap()));
    assert_eq!(one.len(), Scenario::on(date(2026, 3, 5)).unwrap().scenes.len());
    assert!(one.is_disjoint(&other));
}

#[test]
fn the_timeline_is_in_order_and_has_every_event() {
    let scenario = Scenario::on(date(2026, 3, 6)).unwrap();
    let timeline = scenario.timeline();
    assert!(timeline.is_sorted_by_key(|(at, _)| *at));
    assert!(matches!(timeline[0].1, Step::Change(_)), "settings come before the first call");
    let mut events = 0;
    for (_, step) in &timeline {
        events += match step {
            Step::Change(_) => 0,
            Step::Begin(scenes) => scenes.iter().map(|scene| distinct(scene.webhooks())).sum(),
            Step::LateEvent(..) => 1,
        };
    }
    assert_eq!(events, scenario.scenes.iter().map(|scene| scene.interaction.events().len()).sum::<usize>());
}

fn distinct(bodies: Vec<serde_json::Value>) -> usize {
    bodies.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len()
}

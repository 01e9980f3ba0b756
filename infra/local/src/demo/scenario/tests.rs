//! The day holds what a day is to hold.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::{Happening, Scenario, last_working_day};

#[test]
fn before_monday_there_is_friday() {
    assert_eq!(last_working_day(date(2026, 3, 9)), date(2026, 3, 6));
    assert_eq!(last_working_day(date(2026, 3, 8)), date(2026, 3, 6));
    assert_eq!(last_working_day(date(2026, 3, 6)), date(2026, 3, 5));
}

#[test]
fn every_call_has_an_id_of_its_own_and_of_its_day() {
    let keys =
        |scenario: Scenario| scenario.scenes.iter().map(|scene| scene.interaction.key()).collect::<BTreeSet<_>>();
    let (one, other) = (keys(Scenario::on(date(2026, 3, 5)).unwrap()), keys(Scenario::on(date(2026, 3, 6)).unwrap()));
    assert_eq!(one.len(), Scenario::on(date(2026, 3, 5)).unwrap().scenes.len());
    assert!(one.is_disjoint(&other));
}

#[test]
fn the_day_is_told_in_order_and_misses_nothing() {
    let scenario = Scenario::on(date(2026, 3, 6)).unwrap();
    let timeline = scenario.timeline();
    assert!(timeline.is_sorted_by_key(|(at, _)| *at));
    assert!(matches!(timeline[0].1, Happening::Change(_)), "settings come before the first call");
    let mut told = 0;
    for (_, happening) in &timeline {
        told += match happening {
            Happening::Change(_) => 0,
            Happening::Begin(scenes) => scenes.iter().map(|scene| distinct(scene.webhooks())).sum(),
            Happening::Afterthought(..) => 1,
        };
    }
    assert_eq!(told, scenario.scenes.iter().map(|scene| scene.interaction.events().len()).sum::<usize>());
}

fn distinct(bodies: Vec<serde_json::Value>) -> usize {
    bodies.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len()
}

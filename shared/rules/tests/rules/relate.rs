//! Relating the Tasks of Contacts to their most recently updated open Case or Opportunity.

use rules::relate::{Related, RelatedKind, Relation, relate};
use rules::settings::{RelateTo, Settings};
use rules::{RecordKind, Topic, Trace};

use crate::support::{at, salesforce_id};

fn related(kind: RelatedKind, id: &str, is_closed: bool, last_modified: &str) -> Related {
    Related {
        kind,
        id: salesforce_id(id),
        name: format!("No. {id}"),
        is_closed,
        last_modified: Some(at(last_modified)),
    }
}

fn settings(relate_to: RelateTo, create_case_if_none: bool) -> Settings {
    Settings { relate_to, create_case_if_none, ..Settings::default() }
}

fn found() -> Vec<Related> {
    vec![
        related(RelatedKind::Case, "old", false, "2026-03-01T00:00:00Z"),
        related(RelatedKind::Case, "new", false, "2026-03-02T00:00:00Z"),
        related(RelatedKind::Case, "closed", true, "2026-03-03T00:00:00Z"),
        related(RelatedKind::Opportunity, "deal", false, "2026-03-01T00:00:00Z"),
        related(RelatedKind::Opportunity, "won", true, "2026-03-02T00:00:00Z"),
    ]
}

#[track_caller]
fn check(settings: &Settings, kind: RecordKind, found: Vec<Related>, expected: Option<&str>) -> Trace {
    let mut trace = Trace::new();
    match relate(settings, kind, found, &mut trace) {
        Relation::Existing(related) => assert_eq!(Some(related.id), expected.map(salesforce_id)),
        Relation::NewCase => assert_eq!(Some("new case"), expected),
        Relation::Nothing => assert_eq!(None, expected),
    }
    trace
}

#[test]
fn the_most_recently_updated_open_record_of_the_configured_kind_wins() {
    check(&settings(RelateTo::Case, false), RecordKind::Contact, found(), Some("new"));
    check(&settings(RelateTo::Opportunity, false), RecordKind::Contact, found(), Some("deal"));
    check(&settings(RelateTo::Nothing, false), RecordKind::Contact, found(), None);
}

#[test]
fn closed_records_are_ignored() {
    let closed = vec![related(RelatedKind::Case, "closed", true, "2026-03-03T00:00:00Z")];
    check(&settings(RelateTo::Case, false), RecordKind::Contact, closed.clone(), None);
    check(&settings(RelateTo::Case, true), RecordKind::Contact, closed, Some("new case"));
}

#[test]
fn an_opportunity_is_never_created() {
    check(&settings(RelateTo::Opportunity, false), RecordKind::Contact, Vec::new(), None);
}

#[test]
fn only_contacts_are_related_and_the_trace_says_so() {
    for kind in [RecordKind::Lead, RecordKind::Account, RecordKind::PersonAccount] {
        let trace = check(&settings(RelateTo::Case, true), kind, found(), None);
        let finding = trace.finding(Topic::Relation).unwrap();
        assert!(finding.contains("Only calls of a Contact") && finding.contains(&kind.to_string()), "{finding}");
    }
}

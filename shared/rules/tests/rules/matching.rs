//! Contact before Lead before Account before Person Account; the latest of a kind.

use rules::matching::{Candidate, choose};
use rules::{E164, RecordKind, Topic, Trace};

use crate::support::candidate;

const NUMBER: &str = "+33612345678";

#[track_caller]
fn check(candidates: &[Candidate], expected: Option<&str>) -> Trace {
    let mut trace = Trace::new();
    let chosen = choose(&E164::parse(NUMBER).unwrap(), candidates, &mut trace);
    assert_eq!(chosen.map(|candidate| candidate.record.id.as_str()), expected);
    trace
}

#[test]
fn the_priority_holds_whatever_was_updated_last() {
    let all = [
        candidate(RecordKind::PersonAccount, "person", NUMBER, "2026-03-04T00:00:00Z"),
        candidate(RecordKind::Account, "account", NUMBER, "2026-03-03T00:00:00Z"),
        candidate(RecordKind::Lead, "lead", NUMBER, "2026-03-02T00:00:00Z"),
        candidate(RecordKind::Contact, "contact", NUMBER, "2026-03-01T00:00:00Z"),
    ];
    let trace = check(&all, Some("contact"));
    let finding = "The number is that of the Contact Record contact; 3 records of a lower priority also have it.";
    assert_eq!(trace.finding(Topic::Record), Some(finding));
    check(&all[..3], Some("lead"));
    check(&all[..2], Some("account"));
    check(&all[..1], Some("person"));
    check(&[], None);
}

#[test]
fn of_two_contacts_the_later_update_wins() {
    let mut two = vec![
        candidate(RecordKind::Contact, "old", NUMBER, "2026-03-01T00:00:00Z"),
        candidate(RecordKind::Contact, "new", NUMBER, "2026-03-02T00:00:00Z"),
    ];
    let trace = check(&two, Some("new"));
    assert!(trace.finding(Topic::Record).unwrap().contains("the most recently updated of 2"));
    two.reverse();
    check(&two, Some("new"));
}

#[test]
fn a_converted_lead_does_not_count() {
    let lead = Candidate { is_converted: true, ..candidate(RecordKind::Lead, "lead", NUMBER, "2026-03-01T00:00:00Z") };
    check(&[lead], None);
}

#[test]
fn numbers_are_found_however_they_are_written_and_in_any_phone_field() {
    for stored in ["+33 6 12 34 56 78", "06 12 34 56 78", "+33612345678", "06.12.34.56.78"] {
        let mut contact = candidate(RecordKind::Contact, "contact", "+33 1 00 00 00 00", "2026-03-01T00:00:00Z");
        contact.phones.push(stored.to_owned());
        check(&[contact], Some("contact"));
    }
}

#[test]
fn what_the_search_found_but_does_not_have_the_number_is_passed_over() {
    check(&[candidate(RecordKind::Contact, "fax", "+33698765432", "2026-03-01T00:00:00Z")], None);
}

#[test]
fn a_person_account_goes_into_who_and_a_plain_account_into_what() {
    let mut person = candidate(RecordKind::PersonAccount, "001p", NUMBER, "2026-03-01T00:00:00Z").record;
    person.person_contact_id = Some("003p".to_owned());
    assert_eq!((person.who(), person.what()), (Some("003p"), None));
    let account = candidate(RecordKind::Account, "001a", NUMBER, "2026-03-01T00:00:00Z").record;
    assert_eq!((account.who(), account.what()), (None, Some("001a")));
    let lead = candidate(RecordKind::Lead, "00Ql", NUMBER, "2026-03-01T00:00:00Z").record;
    assert_eq!((lead.who(), lead.what()), (Some("00Ql"), None));
}

//! Contact before Lead before Account before Person Account; within a kind, the most recently updated.

use rules::matching::{Candidate, choose};
use rules::{E164, RecordKind, Topic, Trace};

use crate::support::candidate;

const PHONE: &str = "+33612345678";

#[track_caller]
fn check(candidates: &[Candidate], expected: Option<&str>) -> Trace {
    let mut trace = Trace::new();
    let chosen = choose(&E164::parse(PHONE).unwrap(), candidates, &mut trace);
    assert_eq!(chosen.map(|candidate| candidate.record.id.as_str()), expected);
    trace
}

#[test]
fn priority_of_kind_beats_the_time_of_update() {
    let all = [
        candidate(RecordKind::PersonAccount, "person", PHONE, "2026-03-04T00:00:00Z"),
        candidate(RecordKind::Account, "account", PHONE, "2026-03-03T00:00:00Z"),
        candidate(RecordKind::Lead, "lead", PHONE, "2026-03-02T00:00:00Z"),
        candidate(RecordKind::Contact, "contact", PHONE, "2026-03-01T00:00:00Z"),
    ];
    let trace = check(&all, Some("contact"));
    let finding = "The phone number is that of the Contact Record contact; 3 records of a lower priority also have it.";
    assert_eq!(trace.finding(Topic::Record), Some(finding));
    check(&all[..3], Some("lead"));
    check(&all[..2], Some("account"));
    check(&all[..1], Some("person"));
    check(&[], None);
}

#[test]
fn the_more_recently_updated_of_two_contacts_wins() {
    let mut two = vec![
        candidate(RecordKind::Contact, "old", PHONE, "2026-03-01T00:00:00Z"),
        candidate(RecordKind::Contact, "new", PHONE, "2026-03-02T00:00:00Z"),
    ];
    let trace = check(&two, Some("new"));
    assert!(trace.finding(Topic::Record).unwrap().contains("the most recently updated of 2"));
    two.reverse();
    check(&two, Some("new"));
}

#[test]
fn a_converted_lead_is_ignored() {
    let lead = Candidate { is_converted: true, ..candidate(RecordKind::Lead, "lead", PHONE, "2026-03-01T00:00:00Z") };
    check(&[lead], None);
}

#[test]
fn phone_numbers_match_in_every_form_and_phone_field() {
    for stored in ["+33 6 12 34 56 78", "06 12 34 56 78", "+33612345678", "06.12.34.56.78"] {
        let mut contact = candidate(RecordKind::Contact, "contact", "+33 1 00 00 00 00", "2026-03-01T00:00:00Z");
        contact.phones.push(stored.to_owned());
        check(&[contact], Some("contact"));
    }
}

#[test]
fn a_search_result_without_the_phone_number_is_ignored() {
    check(&[candidate(RecordKind::Contact, "fax", "+33698765432", "2026-03-01T00:00:00Z")], None);
}

#[test]
fn people_go_into_who_id_and_plain_accounts_into_what_id() {
    let mut person = candidate(RecordKind::PersonAccount, "001p", PHONE, "2026-03-01T00:00:00Z").record;
    person.person_contact_id = Some("003p".to_owned());
    assert_eq!((person.who(), person.what()), (Some("003p"), None));
    let account = candidate(RecordKind::Account, "001a", PHONE, "2026-03-01T00:00:00Z").record;
    assert_eq!((account.who(), account.what()), (None, Some("001a")));
    let lead = candidate(RecordKind::Lead, "00Ql", PHONE, "2026-03-01T00:00:00Z").record;
    assert_eq!((lead.who(), lead.what()), (Some("00Ql"), None));
}

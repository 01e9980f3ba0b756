//! Contact before Lead before Account before Person Account; within a kind, the most recently updated.

use rules::matching::{Callers, Candidate, Matches};
use rules::phone::Country;
use rules::{E164, RecordKind, Topic, Trace};

use crate::support::{candidate, salesforce_id};

const PHONE: &str = "+33612345678";

#[track_caller]
fn check(candidates: &[Candidate], expected: Option<&str>) -> Trace {
    let mut trace = Trace::new();
    let phone = E164::parse(PHONE).unwrap();
    let mut callers = Callers::new(None);
    callers.add(&phone, None);
    let chosen = Matches::new(&callers, candidates).choose(&phone, &mut trace);
    assert_eq!(chosen.and_then(|candidate| candidate.record.id), expected.map(salesforce_id));
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

#[track_caller]
fn check_choice(caller: &str, line: Option<&str>, candidates: &[Candidate], expected: Option<&str>, how: &str) {
    let phone = E164::parse(caller).unwrap();
    let mut callers = Callers::new(None);
    callers.add(&phone, line.and_then(|line| Country::of(&E164::parse(line).unwrap())));
    let mut trace = Trace::new();
    let chosen = Matches::new(&callers, candidates).choose(&phone, &mut trace);
    assert_eq!(chosen.and_then(|candidate| candidate.record.id), expected.map(salesforce_id));
    assert!(trace.finding(Topic::PhoneNumber).unwrap_or_default().contains(how), "{trace:?}");
}

const FRANCE: Option<&str> = Some("+33199000100");

fn contact(id: &str, phone: &str, country: Option<&str>) -> Candidate {
    let country = country.map(|address| Country::of_address(address).unwrap());
    Candidate { country, ..candidate(RecordKind::Contact, id, phone, "2026-03-01T00:00:00Z") }
}

#[test]
fn a_number_without_a_country_code_is_read_where_the_line_or_the_record_is() {
    let french = [contact("a", "06 12 34 56 78", None)];
    check_choice("+33612345678", FRANCE, &french, Some("a"), "the line's country, +33");
    check_choice("+31612345678", FRANCE, &french, None, "");
    let dutch = [contact("a", "06 12 34 56 78", Some("Nederland"))];
    check_choice("+31612345678", FRANCE, &dutch, Some("a"), "the country of its address, +31");
    check_choice("+33612345678", FRANCE, &dutch, None, "");
    let american = [contact("a", "(415) 555-0132", None)];
    check_choice("+14155550132", FRANCE, &american, Some("a"), "is a guess");
    check_choice("+14155550132", None, &american, Some("a"), "is a guess");
    check_choice("+14155550132", FRANCE, &[contact("a", "(415) 555-0132", Some("FR"))], None, "");
}

#[test]
fn a_sure_match_beats_a_guess() {
    let guess = candidate(RecordKind::Contact, "guess", "(415) 555-0132", "2026-03-02T00:00:00Z");
    let sure = candidate(RecordKind::Account, "sure", "+1 415 555 0132", "2026-03-01T00:00:00Z");
    check_choice("+14155550132", FRANCE, &[guess.clone(), sure], Some("sure"), "with its country code");
    check_choice("+14155550132", FRANCE, &[guess], Some("guess"), "is a guess");
}

#[test]
fn spellings_of_one_person_meet() {
    for (caller, stored) in [
        ("+525512345678", "+52 1 55 1234 5678"),
        ("+5215512345678", "+52 55 1234 5678"),
        ("+5491123456789", "+54 11 2345-6789"),
        ("+541123456789", "+54 9 11 2345-6789"),
        ("+551187654321", "+55 (11) 98765-4321"),
        ("+22997123456", "+229 01 97 12 34 56"),
    ] {
        check_choice(caller, None, &[contact("a", stored, None)], Some("a"), "country code");
    }
    check_choice("+551134567890", None, &[contact("a", "+55 (11) 93456-7890", None)], None, "");
}

#[test]
fn a_search_result_without_the_phone_number_is_ignored() {
    check(&[candidate(RecordKind::Contact, "fax", "+33698765432", "2026-03-01T00:00:00Z")], None);
}

#[test]
fn people_go_into_who_id_and_plain_accounts_into_what_id() {
    let mut person = candidate(RecordKind::PersonAccount, "001p", PHONE, "2026-03-01T00:00:00Z").record;
    person.person_contact_id = Some(salesforce_id("003p"));
    assert_eq!((person.who(), person.what()), (Some(salesforce_id("003p")), None));
    let account = candidate(RecordKind::Account, "001a", PHONE, "2026-03-01T00:00:00Z").record;
    assert_eq!((account.who(), account.what()), (None, Some(salesforce_id("001a"))));
    let lead = candidate(RecordKind::Lead, "00Ql", PHONE, "2026-03-01T00:00:00Z").record;
    assert_eq!((lead.who(), lead.what()), (Some(salesforce_id("00Ql")), None));
}

//! API call budget of a burst of 200 calls: the queries that their phone numbers take.

use jiff::Timestamp;
use std::collections::BTreeSet;

use rules::E164;

use crate::{CallerFields, MAX_QUERIES, SObject, Soql};

/// 200 consecutive numbers. All are made up, from the country's range for fiction where there is one, and of the
/// country's maximum length.
fn phones(first: u64) -> Vec<E164> {
    (first..first + 200).map(|digits| E164::parse(&format!("+{digits}")).unwrap()).collect()
}

fn phones_of_each_country() -> [(&'static str, Vec<E164>); 9] {
    [
        ("France", phones(33_639_980_000)),
        ("United Kingdom", phones(447_700_900_000)),
        (
            "United States",
            [phones(14_155_550_100), phones(12_125_550_100)].iter().flat_map(|n| n[..100].to_vec()).collect(),
        ),
        ("Germany", phones(4_915_230_000_000)),
        ("Spain", phones(34_600_000_000)),
        ("Italy", phones(393_330_000_000)),
        ("Australia", phones(61_491_570_000)),
        ("Brazil", phones(5_511_900_000_000)),
        ("India", phones(919_000_000_000)),
    ]
}

#[test]
fn the_exact_queries_for_200_numbers_and_their_owners_fit_one_composite() {
    // E-mail addresses of Salesforce's maximum length, each with a character that is escaped.
    let emails: Vec<String> = (0..200).map(|n| format!("o'{n:0>66}@example.com")).collect();
    let users = Soql::active_users(&emails, &["Email"]).len();
    for (country, phones) in phones_of_each_country() {
        let forms: Vec<String> = phones.iter().flat_map(E164::written_forms).collect();
        for person_accounts in [false, true] {
            let fields = CallerFields::new(person_accounts);
            let statements: Vec<Soql> = [SObject::Contact, SObject::Lead, SObject::Account]
                .into_iter()
                .flat_map(|sobject| Soql::records_by_phone(sobject, &forms, &fields, Some(Timestamp::UNIX_EPOCH)))
                .collect();
            let count = statements.len() + users;
            assert!(count <= MAX_QUERIES, "{country}: {count} statements, person accounts: {person_accounts}");
            let asked: BTreeSet<&str> = statements.iter().flat_map(|soql| soql.as_str().split('\'')).collect();
            assert!(forms.iter().all(|form| asked.contains(form.as_str())), "{country}");
        }
    }
}

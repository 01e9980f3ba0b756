//! Results that Salesforce cuts off: what they lack does not count as not found.

use jiff::Timestamp;
use org::{Hints, Job, Knowledge};
use rules::settings::{RelateTo, UnknownNumber};
use rules::{E164, Settings};
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::fixture::{Fixture, missed};

/// The number that very many records have.
const BUSY: &str = "+14155550100";

/// A call from this number.
fn call(phone: &str) -> Job {
    let mut job = missed(json!(null));
    (job.key, job.phone) = (format!("call-{phone}"), E164::parse(phone).unwrap());
    job
}

impl Fixture {
    /// Inserts this many Contacts with the busy number; the last one was last modified.
    fn insert_busy(&self, count: usize) -> String {
        let contact = |n: usize| {
            let modified = format!("2026-01-{:02}T00:00:00Z", 1 + n * 27 / count);
            json!({"LastName": format!("Busy {n}"), "Phone": BUSY, "LastModifiedDate": modified})
        };
        for n in 1..count {
            self.insert("Contact", contact(n));
        }
        self.insert("Contact", contact(count))
    }

    async fn look_up(&mut self, settings: &Settings, jobs: &[Job]) -> Knowledge {
        let mut org = self.open().await;
        let (hints, now) = (Hints::default(), Timestamp::now());
        self.lookup.look_up(&mut org, &mut self.tenant, settings, jobs, &hints, now).await.unwrap()
    }
}

/// The id of the record that was found for a number, and its name.
#[track_caller]
fn found(knowledge: &Knowledge, phone: &str) -> (String, String) {
    let (record, _) = &knowledge.records[&E164::parse(phone).unwrap()];
    (record.id.unwrap().as_str().to_owned(), record.name.clone())
}

fn settings(relate_to: RelateTo) -> Settings {
    Settings { relate_to, unknown_number: UnknownNumber::CreateContact, ..Settings::default() }
}

/// Calls from the busy number and 20 others, each of a Contact that only a search finds: no query asks for a number that
/// is written in this way.
async fn check_others(busy: usize, options: Options, max_calls: u64) {
    let mut org = Fixture::new(options).await;
    let latest = org.insert_busy(busy);
    let others: Vec<String> = (0..20).map(|n| format!("+141555501{:02}", 20 + n)).collect();
    let contacts: Vec<String> = others
        .iter()
        .map(|phone| {
            let written = format!("+1 /415/ 555 {}", &phone[8..]);
            org.insert("Contact", json!({"LastName": "Roe", "MobilePhone": written}))
        })
        .collect();
    let jobs: Vec<Job> = others.iter().map(String::as_str).chain([BUSY]).map(call).collect();
    let knowledge = org.look_up(&settings(RelateTo::Nothing), &jobs).await;
    assert_eq!(found(&knowledge, BUSY), (latest, format!("Busy {busy}")));
    for (phone, contact) in others.iter().zip(contacts) {
        assert_eq!(found(&knowledge, phone).0, contact, "{phone}");
    }
    let calls = org.api_calls().await;
    assert!(calls <= max_calls, "{calls} API calls");
}

#[tokio::test]
async fn more_than_250_contacts_of_one_number_hide_no_other_number() {
    check_others(300, Options::default(), 6).await;
}

#[tokio::test]
async fn more_than_2000_contacts_of_one_number_hide_no_other_number_nor_the_latest_of_them() {
    check_others(2_001, Options::default(), 6).await;
    check_others(2_001, Options { search_limit_per_object: 0, ..Options::default() }, 8).await;
}

#[tokio::test]
async fn numbers_that_reach_the_limit_only_together_are_searched_in_smaller_groups() {
    let mut org = Fixture::new(Options::default()).await;
    let phones: Vec<String> = (0..30).map(|n| format!("+141555501{n:02}")).collect();
    let mut latest = Vec::new();
    for phone in &phones {
        let lead = |day: u32| {
            json!({"LastName": format!("Lead {day}"), "Company": "Sample Ltd", "Phone": phone,
            "LastModifiedDate": format!("2026-01-{day:02}T00:00:00Z")})
        };
        for day in 1..20 {
            org.insert("Lead", lead(day));
        }
        latest.push(org.insert("Lead", lead(20)));
    }
    let jobs: Vec<Job> = phones.iter().map(|phone| call(phone)).collect();
    let knowledge = org.look_up(&settings(RelateTo::Nothing), &jobs).await;
    for (phone, lead) in phones.iter().zip(latest) {
        assert_eq!(found(&knowledge, phone).0, lead, "{phone}");
    }
    let calls = org.api_calls().await;
    assert!(calls <= 8, "{calls} API calls");
}

#[tokio::test]
async fn thousands_of_open_cases_of_one_contact_do_not_hide_that_of_another() {
    // Ten pages of the smallest size, and one more record.
    let mut org = Fixture::new(Options { query_page_size: 200, ..Options::default() }).await;
    let contact = |phone: &str| json!({"LastName": "Roe", "Phone": phone});
    let busy = org.insert("Contact", contact(BUSY));
    let other = org.insert("Contact", contact("+14155550199"));
    let case = |contact: &str, day: u32| json!({"ContactId": contact, "Subject": "Order", "Status": "New", "LastModifiedDate": format!("2026-01-{day:02}T00:00:00Z")});
    let old = org.insert("Case", case(&other, 1));
    for _ in 0..2_000 {
        org.insert("Case", case(&busy, 2));
    }
    let latest = org.insert("Case", case(&busy, 3));
    let knowledge = org.look_up(&settings(RelateTo::Case), &[call(BUSY), call("+14155550199")]).await;
    let latest_of = |contact: &str| {
        let (_, related) = knowledge.related.iter().find(|(id, _)| id.as_str() == contact).unwrap();
        let latest: Option<&rules::relate::Related> = related.iter().max_by_key(|related| related.last_modified);
        Value::from(latest.unwrap().id.as_str())
    };
    assert_eq!((latest_of(&busy), latest_of(&other)), (json!(latest), json!(old)));
}

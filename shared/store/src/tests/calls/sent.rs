//! What was sent to Salesforce without an answer.

use rules::{Settings, TaskStatus, Trace};

use crate::tests::{Fixture, START, at, logged, problem};
use crate::{Entry, Outcome, Unconfirmed};

/// A Task that was sent to be created, without the key; its description tells it apart.
fn sent(entry: &Entry, description: &str, sent_at: i64) -> Unconfirmed {
    let mut task = entry.document.interaction().task(TaskStatus::Completed, &Settings::default(), "Test Contact");
    description.clone_into(&mut task.description);
    let (sent_at, until) = (at(START + sent_at), Some(at(START + sent_at + 660)));
    Unconfirmed { task, is_new: true, has_key: false, sent_at, until }
}

/// The entry as the writer reads it.
async fn read(f: &Fixture, key: &str) -> Entry {
    let mut entries = f.calls.get_many_to_write(&f.tenant, &[key.to_owned()]).await.unwrap();
    assert_eq!(entries.len(), 1);
    entries.pop().unwrap().unwrap()
}

async fn announce(f: &Fixture, key: &str, sent: &[Unconfirmed], after: i64) {
    f.calls.announce(&f.tenant, [(key, sent)].into_iter(), at(START + after)).await.unwrap();
}

#[tokio::test]
async fn what_was_sent_is_unconfirmed_until_an_outcome_is_recorded() {
    let f = Fixture::new().await;
    let key = f.ended(7, 0).await;
    let entry = read(&f, &key).await;
    assert_eq!(entry.unconfirmed, []);
    let one = sent(&entry, "one", 10);
    announce(&f, &key, std::slice::from_ref(&one), 10).await;
    assert_eq!(read(&f, &key).await.unconfirmed, std::slice::from_ref(&one));

    // The outcome says what is in doubt from then on.
    let left = Unconfirmed { until: None, ..one.clone() };
    let postponed = Outcome::Postponed { due_at: at(START + 30), problem: problem(), trace: Trace::new() };
    let read_entry = Entry { unconfirmed: vec![left.clone()], ..read(&f, &key).await };
    f.calls.record_outcome(&f.tenant, &read_entry, &postponed, at(START + 20)).await.unwrap();
    assert_eq!(read(&f, &key).await.unconfirmed, std::slice::from_ref(&left));

    // A writer that is killed leaves what it stored before.
    let other = sent(&entry, "other", 30);
    announce(&f, &key, &[left.clone(), other.clone()], 30).await;
    assert_eq!(read(&f, &key).await.unconfirmed, [left, other]);
    let entry = read(&f, &key).await;
    f.calls.record_outcome(&f.tenant, &entry, &logged(&entry), at(START + 40)).await.unwrap();
    assert_eq!(read(&f, &key).await.unconfirmed, []);
}

#[tokio::test]
async fn of_equal_texts_the_newest_is_kept_and_of_too_many_the_newest_ones() {
    let f = Fixture::new().await;
    let entry = f.entry(&f.ended(7, 0).await).await;
    let mut all = Vec::new();
    for (description, sent_at) in [("one", 1), ("other", 2), ("one", 3)] {
        Unconfirmed::note(&mut all, sent(&entry, description, sent_at));
    }
    let texts = |all: &[Unconfirmed]| all.iter().map(|sent| sent.task.description.clone()).collect::<Vec<_>>();
    assert_eq!((texts(&all), all[1].sent_at), (vec!["other".to_owned(), "one".to_owned()], at(START + 3)));
    let long = "x".repeat(49_998);
    Unconfirmed::note(&mut all, sent(&entry, &long, 4));
    assert_eq!(texts(&all), [long]);
}

use super::{Fixture, START, at, ended, logged, merge};
use crate::{ActivityQuery, State};
#[tokio::test]
async fn measure() {
    let f = Fixture::new().await;
    let n = 3000;
    for id in 1..=n {
        let key = format!("call-{}", 3_000_000_000u64 + id);
        let change = merge(ended(3_000_000_000 + id, START + id as i64), &rules::Settings::default());
        f.calls.merge(&f.tenant, &key, &change, None, at(START)).await.unwrap();
        if id % 2 == 0 { let e = f.entry(&key).await; f.calls.settle(&f.tenant, &e, &logged(&e), at(START)).await.unwrap(); }
    }
    for index in [None, Some("activity")] {
        let mut q = f.tables.dynamodb.scan().table_name("CallsTable").set_index_name(index.map(str::to_owned)).limit(100);
        q = q.return_consumed_capacity(aws_sdk_dynamodb::types::ReturnConsumedCapacity::Total);
        let a = q.send().await.unwrap();
        println!("{index:?} {} items: {:?} rcu; first {:?}", a.count, a.consumed_capacity.unwrap().capacity_units, if index.is_some() { a.items.unwrap()[0].clone() } else { Default::default() });
    }
    for (what, q) in [
        ("all", ActivityQuery::default()),
        ("logged", ActivityQuery { states: vec![State::Logged], ..Default::default() }),
        ("failed (none)", ActivityQuery { states: vec![State::Failed], ..Default::default() }),
        ("phone (none)", ActivityQuery { phone: Some(rules::E164::parse("+442079460958").unwrap()), ..Default::default() }),
    ] {
        let t = std::time::Instant::now();
        let p = f.calls.search(&f.tenant, &q).await.unwrap();
        println!("{what}: {} entries, next {}, {:?}", p.entries.len(), p.next.is_some(), t.elapsed());
    }
    let t = std::time::Instant::now();
    let d = f.calls.daily_outcomes(&f.tenant, "2026-03-01".parse().unwrap(), "2026-03-31".parse().unwrap(), &jiff::tz::TimeZone::UTC).await.unwrap();
    println!("days {} complete {} {:?}", d.days.len(), d.is_complete, t.elapsed());
    let t = std::time::Instant::now();
    println!("{:?} {:?}", f.calls.count_failed(&f.tenant).await.unwrap(), t.elapsed());
}

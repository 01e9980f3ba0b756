//! Leases: at most one holder at a time.

use std::cell::Cell;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{Strategy, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use crate::dynamodb::item;
use crate::test_tables::TestTables;
use crate::tests::tenants::{one, usage};
use crate::tests::{START, at, tenant};
use crate::{Acquired, LeaseKind, Tenant, Tenants};

struct Fixture {
    tenants: Tenants,
    tables: TestTables,
}

impl Fixture {
    async fn new() -> Self {
        let tables = TestTables::start().await;
        let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
        tenants.put(&one()).await.unwrap();
        Self { tenants, tables }
    }

    /// Acquires the drain lease for a minute, `after` seconds after START.
    async fn acquire(&self, holder: &str, after: i64) -> Acquired {
        let (now, until) = (at(START + after), at(START + after + 60));
        self.tenants.acquire(&tenant("one"), LeaseKind::Drain, holder, now, until).await.unwrap()
    }

    async fn release(&self, holder: &str) -> bool {
        self.tenants.release(&tenant("one"), LeaseKind::Drain, holder, None).await.unwrap()
    }

    async fn tenant(&self) -> Tenant {
        self.tenants.get(&tenant("one")).await.unwrap().unwrap()
    }
}

fn held() -> Acquired {
    Acquired::Held(Box::new(one()))
}

fn taken(until: i64) -> Acquired {
    Acquired::Taken { until: at(START + until) }
}

#[tokio::test]
async fn acquiring_a_free_lease_returns_the_tenant_and_excludes_other_holders() {
    let f = Fixture::new().await;
    assert_eq!(f.acquire("a", 0).await, held());
    assert_eq!(f.acquire("b", 59).await, taken(60));
    // The same run acquires again, as after a lost response.
    assert_eq!(f.acquire("a", 30).await, held());
    assert_eq!(f.acquire("b", 60).await, taken(90));
}

#[tokio::test]
async fn an_expired_lease_is_taken_over_and_its_former_holder_changes_nothing() {
    let f = Fixture::new().await;
    f.acquire("a", 0).await;
    assert_eq!(f.acquire("b", 60).await, held());
    assert!(!f.tenants.release(&tenant("one"), LeaseKind::Drain, "a", Some(&usage(7))).await.unwrap());
    assert_eq!(f.tenant().await.api_usage, None);
    assert_eq!(f.acquire("a", 61).await, taken(120));
}

#[tokio::test]
async fn a_released_lease_is_free_at_once() {
    let f = Fixture::new().await;
    f.acquire("a", 0).await;
    assert!(f.release("a").await);
    assert!(!f.release("a").await, "the lease was released already");
    assert_eq!(f.acquire("b", 1).await, held());
}

#[tokio::test]
async fn releasing_stores_the_api_usage() {
    let f = Fixture::new().await;
    f.acquire("a", 0).await;
    assert!(f.tenants.release(&tenant("one"), LeaseKind::Drain, "a", Some(&usage(7))).await.unwrap());
    assert_eq!(f.tenant().await, Tenant { api_usage: Some(usage(7)), ..one() });
}

#[tokio::test]
async fn drain_and_refresh_leases_are_independent() {
    let f = Fixture::new().await;
    f.acquire("a", 0).await;
    let refresh = f.tenants.acquire(&tenant("one"), LeaseKind::Refresh, "b", at(START), at(START + 10)).await.unwrap();
    assert_eq!(refresh, held());
    assert!(f.release("a").await);
    let refresh = f.tenants.acquire(&tenant("one"), LeaseKind::Refresh, "a", at(START), at(START + 10)).await.unwrap();
    assert_eq!(refresh, taken(10));
}

#[tokio::test]
async fn acquiring_a_lease_does_not_create_a_tenant() {
    let f = Fixture::new().await;
    let id = tenant("missing");
    let acquired = f.tenants.acquire(&id, LeaseKind::Drain, "a", at(START), at(START + 60)).await.unwrap();
    assert_eq!(acquired, Acquired::NoTenant);
    assert!(!f.tenants.release(&id, LeaseKind::Drain, "a", Some(&usage(7))).await.unwrap());
    assert_eq!(f.tenants.get(&id).await.unwrap(), None);
}

#[tokio::test]
async fn a_damaged_lease_counts_as_free() {
    let f = Fixture::new().await;
    let request = f.tables.dynamodb.update_item().table_name("TenantsTable").key("tenant", item::text("one"));
    let request =
        request.update_expression("SET drain_lease = :text").expression_attribute_values(":text", item::text("?"));
    request.send().await.unwrap();
    assert_eq!(f.acquire("a", 0).await, held());
}

#[tokio::test]
async fn one_of_many_concurrent_holders_acquires_it() {
    let f = Fixture::new().await;
    for round in 0..5 {
        let names: Vec<String> = (0..8).map(|n| format!("{round}-{n}")).collect();
        let answers = join_all(names.iter().map(|name| f.acquire(name, 100 * round))).await;
        assert_eq!(answers.iter().filter(|answer| matches!(answer, Acquired::Held(_))).count(), 1, "{answers:?}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Acquire {
        holder: u8,
        lasts: i64,
    },
    Release {
        holder: u8,
    },
    /// Advances the clock by milliseconds.
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = prop_oneof![
        (0..3_u8, 1..40_i64).prop_map(|(holder, lasts)| Step::Acquire { holder, lasts }),
        (0..3_u8).prop_map(|holder| Step::Release { holder }),
        (1..30_i64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(one, 1..30)
}

/// Property: for any sequence and timing of steps, a lease is granted only while no other holder has an unexpired one,
/// and only its holder can renew or release it.
#[test]
fn no_two_holders_overlap() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let f = runtime.block_on(Fixture::new());
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let case = Cell::new(0);
    runner
        .run(&steps(), |steps| {
            case.set(case.get() + 1);
            let id = tenant(&format!("t-{}", case.get()));
            runtime.block_on(run_steps(&f.tenants, Tenant { id, ..one() }, steps));
            Ok(())
        })
        .unwrap();
}

/// Runs the steps and checks each result against a model of the lease.
async fn run_steps(tenants: &Tenants, tenant: Tenant, steps: Vec<Step>) {
    tenants.put(&tenant).await.unwrap();
    let mut now = at(START);
    let mut lease: Option<(u8, Timestamp)> = None;
    let after = |now: Timestamp, lasts| now + SignedDuration::from_millis(lasts);
    for step in steps {
        match step {
            Step::Acquire { holder, lasts } => {
                let (name, until) = (holder.to_string(), after(now, lasts));
                let answer = tenants.acquire(&tenant.id, LeaseKind::Drain, &name, now, until).await.unwrap();
                match lease {
                    Some((other, until)) if other != holder && until > now => {
                        assert_eq!(answer, Acquired::Taken { until });
                    }
                    _ => {
                        assert_eq!(answer, Acquired::Held(Box::new(tenant.clone())));
                        lease = Some((holder, until));
                    }
                }
            }
            Step::Release { holder } => {
                let is_ours = lease.is_some_and(|(ours, _)| ours == holder);
                let freed = tenants.release(&tenant.id, LeaseKind::Drain, &holder.to_string(), None).await.unwrap();
                assert_eq!(freed, is_ours);
                lease = lease.filter(|_| !is_ours);
            }
            Step::Wait(milliseconds) => now = after(now, milliseconds),
        }
    }
}

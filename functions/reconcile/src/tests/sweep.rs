//! The sweep.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{ConnectionState, Tenant, TenantId};
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use super::{Fixture, NOW};
use crate::sweep::{BUDGET, Swept, sweep};

impl Fixture {
    async fn sweep(&self) -> Swept {
        self.sweep_for(BUDGET).await
    }

    async fn sweep_for(&self, budget: Duration) -> Swept {
        sweep(&self.reconcile, Timestamp::from_second(NOW).unwrap(), budget).await.unwrap()
    }

    /// Stores overdue entries of seven tenants, on several pages: DynamoDB ends a page at 1 MB. Returns the number of pages.
    async fn insert_backlog(&self) -> usize {
        let padding = "x".repeat(1000);
        for n in 0..2_400 {
            self.insert_pending(&format!("tenant-{}", n / 350), &format!("call-{n}-{padding}"), NOW - 600).await;
        }
        let (mut pages, mut from) = (0, None);
        loop {
            from = self.reconcile.calls.overdue(Timestamp::from_second(NOW).unwrap(), from).await.unwrap().next;
            pages += 1;
            if from.is_none() {
                break;
            }
        }
        assert!(pages > 2, "the backlog fits on {pages} pages, so the test proves nothing");
        pages
    }

    async fn woken_tenants(&self) -> BTreeSet<String> {
        self.woken().await.into_iter().map(|(tenant, _)| tenant).collect()
    }
}

#[tokio::test]
async fn the_sweep_wakes_each_tenant_with_overdue_entries_once() {
    let f = Fixture::new().await;
    for (tenant, key, due_at) in [
        ("one", "call-1", NOW - 600),
        ("one", "call-2", NOW - 61),
        ("two", "call-3", NOW - 60),
        ("three", "call-4", NOW - 59),
    ] {
        f.insert_pending(tenant, key, due_at).await;
    }
    // No such tenant is stored, so no org takes requests.
    assert_eq!(f.sweep().await, Swept { tenants: 2, oldest: SignedDuration::ZERO });
    let minute = NOW / 60;
    let expected = ["one", "two"].map(|tenant| (tenant.to_owned(), format!("{tenant}:sweep:{minute}")));
    let mut woken = f.woken().await;
    woken.sort();
    assert_eq!(woken, expected);
}

#[tokio::test]
async fn the_age_of_the_oldest_entry_is_that_of_an_org_that_takes_requests() {
    let f = Fixture::new().await;
    let (since, try_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    let dead = ConnectionState::ReconnectNeeded { reason: "gone".to_owned(), since, try_at };
    for (tenant, due_at, state) in [
        ("dead", NOW - 900, dead),
        ("one", NOW - 600, ConnectionState::Connected),
        ("two", NOW - 60, ConnectionState::Connected),
    ] {
        f.insert_pending(tenant, "call-1", due_at).await;
        let tenant = Tenant { state, ..Tenant::new(TenantId::parse(tenant).unwrap()) };
        f.reconcile.tenants.put(&tenant).await.unwrap();
    }
    assert_eq!(f.sweep().await, Swept { tenants: 3, oldest: SignedDuration::from_secs(600) });
}

#[tokio::test]
async fn the_sweep_wakes_no_tenant_when_nothing_is_overdue() {
    let f = Fixture::new().await;
    f.insert_pending("one", "call-1", NOW + 600).await;
    assert_eq!(f.sweep().await, Swept { tenants: 0, oldest: SignedDuration::ZERO });
    assert!(f.sent().await.is_empty());
}

#[tokio::test]
async fn sweeps_without_time_reach_each_tenant_of_a_backlog_one_after_the_other_and_begin_again() {
    let f = Fixture::new().await;
    let pages = f.insert_backlog().await;
    let mut swept = Vec::new();
    for _ in 0..pages {
        assert!(f.woken_tenants().await.len() < 7, "{swept:?}");
        swept.push(f.sweep_for(Duration::ZERO).await.tenants);
    }
    assert_eq!(f.woken_tenants().await.len(), 7, "{swept:?}");
    assert!(swept.iter().all(|tenants| (1..7).contains(tenants)), "{swept:?}");
    assert!(f.reconcile.tenants.sweep_position().await.unwrap().is_none());
    assert_eq!(f.sweep_for(Duration::ZERO).await.tenants, swept[0], "it begins again");
    f.reconcile.tenants.set_sweep_position(None).await.unwrap();
    assert_eq!(f.sweep().await.tenants, 7, "with time, a sweep reads every page");
}

#[tokio::test]
async fn a_sweep_goes_on_where_one_that_could_not_wake_a_tenant_has_stopped() {
    let f = Fixture::new().await;
    f.insert_backlog().await;
    f.sweep_for(Duration::ZERO).await;
    let first = f.woken_tenants().await;
    let fault = Mock::given(any()).respond_with(ResponseTemplate::new(400));
    fault.up_to_n_times(1).with_priority(1).mount(&f.sqs).await;
    let refused = sweep(&f.reconcile, Timestamp::from_second(NOW).unwrap(), BUDGET).await;
    assert!(refused.is_err(), "{refused:?}");
    let rest = f.sweep().await.tenants;
    // The tenant of whose entries a page ends is in both.
    assert!(rest < 7 && first.len() + rest >= 7, "{first:?}, {rest}");
}

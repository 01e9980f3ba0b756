//! What became of a tenant's calls, counted: by day, and those that failed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::calls::Calls;
use crate::entry::State;
use crate::error::Error;
use crate::index::{Filter, Reading, Span};
use crate::tenant::TenantId;

/// Most entries that are looked at to count: some three megabytes of the index.
const LOOKED_AT: usize = 20_000;
/// Most days that are counted.
const MAX_DAYS: i64 = 366;
/// Most failed entries that are counted.
const MAX_FAILED: usize = 1_000;

/// What became of the calls of some days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DailyOutcomes {
    /// Each day, in order, those without calls too.
    pub days: Vec<DayOutcomes>,
    /// Whether all calls are counted; if not, there were too many, and the earlier days lack some or all of theirs.
    pub is_complete: bool,
}

/// What became of the calls that started on one day. Calls that are not over are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayOutcomes {
    /// The day, in the time zone that was asked for.
    pub date: Date,
    /// Calls whose Task is in Salesforce.
    pub logged: u64,
    /// Calls that become no Task, for a reason.
    pub skipped: u64,
    /// Calls that became no Task, for an error.
    pub failed: u64,
    /// Calls that wait for the writer.
    pub waiting: u64,
}

/// Keys of entries that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedKeys {
    /// The latest call first.
    pub keys: Vec<String>,
    /// Whether these are all; if not, there may be more.
    pub are_all: bool,
}

/// How many entries failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedCount {
    /// So many, at least; 1,000 at most.
    pub count: usize,
    /// Whether there are no more; if not, say "more than".
    pub is_exact: bool,
}

impl Calls {
    /// What became of the calls from the day `first` to the day `last`, both included, of `zone`.
    /// No more than 366 days are counted, the latest.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn daily_outcomes(
        &self,
        tenant: &TenantId,
        first: Date,
        last: Date,
        zone: &TimeZone,
    ) -> Result<DailyOutcomes, Error> {
        let earliest = last.saturating_sub((MAX_DAYS - 1).days());
        let is_cut = first < earliest;
        let first = first.max(earliest);
        let mut days: BTreeMap<Date, DayOutcomes> =
            first.series(1.day()).take_while(|date| *date <= last).map(|date| (date, empty(date))).collect();
        // The first instant of a day, which is not midnight where clocks go forward then; none at the end of time.
        let start = |date: Date| date.to_zoned(zone.clone()).ok().map(|start| start.timestamp());
        let span = Span { from: start(first), until: last.tomorrow().ok().and_then(start) };
        let mut reading = Reading::new(self, tenant, span, Filter::default(), None);
        let mut left = if days.is_empty() { 0 } else { LOOKED_AT };
        while left > 0 && !reading.has_ended() {
            let (listed, looked_at) = reading.look_at(left).await?;
            left = left.saturating_sub(looked_at);
            for listed in listed {
                let Ok(started_at) = Timestamp::from_second(listed.started_at) else { continue };
                let Some(day) = days.get_mut(&started_at.to_zoned(zone.clone()).date()) else { continue };
                match listed.state {
                    Some(State::Logged) => day.logged += 1,
                    Some(State::Skipped) => day.skipped += 1,
                    Some(State::Failed) => day.failed += 1,
                    Some(State::Pending) => day.waiting += 1,
                    Some(State::Open) | None => {}
                }
            }
        }
        let is_complete = !is_cut && (days.is_empty() || reading.has_ended());
        Ok(DailyOutcomes { days: days.into_values().collect(), is_complete })
    }

    /// Keys of up to `limit` failed entries, the latest call first, among the tenant's latest 20,000 entries.
    ///
    /// The index follows the table within moments: an entry may have been retried meanwhile.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn failed_keys(&self, tenant: &TenantId, limit: usize) -> Result<FailedKeys, Error> {
        let filter = Filter::default().states(&[State::Failed]);
        let mut reading = Reading::new(self, tenant, Span::default(), filter, None);
        let (mut keys, mut left) = (Vec::new(), LOOKED_AT);
        while keys.len() <= limit && left > 0 && !reading.has_ended() {
            let (listed, looked_at) = reading.look_at(left).await?;
            left = left.saturating_sub(looked_at);
            keys.extend(listed.into_iter().map(|listed| listed.key));
        }
        let are_all = keys.len() <= limit && reading.has_ended();
        keys.truncate(limit);
        Ok(FailedKeys { keys, are_all })
    }

    /// How many of the tenant's entries failed: 1,000 at most, among its latest 20,000 entries.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn count_failed(&self, tenant: &TenantId) -> Result<FailedCount, Error> {
        let failed = self.failed_keys(tenant, MAX_FAILED).await?;
        Ok(FailedCount { count: failed.keys.len(), is_exact: failed.are_all })
    }
}

fn empty(date: Date) -> DayOutcomes {
    DayOutcomes { date, ..DayOutcomes::default() }
}

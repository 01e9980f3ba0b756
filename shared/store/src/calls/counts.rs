//! Counts of a tenant's outcomes by day, and its failed entries.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::calls::Calls;
use crate::calls::activity::query::ActivityQuery;
use crate::calls::index::filter::Filter;
use crate::calls::index::{IndexQuery, Span};
use crate::calls::state::State;
use crate::error::Error;
use crate::tenant_id::TenantId;

/// Most index entries that are read for a count: some three megabytes.
const SCAN_LIMIT: usize = 20_000;
/// Most days of a count.
const MAX_DAYS: i64 = 366;
/// Most failed entries of a count.
const MAX_FAILED: usize = 1_000;

/// Counts of outcomes for a range of days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DailyOutcomes {
    /// Each day in order, including days without calls.
    pub days: Vec<DayOutcomes>,
    /// Whether all calls are counted. If not, there were too many, and earlier days are incomplete or missing.
    pub is_complete: bool,
}

/// Counts of outcomes of the calls that started on one day. Calls in progress are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayOutcomes {
    /// The day, in the requested time zone.
    pub date: Date,
    /// Calls whose Task is in Salesforce.
    pub logged: u64,
    /// Calls that were deliberately not logged.
    pub skipped: u64,
    /// Calls that were not logged because of an error.
    pub failed: u64,
    /// Calls that are pending for the writer.
    pub waiting: u64,
}

/// Keys of failed entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedKeys {
    /// The keys, latest call first.
    pub keys: Vec<String>,
    /// Whether the list is complete; if not, there may be more.
    pub is_complete: bool,
}

/// The number of failed entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedCount {
    /// The count, capped at 1,000; a lower bound unless `is_exact`.
    pub count: usize,
    /// Whether the count is exact; if not, show it as "more than".
    pub is_exact: bool,
}

impl Calls {
    /// Counts outcomes by day, from `first` to `last` inclusive, in the time zone `zone`.
    /// At most the latest 366 days are counted.
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
            first.series(1.day()).take_while(|date| *date <= last).map(|date| (date, empty_day(date))).collect();
        // The first instant of a day, which is not midnight if clocks go forward then; `None` past the last date.
        let start = |date: Date| date.to_zoned(zone.clone()).ok().map(|start| start.timestamp());
        let span = Span { from: start(first), until: last.tomorrow().ok().and_then(start) };
        let mut index = IndexQuery::new(&self.table, tenant, span, Filter::default(), None);
        let mut budget = if days.is_empty() { 0 } else { SCAN_LIMIT };
        while budget > 0 && !index.has_ended() {
            let (listed, scanned) = index.read_next(budget).await?;
            budget = budget.saturating_sub(scanned);
            for listed in listed {
                let Some(day) = days.get_mut(&listed.started_at.to_zoned(zone.clone()).date()) else { continue };
                match listed.state {
                    Some(State::Logged) => day.logged += 1,
                    Some(State::Skipped) => day.skipped += 1,
                    Some(State::Failed) => day.failed += 1,
                    Some(State::Pending) => day.waiting += 1,
                    Some(State::Open) | None => {}
                }
            }
        }
        let is_complete = !is_cut && (days.is_empty() || index.has_ended());
        Ok(DailyOutcomes { days: days.into_values().collect(), is_complete })
    }

    /// Keys of up to `limit` failed entries among the tenant's latest 20,000 entries, latest call first.
    ///
    /// The index is eventually consistent: an entry may already have been retried.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn failed_keys(&self, tenant: &TenantId, limit: usize) -> Result<FailedKeys, Error> {
        let filter = Filter::default().states(&[State::Failed]);
        let mut index = IndexQuery::new(&self.table, tenant, Span::default(), filter, None);
        let (mut keys, mut budget) = (Vec::new(), SCAN_LIMIT);
        while keys.len() <= limit && budget > 0 && !index.has_ended() {
            let (listed, scanned) = index.read_next(budget).await?;
            budget = budget.saturating_sub(scanned);
            keys.extend(listed.into_iter().map(|listed| listed.key));
        }
        let is_complete = keys.len() <= limit && index.has_ended();
        keys.truncate(limit);
        Ok(FailedKeys { keys, is_complete })
    }

    /// Counts the tenant's failed entries, up to 1,000, among its latest 20,000 entries.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn count_failed(&self, tenant: &TenantId) -> Result<FailedCount, Error> {
        let failed = self.failed_keys(tenant, MAX_FAILED).await?;
        Ok(FailedCount { count: failed.keys.len(), is_exact: failed.is_complete })
    }

    /// Counts the entries of the query after its cursor that the index lists, among the next 20,000 entries. A lower
    /// bound, and at least one, if there are more.
    ///
    /// The index is eventually consistent, and lists entries of an early schema without their line, phone and type: they
    /// count whatever these are.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn count_listed(&self, tenant: &TenantId, query: &ActivityQuery) -> Result<usize, Error> {
        let span = Span { from: query.from, until: query.until };
        let mut index = IndexQuery::new(&self.table, tenant, span, query.filter(), query.cursor.as_ref());
        let (mut count, mut budget) = (0, SCAN_LIMIT);
        while budget > 0 && !index.has_ended() {
            let (listed, scanned) = index.read_next(budget).await?;
            budget = budget.saturating_sub(scanned);
            count += listed.len();
        }
        Ok(if index.has_ended() { count } else { count.max(1) })
    }
}

fn empty_day(date: Date) -> DayOutcomes {
    DayOutcomes { date, ..DayOutcomes::default() }
}

//! Importing calls from Aircall: the runs that `reconcile` takes step by step.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use lambda::Retry;
use rules::FetchCause;
use store::{Backfill, Tenant, TenantId};

use crate::activity::filters::zone_of_most;
use crate::connections::{ConnectionError, lines};
use crate::console::Console;
use crate::web::errors::InvalidField;

/// How many months Aircall lists calls for.
pub(crate) const HISTORY_MONTHS: i64 = 6;

/// The first and the last day of a period, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) from: Date,
    pub(crate) until: Date,
}

/// Why no run was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The days are not valid.
    #[error("{}", .0.message)]
    Invalid(InvalidField),
    /// A run cannot be started now.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
}

impl From<store::Error> for StartError {
    fn from(error: store::Error) -> Self {
        StartError::Connection(error.into())
    }
}

/// The time zone that the days begin in: as in the activity log, that of most lines.
pub(crate) async fn zone(console: &Console, tenant: &TenantId) -> Result<TimeZone, store::Error> {
    Ok(zone_of_most(&lines::lines(console, tenant).await?))
}

impl Days {
    /// The days, if Aircall has calls of them.
    fn check(self, today: Date) -> Result<Self, InvalidField> {
        let invalid = |name, message: &str| Err(InvalidField { name, message: message.to_owned() });
        let oldest = first_day(today);
        if self.until < self.from {
            invalid("until", "The last day is before the first.")
        } else if today < self.until {
            invalid("until", "The last day is in the future.")
        } else if self.from < oldest {
            let message = format!("Aircall has calls of the last six months. The first day is {oldest} or later.");
            invalid("from", &message)
        } else {
            Ok(self)
        }
    }

    /// The days that a run covers.
    pub(crate) fn of(backfill: &Backfill, zone: &TimeZone) -> Self {
        let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
        Self { from: day(backfill.from), until: day(backfill.until) }
    }
}

/// The first day of which Aircall has calls.
pub(crate) fn first_day(today: Date) -> Date {
    today.saturating_sub(HISTORY_MONTHS.months())
}

/// The start of a day.
fn start_of(day: Date, zone: &TimeZone, otherwise: Timestamp) -> Timestamp {
    day.to_zoned(zone.clone()).map_or(otherwise, |start| start.timestamp())
}

/// The first and the last second of the days, which begin in `zone`, if calls of a connected account can be imported.
pub(super) async fn period(
    console: &Console,
    tenant: &TenantId,
    days: Days,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), StartError> {
    let days = days.check(now.to_zoned(zone.clone()).date()).map_err(StartError::Invalid)?;
    let known = console.tenants.get(tenant).await?;
    let is_connected = |connection: &store::AircallConnection| connection.uninstalled_at.is_none();
    if !known.and_then(|known| known.aircall).as_ref().is_some_and(is_connected) {
        return Err(ConnectionError::NotConnected("Aircall").into());
    }
    let from = start_of(days.from, zone, now);
    let end = start_of(days.until.saturating_add(1.day()), zone, now) - jiff::SignedDuration::from_secs(1);
    Ok((from, end.min(now)))
}

/// Starts a run for the days, which begin in `zone`.
pub(crate) async fn start(console: &Console, tenant: &TenantId, days: Days, zone: &TimeZone) -> Result<(), StartError> {
    let now = Timestamp::now();
    let (from, until) = period(console, tenant, days, zone, now).await?;
    let backfill = Backfill::new(FetchCause::Requested, from, until, now)?;
    if begin(console, tenant, &backfill).await? { Ok(()) } else { Err(ConnectionError::Importing.into()) }
}

/// Starts a run for the time in which the webhook may have sent nothing: after it was repaired or replaced.
///
/// A failure is only logged: the hourly comparison finds the same calls.
pub(super) async fn after_repair(console: &Console, known: &Tenant) {
    let started = async {
        let Some(backfill) = known.run_after_repair(Timestamp::now())? else { return Ok(false) };
        begin(console, &known.id, &backfill).await
    };
    if let Err(error) = started.await {
        tracing::warn!(tenant = %known.id, %error, "no backfill was started after the webhook was repaired");
    }
}

/// Stores a run and wakes `reconcile` for its first step. Returns whether it did: not while another run goes on.
async fn begin(console: &Console, tenant: &TenantId, backfill: &Backfill) -> Result<bool, store::Error> {
    if !console.tenants.start_backfill(tenant, backfill).await? {
        return Ok(false);
    }
    let step = Retry::Backfill { tenant: tenant.to_string(), run: backfill.run.clone() };
    if let Err(error) = console.retry_queue.send_after(step, Duration::ZERO).await {
        // The hourly comparison wakes it.
        tracing::warn!(%tenant, %error, "the first step of a backfill is delayed");
    }
    tracing::info!(%tenant, run = backfill.run, cause = backfill.cause.key(), "started a backfill");
    Ok(true)
}

/// Stops the run that goes on, if there is one. Returns the latest run.
pub(crate) async fn stop(console: &Console, tenant: &TenantId) -> Result<Option<Backfill>, store::Error> {
    let latest = latest(console, tenant).await?;
    match latest {
        Some(running) if running.is_running() => {
            console.tenants.stop_backfill(tenant, &running, Timestamp::now()).await?;
            self::latest(console, tenant).await
        }
        latest => Ok(latest),
    }
}

/// The latest run, if there is one.
pub(crate) async fn latest(console: &Console, tenant: &TenantId) -> Result<Option<Backfill>, store::Error> {
    Ok(console.tenants.get(tenant).await?.and_then(|tenant| tenant.backfill))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[track_caller]
    fn check(from: Date, until: Date, expected: Option<&str>) {
        let checked = Days { from, until }.check(date(2026, 8, 31));
        assert_eq!(checked.err().map(|invalid| invalid.name), expected);
    }

    #[test]
    fn days_are_in_order_within_six_months_and_not_in_the_future() {
        check(date(2026, 8, 31), date(2026, 8, 31), None);
        check(date(2026, 2, 28), date(2026, 3, 1), None);
        check(date(2026, 2, 27), date(2026, 3, 1), Some("from"));
        check(date(2026, 8, 31), date(2026, 8, 30), Some("until"));
        check(date(2026, 8, 31), date(2026, 9, 1), Some("until"));
        check(date(2026, 9, 1), date(2026, 9, 1), Some("until"));
    }
}

//! The outcomes of calls, counted per day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use store::{DailyOutcomes, TenantId};

use crate::console::Console;

/// How many days are counted by default.
pub(crate) const DAYS: i64 = 14;

/// The first and last of the latest 14 days in a time zone, including today.
pub(crate) fn latest(zone: &TimeZone, now: Timestamp) -> (Date, Date) {
    let today = now.to_zoned(zone.clone()).date();
    (today.saturating_sub((DAYS - 1).days()), today)
}

/// Counts the outcomes of calls from the day `first` to the day `last`, both included.
pub(crate) async fn count(
    console: &Console,
    tenant: &TenantId,
    (first, last): (Date, Date),
    zone: &TimeZone,
) -> Result<DailyOutcomes, store::Error> {
    console.calls.daily_outcomes(tenant, first, last, zone).await
}

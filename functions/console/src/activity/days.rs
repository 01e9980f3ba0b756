//! What became of the calls of the last days.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use store::{DailyOutcomes, TenantId};

use crate::console::Console;

/// How many days are counted when nobody says.
pub(crate) const DAYS: i64 = 14;

/// The last 14 days of a zone, today included.
pub(crate) fn latest(zone: &TimeZone, now: Timestamp) -> (Date, Date) {
    let today = now.to_zoned(zone.clone()).date();
    (today.saturating_sub((DAYS - 1).days()), today)
}

/// What became of the calls from the day `first` to the day `last`, both included.
pub(crate) async fn count(
    console: &Console,
    tenant: &TenantId,
    (first, last): (Date, Date),
    zone: &TimeZone,
) -> Result<DailyOutcomes, store::Error> {
    console.calls.daily_outcomes(tenant, first, last, zone).await
}

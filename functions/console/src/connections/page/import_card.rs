//! The part of the page that imports calls.

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use store::{Backfill, BackfillState};

use crate::connections::aircall::backfill::{Days, first_day};
use crate::connections::aircall::import_preview::ImportPreview;
use crate::web::errors::Errors;
use crate::web::when::When;

/// Field names, which are also the ids in the page.
pub(crate) const FROM: &str = "import_from";
pub(crate) const UNTIL: &str = "import_until";

/// Days that the form offers.
const DAYS: i64 = 7;

/// The form, and the latest import.
#[derive(Debug)]
pub(crate) struct ImportCard {
    pub(crate) latest: Option<LatestImport>,
    /// What an import of the days would log, as a sentence.
    pub(crate) preview: Option<String>,
    /// The days in the form.
    pub(crate) from: String,
    pub(crate) until: String,
    /// The first and the last day that can be chosen.
    pub(crate) min: String,
    pub(crate) max: String,
    pub(crate) from_error: Option<String>,
    pub(crate) until_error: Option<String>,
}

/// The latest import.
#[derive(Debug)]
pub(crate) struct LatestImport {
    pub(crate) is_running: bool,
    pub(crate) has_failed: bool,
    /// What became of it, as a sentence.
    pub(crate) sentence: String,
    pub(crate) at: When,
    pub(crate) problem: Option<String>,
}

impl ImportCard {
    /// `typed` are the days of a form that was refused.
    pub(crate) fn new(
        latest: Option<&Backfill>,
        typed: Option<(String, String)>,
        preview: Option<ImportPreview>,
        zone: &TimeZone,
        errors: &Errors,
    ) -> Self {
        let today = Timestamp::now().to_zoned(zone.clone()).date();
        let offered = || (today.saturating_sub((DAYS - 1).days()).to_string(), today.to_string());
        let (from, until) = typed.unwrap_or_else(offered);
        let error = |field| errors.message_for(field).map(str::to_owned);
        Self {
            latest: latest.map(|latest| LatestImport::new(latest, zone)),
            preview: preview.map(sentence),
            from,
            until,
            min: first_day(today).to_string(),
            max: today.to_string(),
            from_error: error(FROM),
            until_error: error(UNTIL),
        }
    }
}

/// What was counted.
fn sentence(ImportPreview { calls, missing, to_log, has_more }: ImportPreview) -> String {
    let (first, more) = if has_more { ("the first ", " There are more calls than were counted.") } else { ("", "") };
    format!(
        "Of {first}{calls} calls of these days, {missing} are missing, and today’s settings log {to_log} of those.{more} Whether a record is found is known when they are written."
    )
}

impl LatestImport {
    fn new(backfill: &Backfill, zone: &TimeZone) -> Self {
        let Days { from, until } = Days::of(backfill, zone);
        let period = if from == until { format!("of {from}") } else { format!("from {from} to {until}") };
        let what = match backfill.state {
            BackfillState::Running => "are being imported",
            BackfillState::Done => "were imported",
            BackfillState::Stopped => "were imported until it was stopped",
            BackfillState::Failed => "were not all imported",
        };
        let Backfill { calls, queued, .. } = backfill;
        let counts = format!("{calls} seen in Aircall, {queued} of them were missing and are evaluated");
        Self {
            is_running: backfill.is_running(),
            has_failed: backfill.state == BackfillState::Failed,
            sentence: format!("The calls {period} {what}: {counts}."),
            at: When::new(backfill.at),
            problem: backfill.problem.clone(),
        }
    }
}

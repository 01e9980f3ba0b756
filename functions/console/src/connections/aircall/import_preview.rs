//! What the settings would make of the calls of an import.

use std::collections::BTreeSet;

use aircall::Webhook;
use aircall::client::{Call, Client};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::decide::decide;
use rules::{CallDocument, CallReport, FetchCause, Fetched, Verdict};
use store::{AircallAuth, Completeness, TenantId};

use super::backfill::{Days, StartError, period};
use super::client_of;
use crate::connections::ConnectionError;
use crate::console::Console;

/// The most pages that a preview reads, of 50 calls each: Aircall allows a company 120 requests a minute, for all its
/// integrations.
const MAX_PAGES: u32 = 6;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImportPreview {
    /// Calls that were looked at: the first of the period.
    pub(crate) calls: u64,
    /// Those of them that are over, of lines whose calls we get, and have no complete entry.
    pub(crate) missing: u64,
    /// Those of them that the settings log. Whether a record is found is known when they are written.
    pub(crate) to_log: u64,
    /// Whether the period has more calls than were looked at.
    pub(crate) has_more: bool,
}

/// Counts what an import of the days, which begin in `zone`, would log. Nothing is stored or queued.
///
/// # Errors
/// As an import, and if Aircall does not answer.
pub(crate) async fn preview(
    console: &Console,
    tenant: &TenantId,
    days: Days,
    zone: &TimeZone,
) -> Result<ImportPreview, StartError> {
    let now = Timestamp::now();
    let (from, until) = period(console, tenant, days, zone, now).await?;
    let client = client_of(console, tenant).await?;
    let settings = console.settings.get(tenant).await?;
    let company = console.tenants.company(tenant).await?;
    let attached = attached_lines(console, tenant, &client).await?;
    let mut counted = ImportPreview::default();
    for number in 1..=MAX_PAGES {
        let page = client.call_page(from, until, number).await.map_err(ConnectionError::from)?;
        counted.calls += count(page.calls.len());
        counted.has_more = page.has_next;
        let is_ours = |call: &&Call| call.ended_at.is_some() && attached.as_ref().is_none_or(|lines| call.is_on(lines));
        let ended: Vec<&Call> = page.calls.iter().filter(is_ours).collect();
        let keys: Vec<String> = ended.iter().map(|call| call.id.key()).collect();
        let known = console.calls.completeness(tenant, &keys).await?;
        let is_missing =
            |call: &&Call| Completeness::is_lacking(known.get(&call.id.key()).copied(), FetchCause::Requested);
        let missing: Vec<&Call> = ended.into_iter().filter(is_missing).collect();
        counted.missing += count(missing.len());
        let documents = missing.into_iter().filter_map(|call| fetched(call, now));
        let is_logged = |document: &CallDocument| {
            let decision = decide(&document.clone().into(), &settings, &company, None);
            decision.is_some_and(|decision| matches!(decision.verdict, Verdict::Log(_)))
        };
        counted.to_log += count(documents.filter(is_logged).count());
        if !page.has_next {
            break;
        }
    }
    Ok(counted)
}

/// The lines whose calls an app gets; `None` if these are all.
async fn attached_lines(
    console: &Console,
    tenant: &TenantId,
    client: &Client,
) -> Result<Option<BTreeSet<u64>>, StartError> {
    let connection = console.tenants.get(tenant).await?.and_then(|known| known.aircall);
    if connection.is_none_or(|connection| connection.how != AircallAuth::OAuth) {
        return Ok(None);
    }
    let app = client.integration().await.map_err(ConnectionError::from)?;
    Ok(app.and_then(|app| app.lines).map(BTreeSet::from_iter))
}

fn count(calls: usize) -> u64 {
    u64::try_from(calls).unwrap_or(u64::MAX)
}

/// The document that an import makes of a call.
fn fetched(call: &Call, now: Timestamp) -> Option<CallDocument> {
    match Webhook::parse(&call.ended_body(now)?, now) {
        Ok(Webhook::Call(report)) => {
            let fetched = Some(Fetched { at: now, cause: FetchCause::Requested });
            Some(CallReport { fetched, ..*report }.into())
        }
        Ok(Webhook::Message(_) | Webhook::Uninstalled(_) | Webhook::Other) | Err(_) => None,
    }
}

//! Decides again about skipped entries, by the current settings. The rules decide; the writer is woken for what is logged.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use lambda::Retry;
use rules::decide_again::{DecideAgain, decide_again};
use rules::{Company, Decision, Document, Settings, Verdict};
use store::{Cursor, Entry, State, TenantId};

use super::filters::Filters;
use super::outcome::Outcome;
use super::search::{self, Found, Paging, search};
use crate::console::Console;
use crate::console::aircall::Lines;
use crate::web::error::ApiError;
use crate::web::session::Session;

/// How many entries are updated concurrently.
const CONCURRENCY: usize = 20;
/// How often an entry is decided that other changes conflict with.
const ATTEMPTS: u32 = 5;

/// How much one request decides again.
#[derive(Clone, Copy, Debug)]
pub struct DecideAgainBounds {
    /// The most entries.
    pub entries: usize,
    /// How many of them are read at once.
    pub page: usize,
    /// No further page is begun after this time: API Gateway times out after half a minute.
    pub time: Duration,
}

impl Default for DecideAgainBounds {
    fn default() -> Self {
        Self { entries: 5_000, page: 100, time: Duration::from_secs(18) }
    }
}

/// Which skipped entries to decide again.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(crate) filters: Filters,
    /// Where an earlier request stopped.
    pub(crate) cursor: Option<Cursor>,
}

/// What to do with the decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Only count them.
    DryRun,
    /// Store them.
    Store,
}

/// The result of deciding again about many entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct DecidedAgain {
    /// How many skipped entries were decided.
    pub(crate) decided: usize,
    /// How many of them the settings now log.
    pub(crate) to_log: usize,
    /// How many skipped entries were not reached; a lower bound if they are very many.
    pub(crate) left: usize,
    /// Where these begin, if there are any.
    pub(crate) next: Option<Cursor>,
}

/// Decides again about one entry. Returns it with the new decision; `None` if the entry is not skipped.
pub(crate) async fn one(console: &Console, session: &Session, key: &str) -> Result<Option<Entry>, ApiError> {
    let entry = super::entry(console, &session.tenant, key).await?;
    let judge = Judge::new(console, session, Mode::Store).await?;
    let unread = Unread::new(&entry);
    let verdict = judge.decide(entry).await?;
    if verdict.is_none() {
        return Ok(None);
    }
    // Before it is sent again, which may remove it.
    let decided = super::entry(console, &session.tenant, key).await?;
    if let Some(unread) = unread {
        judge.send_again(unread).await?;
    }
    if let Some(Verdict::Log(_)) = verdict {
        super::wake(console, &session.tenant, Some(key), &format!("{key}-again-{}", judge.request.at.as_millisecond()))
            .await;
    }
    Ok(Some(decided))
}

/// What arrived of an event that could not be read or was given up.
struct Unread {
    key: String,
    bodies: Vec<String>,
}

impl Unread {
    fn new(entry: &Entry) -> Option<Self> {
        match &entry.document {
            Document::Unreadable { unreadable } => {
                Some(Self { key: entry.key.clone(), bodies: unreadable.bodies.iter().cloned().collect() })
            }
            Document::Call(_) | Document::Messages(_) => None,
        }
    }
}

/// Decides again about the skipped entries of a selection, the latest call first, within the console's bounds.
pub(crate) async fn all(
    console: &Console,
    session: &Session,
    Selection { mut filters, mut cursor }: Selection,
    lines: &Lines,
    mode: Mode,
) -> Result<DecidedAgain, store::Error> {
    if !matches!(filters.outcome, None | Some(Outcome::Skipped)) {
        return Ok(DecidedAgain::default());
    }
    filters.outcome = Some(Outcome::Skipped);
    let (began, bounds) = (Instant::now(), console.decide_again);
    let judge = Judge::new(console, session, mode).await?;
    let mut result = DecidedAgain::default();
    let outcome = loop {
        let paging = Paging::new(bounds.page.min(bounds.entries - result.decided), cursor.take());
        let Found { entries, next, phone } = search(console, &session.tenant, &filters, paging, lines).await?;
        if let Some(phone) = phone {
            phone.as_str().clone_into(&mut filters.search);
        }
        let entries = entries.into_iter().filter_map(|entry| entry.inspect_err(|e| drop(super::unreadable(e))).ok());
        let outcome = judge.decide_page(entries.collect(), &mut result).await;
        cursor = next;
        let is_over = bounds.entries <= result.decided || bounds.time <= began.elapsed();
        if outcome.is_err() || cursor.is_none() || is_over {
            break outcome;
        }
    };
    if mode == Mode::Store && result.to_log > 0 {
        let deduplication_id = format!("decide-again-{}", judge.request.at.as_millisecond());
        super::wake(console, &session.tenant, None, &deduplication_id).await;
    }
    outcome?;
    if let Some(next) = cursor {
        let rest = Paging::new(bounds.page, Some(next.clone()));
        result.left = search::count(console, &session.tenant, &filters, rest, lines).await?;
        result.next = Some(next).filter(|_| result.left > 0);
    }
    let DecidedAgain { decided, to_log, left, .. } = result;
    tracing::info!(tenant = %session.tenant, decided, to_log, left, ?mode, "decided again");
    Ok(result)
}

/// What one request decides by.
struct Judge<'a> {
    console: &'a Console,
    tenant: &'a TenantId,
    settings: Settings,
    company: Company,
    request: DecideAgain<'a>,
    mode: Mode,
}

impl<'a> Judge<'a> {
    async fn new(console: &'a Console, session: &'a Session, mode: Mode) -> Result<Self, store::Error> {
        let tenant = &session.tenant;
        let (settings, company) = tokio::join!(console.settings.get(tenant), console.tenants.company(tenant));
        let request = DecideAgain { by: session.label(), at: Timestamp::now() };
        Ok(Self { console, tenant, settings: settings?, company: company?, request, mode })
    }

    /// Decides about a page of entries, and counts them. All are decided, whatever the error of one of them is.
    async fn decide_page(&self, entries: Vec<Entry>, result: &mut DecidedAgain) -> Result<(), store::Error> {
        let mut outcome = Ok(());
        let mut verdicts = stream::iter(entries).map(|entry| self.decide_and_send(entry)).buffer_unordered(CONCURRENCY);
        while let Some(verdict) = verdicts.next().await {
            match verdict {
                Ok(verdict) => {
                    result.decided += usize::from(verdict.is_some());
                    result.to_log += usize::from(matches!(verdict, Some(Verdict::Log(_))));
                }
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Decides about an entry, and sends what arrived once more if it could not be read.
    async fn decide_and_send(&self, entry: Entry) -> Result<Option<Verdict>, store::Error> {
        let unread = Unread::new(&entry).filter(|_| self.mode == Mode::Store);
        let verdict = self.decide(entry).await?;
        if let Some(unread) = unread.filter(|_| verdict.is_some()) {
            self.send_again(unread).await?;
        }
        Ok(verdict)
    }

    /// Has `reconcile` send the bodies that are still kept to be evaluated once more.
    async fn send_again(&self, Unread { key, bodies }: Unread) -> Result<(), store::Error> {
        let again = Retry::SendAgain { tenant: self.tenant.to_string(), key, bodies };
        let sent = self.console.retry_queue.send_after(again, Duration::ZERO).await;
        sent.map_err(|error| store::Error::Retry { operation: "SendMessage", cause: error.to_string() })
    }

    /// Decides about an entry and stores the decision, unless another change conflicts: then it is read and decided once
    /// more. Returns its verdict; `None` if it is not skipped, or no longer.
    async fn decide(&self, mut entry: Entry) -> Result<Option<Verdict>, store::Error> {
        let (calls, tenant) = (&self.console.calls, self.tenant);
        for _ in 0..ATTEMPTS {
            let Some(decision) = self.decision(&entry) else { return Ok(None) };
            let verdict = Some(decision.verdict);
            let is_unchanged =
                matches!(decision.verdict, Verdict::Skip(_)) && entry.decision.as_ref() == Some(&decision);
            if is_unchanged || self.mode == Mode::DryRun {
                return Ok(verdict);
            }
            if calls.replace_decision(tenant, &entry, &decision, self.request.at).await? {
                return Ok(verdict);
            }
            let Some(current) = calls.get(tenant, &entry.key).await? else { return Ok(None) };
            if current.version == entry.version + 1 && current.decision.as_ref() == Some(&decision) {
                // Our own change, sent again because its response was lost.
                return Ok(verdict);
            }
            entry = current;
        }
        let cause = format!("the entry was changed {ATTEMPTS} times meanwhile");
        Err(store::Error::Retry { operation: "UpdateItem", cause })
    }

    /// The decision about a skipped entry. One that has a Task keeps it.
    fn decision(&self, entry: &Entry) -> Option<Decision> {
        let Entry { document, decision, .. } = Some(entry).filter(|entry| entry.state == State::Skipped)?;
        let decision = decide_again(document, &self.settings, &self.company, decision.as_ref(), self.request)?;
        Some(match entry.task_status() {
            Some(status) => decision.keep_task(status),
            None => decision,
        })
    }
}

//! The activity log: a tenant's entries, latest call first, optionally filtered.

use std::collections::HashMap;

use jiff::Timestamp;
use rules::{CallType, E164, LineId};

use crate::calls::Calls;
use crate::cursor::Cursor;
use crate::entry::{Entry, State};
use crate::error::{Corrupt, Error};
use crate::index::{self, Filter, IndexQuery, Listed, Span};
use crate::item;
use crate::tenant::TenantId;

/// Each further step of a search scans this many times as many entries as the one before.
const STEP_GROWTH: usize = 4;

/// Which entries of the activity log to show. The default is the latest 25, unfiltered.
#[derive(Clone, Debug)]
pub struct ActivityQuery {
    /// Page size.
    pub limit: usize,
    /// Where to begin; `None` begins at the latest call.
    pub cursor: Option<Cursor>,
    /// Only entries in one of these states; empty means any. Waiting entries are [`State::Pending`].
    pub states: Vec<State>,
    /// Only calls of one of these types; empty means any. A call has a type once it has a decision.
    pub call_types: Vec<CallType>,
    /// Only messages; together with `call_types`, messages in addition to those calls.
    pub messages: bool,
    /// Only calls on this line.
    pub number: Option<LineId>,
    /// Only calls that started at or after this instant; second precision.
    pub from: Option<Timestamp>,
    /// Only calls that started before this instant; second precision.
    pub until: Option<Timestamp>,
    /// Only calls with this phone number as the other party.
    pub phone: Option<E164>,
    /// Scan limit: the most entries that are read for one page. A page may therefore be shorter than `limit`, or even
    /// empty, without being the last.
    pub scan_limit: usize,
}

impl Default for ActivityQuery {
    fn default() -> Self {
        Self {
            limit: 25,
            cursor: None,
            states: Vec::new(),
            call_types: Vec::new(),
            messages: false,
            number: None,
            from: None,
            until: None,
            phone: None,
            scan_limit: 2_000,
        }
    }
}

/// A page of the activity log, newest first.
#[derive(Debug)]
pub struct Page {
    /// Its entries; an unreadable one does not hide the others.
    pub entries: Vec<Result<Entry, Corrupt>>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Cursor>,
}

impl Calls {
    /// Up to `limit` of the tenant's entries after `cursor`, latest call first.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn activity(&self, tenant: &TenantId, limit: usize, cursor: Option<&Cursor>) -> Result<Page, Error> {
        self.search(tenant, &ActivityQuery { limit, cursor: cursor.cloned(), ..ActivityQuery::default() }).await
    }

    /// The tenant's entries that match `query`, latest call first.
    ///
    /// The index is eventually consistent, so each hit is read from the table (a consistent read) and filtered again.
    /// An unreadable entry is included if the index lists it.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn search(&self, tenant: &TenantId, query: &ActivityQuery) -> Result<Page, Error> {
        let limit = query.limit.max(1);
        let span = Span { from: query.from, until: query.until };
        let mut index = IndexQuery::new(self, tenant, span, query.filter(), query.cursor.as_ref());
        let mut found = Vec::new();
        let (mut budget, mut step) = (query.scan_limit.max(1), limit.saturating_add(1));
        // One more than the page holds shows whether there is a next page.
        while found.len() <= limit && budget > 0 && !index.has_ended() {
            let (listed, scanned) = index.read_next(step.min(budget)).await?;
            budget = budget.saturating_sub(scanned);
            step = step.saturating_mul(STEP_GROWTH);
            let mut listed = listed.into_iter().peekable();
            while found.len() <= limit && listed.peek().is_some() {
                let batch = listed.by_ref().take(limit + 1 - found.len()).collect();
                found.extend(self.read_matching(tenant, query, batch).await?);
            }
        }
        let next = if found.len() > limit {
            found.truncate(limit);
            found.last().map(|(cursor, _)| cursor.clone())
        } else {
            index.position()
        };
        Ok(Page { entries: found.into_iter().map(|(_, entry)| entry).collect(), next })
    }

    /// Those of the listed entries that exist in the table and match the query, in the same order.
    async fn read_matching(
        &self,
        tenant: &TenantId,
        query: &ActivityQuery,
        listed: Vec<Listed>,
    ) -> Result<Vec<(Cursor, Result<Entry, Corrupt>)>, Error> {
        let keys: Vec<String> = listed.iter().map(|listed| listed.key.clone()).collect();
        let key = |entry: &Result<Entry, Corrupt>| match entry {
            Ok(entry) => entry.key.clone(),
            Err(corrupt) => corrupt.key.clone(),
        };
        let read = self.get_many(tenant, &keys).await?.into_iter().map(|entry| (key(&entry), entry));
        let mut read: HashMap<String, Result<Entry, Corrupt>> = read.collect();
        let listed = listed.into_iter().filter_map(|listed| Some((listed.cursor, read.remove(&listed.key)?)));
        Ok(listed.filter(|(_, entry)| entry.as_ref().map_or(true, |entry| query.matches(entry))).collect())
    }
}

impl ActivityQuery {
    fn filter(&self) -> Filter {
        let messages = self.messages.then(|| item::text(index::MESSAGES));
        Filter::default()
            .states(&self.states)
            .one_of_or_unindexed("call_type", self.call_types.iter().map(item::value).chain(messages).collect())
            .one_of_or_unindexed("number", self.number.iter().map(item::value).collect())
            .one_of_or_unindexed("party", index::phone(self.phone.as_ref()))
    }

    fn matches(&self, entry: &Entry) -> bool {
        let interaction = entry.document.interaction();
        let is_any = self.call_types.is_empty() && !self.messages;
        let has_type = || match interaction.call() {
            Some(call) => entry.decision.is_some() && self.call_types.contains(&CallType::classify(call)),
            None => self.messages,
        };
        (self.states.is_empty() || self.states.contains(&entry.state))
            && (is_any || has_type())
            && self.number.is_none_or(|line| interaction.line().id == line)
            && self.phone.as_ref().is_none_or(|phone| interaction.party().phone() == Some(phone))
    }
}

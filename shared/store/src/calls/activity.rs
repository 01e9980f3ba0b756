//! The activity log: a tenant's entries, latest call first, optionally filtered.

pub(crate) mod query;

use std::collections::HashMap;

use crate::calls::Calls;
use crate::calls::activity::query::ActivityQuery;
use crate::calls::cursor::Cursor;
use crate::calls::entry::Entry;
use crate::calls::index::{IndexQuery, Listed, Span};
use crate::error::{Corrupt, Error};
use crate::tenant_id::TenantId;

/// Each further step of a search scans this many times as many entries as the one before.
const STEP_GROWTH: usize = 4;

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
        let mut index = IndexQuery::new(&self.table, tenant, span, query.filter(), query.cursor.as_ref());
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

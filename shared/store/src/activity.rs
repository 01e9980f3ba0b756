//! The activity log: a tenant's entries, the latest call first, all or those that are asked for.

use std::collections::HashMap;

use jiff::Timestamp;
use rules::{CallType, E164, LineId};

use crate::calls::Calls;
use crate::cursor::Cursor;
use crate::entry::{Entry, State};
use crate::error::{Corrupt, Error};
use crate::index::{self, Filter, Listed, Reading, Span};
use crate::item;
use crate::tenant::TenantId;

/// How many times as many entries are looked at in each further step of a search.
const STRIDE: usize = 4;

/// Which entries of the activity log to show. The default is the latest 25 of all.
#[derive(Clone, Debug)]
pub struct ActivityQuery {
    /// Most entries of a page.
    pub limit: usize,
    /// Where to begin; none is at the latest call.
    pub cursor: Option<Cursor>,
    /// Only entries in one of these states; none means any. Those that wait are [`State::Pending`].
    pub states: Vec<State>,
    /// Only calls of one of these types, which a call has once it is decided about; none means any.
    pub call_types: Vec<CallType>,
    /// Only messages or, with call types, these as well.
    pub messages: bool,
    /// Only calls over this Aircall number (line).
    pub number: Option<LineId>,
    /// Only calls that started then or later; to the second.
    pub from: Option<Timestamp>,
    /// Only calls that started before; to the second.
    pub until: Option<Timestamp>,
    /// Only calls with this other party.
    pub phone: Option<E164>,
    /// Most entries that are looked at for one page, which may therefore be shorter than `limit`, or empty, and not be
    /// the last.
    pub look_at: usize,
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
            look_at: 2_000,
        }
    }
}

/// A page of the activity log, newest first.
#[derive(Debug)]
pub struct Page {
    /// Its entries; one that cannot be read hides none of the others.
    pub entries: Vec<Result<Entry, Corrupt>>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Cursor>,
}

impl Calls {
    /// Up to `limit` of the tenant's entries, the latest call first, from behind `cursor`.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn activity(&self, tenant: &TenantId, limit: usize, cursor: Option<&Cursor>) -> Result<Page, Error> {
        self.search(tenant, &ActivityQuery { limit, cursor: cursor.cloned(), ..ActivityQuery::default() }).await
    }

    /// The tenant's entries that `query` asks for, the latest call first.
    ///
    /// What the index finds is read from the table (a consistent read), which has the last word.
    /// An entry that cannot be read is shown if the index found it.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn search(&self, tenant: &TenantId, query: &ActivityQuery) -> Result<Page, Error> {
        let limit = query.limit.max(1);
        let span = Span { from: query.from, until: query.until };
        let mut reading = Reading::new(self, tenant, span, query.filter(), query.cursor.as_ref());
        let mut found = Vec::new();
        let (mut left, mut step) = (query.look_at.max(1), limit.saturating_add(1));
        // One more than is shown tells whether there is a next page.
        while found.len() <= limit && left > 0 && !reading.has_ended() {
            let (listed, looked_at) = reading.look_at(step.min(left)).await?;
            left = left.saturating_sub(looked_at);
            step = step.saturating_mul(STRIDE);
            let mut listed = listed.into_iter().peekable();
            while found.len() <= limit && listed.peek().is_some() {
                let wanted = listed.by_ref().take(limit + 1 - found.len()).collect();
                found.extend(self.read(tenant, query, wanted).await?);
            }
        }
        let next = if found.len() > limit {
            found.truncate(limit);
            found.last().map(|(cursor, _)| cursor.clone())
        } else {
            reading.position()
        };
        Ok(Page { entries: found.into_iter().map(|(_, entry)| entry).collect(), next })
    }

    /// Those of the entries that are there and as the query wants them, in the same order.
    async fn read(
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
        Ok(listed.filter(|(_, entry)| entry.as_ref().map_or(true, |entry| query.wants(entry))).collect())
    }
}

impl ActivityQuery {
    fn filter(&self) -> Filter {
        let messages = self.messages.then(|| item::text(index::MESSAGES));
        Filter::default()
            .states(&self.states)
            .perhaps("call_type", self.call_types.iter().map(item::value).chain(messages).collect())
            .perhaps("number", self.number.iter().map(item::value).collect())
            .perhaps("party", index::party(self.phone.as_ref()))
    }

    fn wants(&self, entry: &Entry) -> bool {
        let interaction = entry.document.interaction();
        let is_any = self.call_types.is_empty() && !self.messages;
        let has_type = || match interaction.call() {
            Some(call) => entry.decision.is_some() && self.call_types.contains(&CallType::classify(call)),
            None => self.messages,
        };
        (self.states.is_empty() || self.states.contains(&entry.state))
            && (is_any || has_type())
            && self.number.is_none_or(|number| interaction.line().id == number)
            && self.phone.as_ref().is_none_or(|phone| interaction.party().phone() == Some(phone))
    }
}

//! Queries of the activity log.

use jiff::Timestamp;
use rules::{CallType, E164, LineId};

use crate::calls::cursor::Cursor;
use crate::calls::entry::Entry;
use crate::calls::index;
use crate::calls::index::filter::Filter;
use crate::calls::state::State;
use crate::dynamodb::item;

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

impl ActivityQuery {
    /// The filter on the index that passes every entry of the query, and perhaps others.
    pub(in crate::calls) fn filter(&self) -> Filter {
        let messages = self.messages.then(|| item::text(index::MESSAGES));
        Filter::default()
            .states(&self.states)
            .one_of_or_unindexed("call_type", self.call_types.iter().map(item::value).chain(messages).collect())
            .one_of_or_unindexed("number", self.number.iter().map(item::value).collect())
            .one_of_or_unindexed("party", self.phone.iter().map(|phone| item::text(phone.as_str())).collect())
    }

    /// Whether an entry of the table matches.
    pub(super) fn matches(&self, entry: &Entry) -> bool {
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

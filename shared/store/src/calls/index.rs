//! The index `activity`: a tenant's entries, sorted by when their calls started, with the attributes for searches and
//! counts.
//!
//! It holds `key`, `occurred_at` and `state` of each entry. Entries merged since these attributes were introduced also
//! have `number` (the line's id), `party` (the other party's phone number, if any) and `call_type` (once there is a
//! decision; `messages` for messages).
//! An index entry has some 150 bytes instead of several kilobytes: DynamoDB's charges and limits depend on the bytes
//! read. The index is eventually consistent, so searches read their hits from the table again.

pub(super) mod filter;

use jiff::Timestamp;
use rules::{CallType, Decision, Interaction};

use crate::calls::cursor::Cursor;
use crate::calls::index::filter::Filter;
use crate::calls::keys;
use crate::calls::state::State;
use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes};
use crate::dynamodb::table::Table;
use crate::error::{self, Error};
use crate::tenant_id::TenantId;

/// The last UNIX second with ten digits, up to which text sorts like time: the year 2286.
const LAST: i64 = 9_999_999_999;

/// The value of `call_type` for entries of messages.
pub(super) const MESSAGES: &str = "messages";

/// Adds the index's attributes, except the state, to an update of an entry.
pub(super) fn set_attributes(
    update: Update,
    key: &str,
    interaction: &Interaction,
    decision: Option<&Decision>,
) -> Update {
    let call_type = match interaction {
        Interaction::Call(call) => decision.map(|_| item::value(&CallType::classify(call))),
        Interaction::Messages(_) => Some(item::text(MESSAGES)),
        Interaction::Unreadable(_) => None,
    };
    update
        .set("occurred_at", item::text(keys::occurred_at(interaction.started_at(), key)))
        .set("number", item::value(&interaction.line().id))
        .set_or_remove("party", interaction.party().phone().map(|phone| item::text(phone.as_str())))
        .set_or_remove("call_type", call_type)
}

/// Range of call starts: from `from` on and before `until`; second precision.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

/// A query for a tenant's entries in the index, latest call first, with its position.
pub(super) struct IndexQuery<'a> {
    table: &'a Table,
    tenant: &'a TenantId,
    /// The first and the last sort key. The text of an instant sorts before every entry of that instant.
    bounds: (String, String),
    filter: Filter,
    start_key: Option<Attributes>,
    ended: bool,
}

/// An entry as listed in the index.
pub(super) struct Listed {
    /// The entry's key.
    pub(super) key: String,
    /// When its call started.
    pub(super) started_at: Timestamp,
    /// Its state; `None` if it cannot be read.
    pub(super) state: Option<State>,
    /// The cursor of a page that ends with this entry.
    pub(super) cursor: Cursor,
}

impl<'a> IndexQuery<'a> {
    /// Starts after `cursor`, or with the latest entry.
    pub(super) fn new(
        table: &'a Table,
        tenant: &'a TenantId,
        span: Span,
        filter: Filter,
        cursor: Option<&Cursor>,
    ) -> Self {
        let text = |at: i64| format!("{:010}", at.clamp(0, LAST));
        let bounds =
            (text(span.from.map_or(0, Timestamp::as_second)), text(span.until.map_or(LAST, Timestamp::as_second)));
        // DynamoDB rejects a start key outside the bounds, where a cursor of a query with other dates may be.
        let cursor = cursor.filter(|cursor| cursor.occurred_at() < bounds.1.as_str());
        let ended = bounds.0 >= bounds.1 || cursor.is_some_and(|cursor| cursor.occurred_at() < bounds.0.as_str());
        let start_key = cursor.map(Cursor::exclusive_start_key);
        Self { table, tenant, bounds, filter, start_key, ended }
    }

    /// Whether all entries have been read.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The cursor after the last entry that was read, unless all have been.
    pub(super) fn position(&self) -> Option<Cursor> {
        self.start_key.as_ref().filter(|_| !self.ended).and_then(|item| Cursor::after(self.tenant, item))
    }

    /// Reads up to `limit` further entries. Returns those that pass the filter, and how many were read.
    pub(super) async fn read_next(&mut self, limit: usize) -> Result<(Vec<Listed>, usize), Error> {
        if self.ended || limit == 0 {
            return Ok((Vec::new(), 0));
        }
        let Filter { conditions, names, values } = self.filter.clone();
        let mut request = self
            .table
            .query()
            .index_name("activity")
            .key_condition_expression("#tenant = :tenant AND #occurred_at BETWEEN :from AND :until")
            .projection_expression("#tenant, #key, #occurred_at, #state")
            .set_filter_expression((!conditions.is_empty()).then(|| conditions.join(" AND ")))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .expression_attribute_values(":tenant", item::text(self.tenant.as_str()))
            .expression_attribute_values(":from", item::text(&self.bounds.0))
            .expression_attribute_values(":until", item::text(&self.bounds.1))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(self.start_key.take());
        for name in ["tenant", "key", "occurred_at", "state"] {
            request = request.expression_attribute_names(format!("#{name}"), name);
        }
        let answer = request.send().await.map_err(|e| error::from_sdk("Query", &e))?;
        self.start_key = answer.last_evaluated_key;
        self.ended = self.start_key.is_none();
        let listed = answer.items.unwrap_or_default().into_iter().filter_map(|item| self.listed(item)).collect();
        Ok((listed, usize::try_from(answer.scanned_count).unwrap_or_default().max(1)))
    }

    fn listed(&self, item: Attributes) -> Option<Listed> {
        let cursor = Cursor::after(self.tenant, &item)?;
        let started_at = keys::parse_occurred_at(cursor.occurred_at())?;
        let state = item.get("state").cloned().and_then(|state| serde_dynamo::from_attribute_value(state).ok());
        Some(Listed { key: cursor.key().to_owned(), started_at, state, cursor })
    }
}

//! The index `activity`: a tenant's entries in the order of their calls, with what they are searched and counted by.
//!
//! It holds, of each entry, `key`, `occurred_at` and `state`, and of entries that were merged since it does,
//! `number` (the line's id), `party` (the other party's number, if there is one) and `call_type` (once it is decided, and
//! of messages `messages`).
//! An entry is thereby some 150 bytes small instead of several kilobytes: DynamoDB charges and limits what it looks at.
//! It follows the table within moments, so what it leads to is looked at again in the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::{CallType, Decision, E164, Interaction};

use crate::calls::Calls;
use crate::cursor::Cursor;
use crate::entry::State;
use crate::error::{self, Error};
use crate::expression::Update;
use crate::item::{self, Attributes};
use crate::tenant::TenantId;

/// The last instant whose text sorts as it does: the year 2286.
const LAST: i64 = 9_999_999_999;

/// What entries of messages have in place of a call type.
pub(crate) const MESSAGES: &str = "messages";

/// When an entry's call started, as text that sorts likewise; behind it `#` and the entry's key.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{:010}", at.as_second())
}

/// Adds to an update of the entry what the index holds of it, but for its state.
pub(crate) fn set_attributes(
    update: Update,
    key: &str,
    interaction: &Interaction,
    decision: Option<&Decision>,
) -> Update {
    let call_type = match interaction {
        Interaction::Call(call) => decision.map(|_| item::value(&CallType::classify(call))),
        Interaction::Messages(_) => Some(item::text(MESSAGES)),
    };
    update
        .set("occurred_at", item::text(format!("{}#{key}", instant(interaction.started_at()))))
        .set("number", item::value(&interaction.line().id))
        .set_or_remove("party", interaction.party().phone().map(|party| item::text(party.as_str())))
        .set_or_remove("call_type", call_type)
}

/// Which entries of the index are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Filter {
    /// Only entries in one of these states; none means any.
    pub(crate) fn states(self, states: &[State]) -> Self {
        let states = states.iter().map(item::value).collect();
        self.one_of("state", states, "")
    }

    /// Only entries whose attribute has one of these values; none means any.
    /// Those that were merged before the index had it may have it as well, which shows in the table only.
    pub(crate) fn perhaps(mut self, attribute: &str, values: Vec<AttributeValue>) -> Self {
        if !values.is_empty() {
            // Of all that is filtered by, every entry has this one if it has any.
            self.names.insert("#number".to_owned(), "number".to_owned());
        }
        self.one_of(attribute, values, "attribute_not_exists(#number) OR ")
    }

    fn one_of(mut self, attribute: &str, values: Vec<AttributeValue>, or: &str) -> Self {
        let mut distinct: Vec<AttributeValue> = Vec::new();
        for value in values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        if distinct.is_empty() {
            return self;
        }
        let placeholders: Vec<String> = (0..distinct.len()).map(|n| format!(":{attribute}{n}")).collect();
        self.conditions.push(format!("({or}#{attribute} IN ({}))", placeholders.join(", ")));
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
        self.values.extend(placeholders.into_iter().zip(distinct));
        self
    }
}

/// When the calls started: at `from` or later, and before `until`; to the second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

/// A tenant's entries in the index, the latest call first, being read.
pub(crate) struct Reading<'a> {
    calls: &'a Calls,
    tenant: &'a TenantId,
    /// The first and the last text; that of an instant is less than that of any entry of this instant.
    bounds: (String, String),
    filter: Filter,
    behind: Option<Attributes>,
    ended: bool,
}

/// An entry as the index has it.
pub(crate) struct Listed {
    /// `call-<id>`.
    pub(crate) key: String,
    /// When its call started, UNIX seconds.
    pub(crate) started_at: i64,
    /// Where it stands.
    pub(crate) state: Option<State>,
    /// Where a page ends that ends with it.
    pub(crate) cursor: Cursor,
}

impl<'a> Reading<'a> {
    /// Begins behind `cursor`, or with the latest.
    pub(crate) fn new(
        calls: &'a Calls,
        tenant: &'a TenantId,
        span: Span,
        filter: Filter,
        cursor: Option<&Cursor>,
    ) -> Self {
        let text = |at: i64| format!("{:010}", at.clamp(0, LAST));
        let bounds =
            (text(span.from.map_or(0, Timestamp::as_second)), text(span.until.map_or(LAST, Timestamp::as_second)));
        // DynamoDB refuses to begin outside the bounds, where a cursor of a page with others may be.
        let cursor = cursor.filter(|cursor| cursor.occurred_at() < bounds.1.as_str());
        let ended = bounds.0 >= bounds.1 || cursor.is_some_and(|cursor| cursor.occurred_at() < bounds.0.as_str());
        let behind = cursor.map(|cursor| cursor.exclusive_start_key().into());
        Self { calls, tenant, bounds, filter, behind, ended }
    }

    /// Whether there is nothing more.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Where a page ends that shows nothing behind what was looked at.
    pub(crate) fn position(&self) -> Option<Cursor> {
        self.behind.as_ref().filter(|_| !self.ended).and_then(|item| Cursor::behind(self.tenant, item))
    }

    /// Looks at up to `most` further entries: those that are wanted, and how many were looked at.
    pub(crate) async fn look_at(&mut self, most: usize) -> Result<(Vec<Listed>, usize), Error> {
        if self.ended || most == 0 {
            return Ok((Vec::new(), 0));
        }
        let Filter { conditions, names, values } = self.filter.clone();
        let mut request = self
            .calls
            .dynamodb
            .query()
            .table_name(&self.calls.table)
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
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .set_exclusive_start_key(self.behind.take());
        for name in ["tenant", "key", "occurred_at", "state"] {
            request = request.expression_attribute_names(format!("#{name}"), name);
        }
        let answer = request.send().await.map_err(|e| error::from_sdk("Query", &e))?;
        self.behind = answer.last_evaluated_key;
        self.ended = self.behind.is_none();
        let listed = answer.items.unwrap_or_default().into_iter().filter_map(|item| self.listed(item)).collect();
        Ok((listed, usize::try_from(answer.scanned_count).unwrap_or_default().max(1)))
    }

    fn listed(&self, item: Attributes) -> Option<Listed> {
        let cursor = Cursor::behind(self.tenant, &item)?;
        let started_at = cursor.occurred_at().split_once('#')?.0.parse().ok()?;
        let state = item.get("state").cloned().and_then(|state| serde_dynamo::from_attribute_value(state).ok());
        Some(Listed { key: cursor.key().to_owned(), started_at, state, cursor })
    }
}

/// The values of a filter by the other party's number.
pub(crate) fn party(number: Option<&E164>) -> Vec<AttributeValue> {
    number.map(|number| item::text(number.as_str())).into_iter().collect()
}

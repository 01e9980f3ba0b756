//! What pages and API call an entry: one of the five call types, or that it is of messages.

use rules::{CallType, Direction, Exchange};
use store::Entry;

use crate::settings::change::title;

/// The parameter that asks for messages and conversations, in place of a call type.
pub(crate) const MESSAGES: &str = "messages";

/// What an entry is: of a call that is not over only who called whom.
pub(crate) fn of(entry: &Entry, exchange: &Exchange) -> &'static str {
    named(entry.decision.as_ref().and_then(rules::Decision::call_type), exchange)
}

/// What it is that is decided about; none is the type of a call that is not over, and of messages.
pub(crate) fn named(call_type: Option<CallType>, exchange: &Exchange) -> &'static str {
    match (exchange, call_type, exchange.direction()) {
        (Exchange::Messages(messages), ..) if messages.conversation().is_some() => "Conversation",
        (Exchange::Messages(_), _, Direction::Inbound) => "Message received",
        (Exchange::Messages(_), _, Direction::Outbound) => "Message sent",
        (Exchange::Call(_), Some(call_type), _) => title(call_type),
        (Exchange::Call(_), None, Direction::Inbound) => "Inbound call",
        (Exchange::Call(_), None, Direction::Outbound) => "Outbound call",
    }
}

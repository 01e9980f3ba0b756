//! What pages and API call an entry: one of the five call types, or that it is of messages.

use rules::{CallType, Direction, Interaction};
use store::Entry;

use crate::settings::change::title;

/// The parameter that asks for messages and conversations, in place of a call type.
pub(crate) const MESSAGES: &str = "messages";

/// What an entry is: of a call that is not over only who called whom.
pub(crate) fn entry_title(entry: &Entry, interaction: &Interaction) -> &'static str {
    title_of_type(entry.decision.as_ref().and_then(rules::Decision::call_type), interaction)
}

/// What it is that is decided about; none is the type of a call that is not over, and of messages.
pub(crate) fn title_of_type(call_type: Option<CallType>, interaction: &Interaction) -> &'static str {
    match (interaction, call_type, interaction.direction()) {
        (Interaction::Messages(messages), ..) if messages.conversation().is_some() => "Conversation",
        (Interaction::Messages(_), _, Direction::Inbound) => "Message received",
        (Interaction::Messages(_), _, Direction::Outbound) => "Message sent",
        (Interaction::Call(_), Some(call_type), _) => title(call_type),
        (Interaction::Call(_), None, Direction::Inbound) => "Inbound call",
        (Interaction::Call(_), None, Direction::Outbound) => "Outbound call",
    }
}

//! The title of an entry: one of the five call types, or a kind of message.

use rules::{CallType, Direction, Interaction};
use store::Entry;

/// The title of an entry. For a call that is not over, it only names the direction.
pub(crate) fn entry_title(entry: &Entry, interaction: &Interaction) -> &'static str {
    title_of_type(entry.decision.as_ref().and_then(rules::Decision::call_type), interaction)
}

/// The title of an interaction. `call_type` is `None` for messages and for a call that is not over.
pub(crate) fn title_of_type(call_type: Option<CallType>, interaction: &Interaction) -> &'static str {
    match (interaction, call_type, interaction.direction()) {
        (Interaction::Messages(messages), ..) if messages.conversation().is_some() => "Conversation",
        (Interaction::Messages(_), _, Some(Direction::Outbound)) => "Message sent",
        (Interaction::Messages(_), ..) => "Message received",
        (Interaction::Call(_), Some(call_type), _) => call_type.title(),
        (Interaction::Call(_), None, Some(Direction::Outbound)) => "Outbound call",
        (Interaction::Call(_), None, _) => "Inbound call",
        (Interaction::Unreadable(_), ..) => "Unreadable event",
    }
}

//! Aircall's event names.

use rules::{CallEvent, MessageEvent};

/// The events that our webhooks subscribe to: all call events and all message events.
///
/// Always send this list: Aircall treats a missing list as all events, on create and on update.
/// Source: <https://developer.aircall.io/docs/webhooks-overview>.
pub const EVENTS: &[&str] = &[
    "call.created",
    "call.ivr_option_selected",
    "call.ringing_on_agent",
    "call.agent_declined",
    "call.answered",
    "call.hold",
    "call.unhold",
    "call.unsuccessful_transfer",
    "call.transferred",
    "call.external_transferred",
    "call.hungup",
    "call.ended",
    "call.voicemail_left",
    "call.comm_assets_generated",
    "call.assigned",
    "call.untagged",
    "call.tagged",
    "call.commented",
    "call.archived",
    "message.sent",
    "message.received",
    "message.status_updated",
    "group_message.sent",
    "group_message.received",
    "group_message.status_updated",
];

/// The call event with this name, in whatever case; `None` for any other event.
pub(crate) fn call_event(name: &str) -> Option<CallEvent> {
    Some(match name.trim().to_lowercase().as_str() {
        "call.created" => CallEvent::Created,
        "call.ivr_option_selected" => CallEvent::IvrOptionSelected,
        "call.ringing_on_agent" => CallEvent::RingingOnAgent,
        "call.agent_declined" => CallEvent::AgentDeclined,
        "call.answered" => CallEvent::Answered,
        "call.hold" => CallEvent::Hold,
        "call.unhold" => CallEvent::Unhold,
        "call.unsuccessful_transfer" => CallEvent::UnsuccessfulTransfer,
        "call.transferred" => CallEvent::Transferred,
        "call.external_transferred" => CallEvent::ExternalTransferred,
        "call.hungup" => CallEvent::Hungup,
        "call.ended" => CallEvent::Ended,
        "call.voicemail_left" => CallEvent::VoicemailLeft,
        "call.comm_assets_generated" => CallEvent::CommAssetsGenerated,
        "call.assigned" => CallEvent::Assigned,
        "call.untagged" => CallEvent::Untagged,
        "call.tagged" => CallEvent::Tagged,
        "call.commented" => CallEvent::Commented,
        "call.archived" => CallEvent::Archived,
        _ => return None,
    })
}

/// The event of a voice agent with this name; `None` for any other event.
pub(crate) fn voice_agent_event(name: &str) -> Option<CallEvent> {
    Some(match name.trim().to_lowercase().as_str() {
        "ai_voice_agent.started" => CallEvent::VoiceAgentStarted,
        "ai_voice_agent.escalated" => CallEvent::VoiceAgentEscalated,
        "ai_voice_agent.ended" => CallEvent::VoiceAgentEnded,
        "ai_voice_agent.summary" => CallEvent::VoiceAgentSummary,
        _ => return None,
    })
}

/// The message event with this name, and whether it is of a group message; `None` for any other event.
pub(crate) fn message_event(name: &str) -> Option<(MessageEvent, bool)> {
    Some(match name.trim().to_lowercase().as_str() {
        "message.received" => (MessageEvent::Received, false),
        "message.sent" => (MessageEvent::Sent, false),
        "message.status_updated" => (MessageEvent::StatusUpdated, false),
        "group_message.received" => (MessageEvent::Received, true),
        "group_message.sent" => (MessageEvent::Sent, true),
        "group_message.status_updated" => (MessageEvent::StatusUpdated, true),
        _ => return None,
    })
}

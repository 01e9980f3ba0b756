//! Aircall's event names.

use rules::{CallEvent, MessageEvent};

/// The documented events of calls and messages that our webhooks subscribe to.
///
/// docs/aircall-events.md says what each of them brings, and what the others would. An event that comes unasked is
/// processed all the same, see [`crate::webhook::is_of_interest`].
/// Source: <https://developer.aircall.io/docs/webhooks-overview>.
pub(crate) const CORE: &[&str] = &[
    "call.created",
    "call.answered",
    "call.transferred",
    "call.external_transferred",
    "call.ended",
    "call.voicemail_left",
    "call.comm_assets_generated",
    "call.assigned",
    "call.tagged",
    "call.untagged",
    "call.commented",
    "message.sent",
    "message.received",
    "message.status_updated",
    "group_message.sent",
    "group_message.received",
    "group_message.status_updated",
];

/// The events that not every account is granted: those of voice agents are an add-on, the last one is only for webhooks of
/// an app.
pub(crate) const OPTIONAL: &[&str] = &[
    "ai_voice_agent.started",
    "ai_voice_agent.escalated",
    "ai_voice_agent.ended",
    "ai_voice_agent.summary",
    INTEGRATION_DELETED,
];

/// The app was uninstalled.
pub(crate) const INTEGRATION_DELETED: &str = "integration.deleted";

/// The events that our webhooks subscribe to, as far as Aircall grants them.
///
/// Never leave the list out of a request: Aircall treats a missing one as all events, on create and on update.
pub const EVENTS: [&str; CORE.len() + OPTIONAL.len()] = {
    let mut all = [""; CORE.len() + OPTIONAL.len()];
    let mut i = 0;
    while i < all.len() {
        all[i] = if i < CORE.len() { CORE[i] } else { OPTIONAL[i - CORE.len()] };
        i += 1;
    }
    all
};

/// What of a Task only the event with this name brings; `None` for events that our webhooks do not subscribe to.
///
/// Every other fact also comes with another event, if later.
pub fn brings(event: &str) -> Option<&'static str> {
    Some(match event {
        "call.created" => "calls before they have ended, and whether the line was open",
        "call.answered" => "that a call was answered, before it has ended",
        "call.transferred" => "who took a transferred call, and from whom",
        "call.external_transferred" => "the number that a call was transferred to",
        "call.ended" => "the finished call: without it, no call is logged in time",
        "call.voicemail_left" => "voicemails that are ready after the call has ended",
        "call.comm_assets_generated" => "the link to the recording, if it is ready after the call has ended",
        "call.assigned" => "to whom a call was assigned",
        "call.tagged" | "call.untagged" => "changes of tags after the call has ended",
        "call.commented" => "comments that are written after the call has ended",
        "message.sent" => "messages that were sent",
        "message.received" => "messages that were received",
        "message.status_updated" => "messages whose other event is lost",
        "group_message.sent" => "group messages that were sent",
        "group_message.received" => "group messages that were received",
        "group_message.status_updated" => "group messages whose other event is lost",
        "ai_voice_agent.started" | "ai_voice_agent.escalated" | "ai_voice_agent.ended" | "ai_voice_agent.summary" => {
            "which voice agent answered"
        }
        INTEGRATION_DELETED => "that the app was uninstalled",
        _ => return None,
    })
}

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

/// Whether the event with this name says that the app was uninstalled.
pub(crate) fn is_integration_deleted(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case(INTEGRATION_DELETED)
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

//! Aircall's names of the call events.

use rules::CallEvent;

/// The call event of this name; none for every other event, known or not.
pub(crate) fn call_event(name: &str) -> Option<CallEvent> {
    Some(match name {
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

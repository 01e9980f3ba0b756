//! Aircall's call object, as in webhooks and in the API.
//!
//! Real bodies leave keys out, and samples have empty objects. Only an id and some time are indispensable; anything else
//! is read as far as it makes sense:
//!
//! | what | its forms |
//! |---|---|
//! | ids, numbers, flags | as such, or as text |
//! | times | UNIX seconds, UNIX milliseconds or ISO 8601; none is 0, before 2014, or more than a day in the future |
//! | time of the event | `timestamp` of the envelope, else, or if that is a day earlier, the latest time within the call |
//! | objects | also the first object of a list, or only its id |
//! | lists | also a single element, or an object of elements; of tags also only the names |
//! | direction | `inbound`, `outbound` and similar words; others are not read, and [`rules`] infers it |
//! | other party | `raw_digits`, else the phone number of the only participant outside the company |
//! | menu | `ivr_options_selected`, as the API's reference names it |
//! | tags | a key that is missing, null or unreadable says nothing; nor do tags without a name; an empty list says that there are none |

use jiff::Timestamp;
use rules::{CallEvent, CallId, CallReport, Direction, MissedCallReason, VoiceAgent};
use serde::Deserialize;
use serde_json::Value;

use crate::error::WebhookError;
use crate::lenient::{self, Element};
use crate::parts::{Comment, Contact, Line, MAX_NAME, MAX_URL, MenuChoice, Participant, Tag, User, truncated};
use crate::party::party;
use crate::webhook::TOLERANCE;

/// Parses what an event says about a call. `at` is when Aircall built it; times after `latest` count as missing.
pub(crate) fn read(
    json: &str,
    event: CallEvent,
    at: Option<Timestamp>,
    latest: Timestamp,
) -> Result<CallReport, WebhookError> {
    let fields = lenient::fields_until(json, latest).ok_or_else(|| WebhookError::new("data", "is not an object"))?;
    let id = fields.get("id").and_then(lenient::as_id).map(CallId);
    let id = id.ok_or_else(|| WebhookError::new("data.id", "is missing or malformed"))?;
    let wire: Call = serde_json::from_value(Value::Object(fields))
        .map_err(|_| WebhookError::new("data", "is malformed").with_key(id.key()))?;
    let told = wire.latest_time();
    // No event is built before what it tells of.
    let at = at.filter(|at| told.is_none_or(|told| told.duration_since(*at) <= TOLERANCE)).or(told);
    let at = at.ok_or_else(|| WebhookError::new("timestamp", "is missing or not a time").with_key(id.key()))?;
    Ok(wire.report(event, at, id))
}

#[derive(Deserialize)]
struct Call {
    #[serde(default, deserialize_with = "lenient::word")]
    direction: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    answered_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    ended_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::seconds")]
    duration: Option<i64>,
    #[serde(default, deserialize_with = "lenient::word")]
    missed_call_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    voicemail: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    recording: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    asset: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    raw_digits: Option<String>,
    #[serde(default, deserialize_with = "lenient::texts_or_objects")]
    participants: Vec<Participant>,
    // The API's name for the same.
    #[serde(default, deserialize_with = "lenient::texts_or_objects")]
    conference_participants: Vec<Participant>,
    #[serde(default, deserialize_with = "lenient::texts_or_objects")]
    ivr_options_selected: Vec<MenuChoice>,
    #[serde(default, deserialize_with = "lenient::optional_id")]
    automatic_callback_call_id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::object")]
    number: Option<Line>,
    #[serde(default, deserialize_with = "lenient::object")]
    user: Option<User>,
    #[serde(default, deserialize_with = "lenient::object")]
    assigned_to: Option<User>,
    #[serde(default, deserialize_with = "lenient::object")]
    contact: Option<Contact>,
    #[serde(default, deserialize_with = "lenient::list")]
    teams: Vec<Value>,
    #[serde(default, deserialize_with = "lenient::texts_or_objects")]
    ai_voice_agents: Vec<Agent>,
    #[serde(default, deserialize_with = "lenient::object")]
    transferred_by: Option<User>,
    #[serde(default, deserialize_with = "lenient::object")]
    transferred_to: Option<User>,
    #[serde(default, deserialize_with = "lenient::text")]
    external_transferred_to: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional_list")]
    tags: Option<Vec<Tag>>,
    #[serde(default, deserialize_with = "lenient::list")]
    comments: Vec<Comment>,
}

/// A voice agent's part in a call: `agent_name` in the API's reference, `name` in a body that was seen.
#[derive(Deserialize)]
struct Agent {
    #[serde(default, rename = "agent_name", deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, rename = "name", deserialize_with = "lenient::text")]
    short_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    started_at: Option<Timestamp>,
}

impl Element for Agent {
    const TEXT: &str = "name";
}

impl Call {
    /// The latest time within the call, which the event cannot be older than.
    fn latest_time(&self) -> Option<Timestamp> {
        let tagged = self.tags.iter().flatten().filter_map(Tag::tagged_at);
        let posted = self.comments.iter().filter_map(Comment::posted_at);
        let own = [self.started_at, self.answered_at, self.ended_at].into_iter().flatten();
        own.chain(tagged).chain(posted).max()
    }

    fn report(self, event: CallEvent, at: Timestamp, id: CallId) -> CallReport {
        let phone = self.raw_digits.or_else(|| only_external(&self.participants));
        let participants =
            self.participants.into_iter().chain(self.conference_participants).filter(|one| !one.is_agent());
        let voice_agent = self.ai_voice_agents.into_iter().next().map(|agent| VoiceAgent {
            name: truncated(agent.name.or(agent.short_name), MAX_NAME),
            started_at: agent.started_at,
        });
        let contact = self.contact.map(rules::Contact::from);
        CallReport {
            direction: self.direction.as_deref().and_then(direction),
            started_at: self.started_at,
            answered_at: self.answered_at,
            ended_at: self.ended_at,
            duration: self.duration,
            is_answered: self.status.is_some_and(|status| status.trim().eq_ignore_ascii_case("answered")),
            missed_call_reason: self.missed_call_reason.as_deref().map(missed_call_reason),
            voicemail: url(self.voicemail),
            recording: url(self.recording),
            asset: url(self.asset),
            party: phone.map(|phone| party(Some(&phone))),
            line: self.number.map(rules::Line::from).unwrap_or_default(),
            user: self.user.and_then(User::named),
            assigned_to: self.assigned_to.and_then(User::named).filter(|_| event == CallEvent::Assigned),
            contact: contact.filter(|contact| *contact != rules::Contact::default()),
            has_teams: !self.teams.is_empty(),
            voice_agent,
            transferred_by: self.transferred_by.and_then(User::named),
            transferred_to: self.transferred_to.and_then(User::named),
            external_transferred_to: truncated(self.external_transferred_to, MAX_NAME),
            menu_choices: (0..=u8::MAX).zip(self.ivr_options_selected).filter_map(|(at, it)| it.at_place(at)).collect(),
            participants: participants.take(MAX_PARTICIPANTS).map(Into::into).collect(),
            callback_of: self.automatic_callback_call_id.map(CallId),
            tags: self.tags.and_then(named_tags),
            comments: self.comments.into_iter().filter_map(Comment::posted).collect(),
            ..CallReport::new(event, at, id)
        }
    }
}

/// The tags that have names; `None` if there are tags and none has, which does not say that there are none.
fn named_tags(tags: Vec<Tag>) -> Option<Vec<rules::Tag>> {
    let are_tags = !tags.is_empty();
    let named: Vec<_> = tags.into_iter().filter_map(Tag::named).take(MAX_TAGS).collect();
    (!are_tags || !named.is_empty()).then_some(named)
}

/// Aircall documents no limit for tags.
const MAX_TAGS: usize = 200;
/// More than a conference has.
const MAX_PARTICIPANTS: usize = 50;

pub(crate) fn direction(word: &str) -> Option<Direction> {
    match word.trim().to_lowercase().as_str() {
        "inbound" | "incoming" | "in" => Some(Direction::Inbound),
        "outbound" | "outgoing" | "out" => Some(Direction::Outbound),
        _ => None,
    }
}

/// A URL, unless it is a word for none.
fn url(text: Option<String>) -> Option<String> {
    let is_none = |text: &String| ["null", "none", "false"].contains(&text.trim().to_lowercase().as_str());
    truncated(text.filter(|text| !is_none(text)), MAX_URL)
}

/// The phone number of the only participant outside the company.
fn only_external(participants: &[Participant]) -> Option<String> {
    let mut phones = participants.iter().filter_map(Participant::external_phone);
    phones.next().filter(|_| phones.next().is_none()).map(str::to_owned)
}

fn missed_call_reason(reason: &str) -> MissedCallReason {
    match reason.trim().to_lowercase().replace([' ', '-'], "_").as_str() {
        "out_of_opening_hours" => MissedCallReason::OutOfOpeningHours,
        "short_abandoned" => MissedCallReason::ShortAbandoned,
        "abandoned_in_ivr" => MissedCallReason::AbandonedInIvr,
        "abandoned_in_classic" => MissedCallReason::AbandonedInClassic,
        "no_available_agent" => MissedCallReason::NoAvailableAgent,
        "agents_did_not_answer" => MissedCallReason::AgentsDidNotAnswer,
        _ => MissedCallReason::Other(reason.chars().take(MAX_REASON).collect()),
    }
}

/// An unknown reason is truncated to this.
const MAX_REASON: usize = 100;

//! Generated events of a call, which say any part of anything.

use proptest::prelude::*;
use rules::{
    CallDocument, CallEvent, CallId, CallReport, Contact, Direction, Line, LineId, MenuChoice, MissedCallReason,
    Participant, Party, PostedComment, Tag, User, VoiceAgent,
};

use crate::fetched::any_fetched;
use crate::support::Timestamp;

pub(crate) const START: i64 = 1_774_260_000;

pub(crate) fn second(after: i64) -> Timestamp {
    Timestamp::from_second(START + after).unwrap()
}

/// An event that says nothing but its time.
pub(crate) fn silent(event: CallEvent, after: i64) -> CallReport {
    CallReport::new(event, second(after), CallId(7001))
}

pub(crate) fn merged(reports: &[CallReport]) -> CallDocument {
    reports.iter().cloned().map(CallDocument::from).reduce(CallDocument::merge).unwrap()
}

fn text() -> BoxedStrategy<Option<String>> {
    prop::option::of("[ab]").boxed()
}

fn any_user() -> BoxedStrategy<User> {
    let id = prop::option::of(0u64..2);
    (id, text(), text()).prop_map(|(id, name, email)| User { id, name, email }).boxed()
}

fn any_comments() -> BoxedStrategy<Vec<PostedComment>> {
    let parts = (prop::option::of(0u64..3), prop::option::of(0i64..3), "[ab]", prop::option::of(any_user()));
    let comment = parts.prop_map(|(id, after, content, posted_by)| PostedComment {
        posted_at: after.map(second),
        id,
        content,
        posted_by,
    });
    prop::collection::vec(comment, 0..4).boxed()
}

pub(crate) fn any_event() -> BoxedStrategy<CallEvent> {
    let events = vec![
        CallEvent::Created,
        CallEvent::IvrOptionSelected,
        CallEvent::RingingOnAgent,
        CallEvent::VoiceAgentStarted,
        CallEvent::Answered,
        CallEvent::Transferred,
        CallEvent::ExternalTransferred,
        CallEvent::UnsuccessfulTransfer,
        CallEvent::Hungup,
        CallEvent::Ended,
        CallEvent::VoicemailLeft,
        CallEvent::Archived,
    ];
    prop::sample::select(events).boxed()
}

/// An event that says when what happened, in contradiction to others.
fn any_times() -> BoxedStrategy<CallReport> {
    let time = || prop::option::of((0i64..90).prop_map(second));
    let times = [time().boxed(), time().boxed(), time().boxed()];
    (any_event(), 0i64..4, times, prop::option::of(0i64..60), any::<bool>(), prop::option::of(any_fetched()))
        .prop_map(|(event, at, [started_at, answered_at, ended_at], duration, is_answered, fetched)| CallReport {
            fetched,
            started_at,
            answered_at,
            ended_at,
            duration,
            is_answered,
            ..silent(event, at)
        })
        .boxed()
}

/// An event that also says who took part.
fn any_participants() -> BoxedStrategy<CallReport> {
    let parties = [
        Party::Anonymous,
        Party::Unusable("a".to_owned()),
        Party::Unusable("b".to_owned()),
        Party::Phone(rules::E164::parse("+33612345678").unwrap()),
    ];
    let party = prop::option::of(prop::sample::select(parties.to_vec())).boxed();
    let line = (0u64..3, text(), text(), text(), any::<Option<bool>>());
    let line =
        line.prop_map(|(id, name, digits, time_zone, open)| Line { id: LineId(id), name, digits, time_zone, open });
    let users = [(); 4].map(|()| prop::option::of(any_user()).boxed());
    let contact = (text(), text());
    let contact = contact.prop_map(|(first_name, last_name)| Contact { first_name, last_name, ..Contact::default() });
    let agent = (text(), prop::option::of(0i64..90));
    let agent = agent.prop_map(|(name, at)| VoiceAgent { name, started_at: at.map(second) });
    (
        any_times(),
        party,
        line.boxed(),
        users,
        prop::option::of(contact).boxed(),
        prop::option::of(agent).boxed(),
        text(),
    )
        .prop_map(|(times, party, line, [user, by, to, assigned_to], contact, voice_agent, external)| CallReport {
            party,
            line,
            user,
            assigned_to,
            contact,
            voice_agent,
            transferred_by: by,
            transferred_to: to,
            external_transferred_to: external,
            ..times
        })
        .boxed()
}

/// An event that also says how the call went.
fn any_flow() -> BoxedStrategy<CallReport> {
    let choice = (prop::option::of(0i64..3), 0u8..2, text(), text());
    let choice =
        choice.prop_map(|(at, place, title, key)| MenuChoice { at: at.map(second), place, title, key }).boxed();
    let participant = (any::<bool>(), prop::option::of(0u64..3), text(), prop::option::of("[a+][0-2]"));
    let participant =
        participant.prop_map(|(is_user, id, name, phone)| Participant { is_user, id, name, phone }).boxed();
    let choices = prop::collection::vec(choice, 0..15);
    let participants = prop::collection::vec(participant, 0..15);
    (any_participants(), choices, participants, prop::option::of(0u64..3))
        .prop_map(|(report, menu_choices, participants, call)| CallReport {
            menu_choices,
            participants,
            callback_of: call.map(CallId),
            ..report
        })
        .boxed()
}

/// An event that says any part of anything.
pub(crate) fn any_report() -> BoxedStrategy<CallReport> {
    let directions = vec![Direction::Inbound, Direction::Outbound];
    let direction = prop::option::of(prop::sample::select(directions)).boxed();
    let urls = [text(), text(), text()];
    let tags = prop::option::of(prop::collection::vec("[ab]".prop_map(|name| Tag { name }), 0..3)).boxed();
    (any_flow(), direction, text(), urls, any::<bool>(), tags, any_comments())
        .prop_map(|(report, direction, reason, [voicemail, recording, asset], has_teams, tags, comments)| CallReport {
            direction,
            missed_call_reason: reason.map(MissedCallReason::Other),
            voicemail,
            recording,
            asset,
            has_teams,
            tags,
            comments,
            ..report
        })
        .boxed()
}

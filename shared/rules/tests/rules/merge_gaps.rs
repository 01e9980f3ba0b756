//! Merging events that leave things out: silence takes nothing back, in any order.

use proptest::prelude::*;
use rules::{
    CallDocument, CallEvent, CallId, CallReport, CallType, Contact, Direction, Line, LineId, MenuChoice,
    MissedCallReason, Participant, Party, PostedComment, SkipReason, Tag, User, Verdict, VoiceAgent,
};

use crate::fetched::any_fetched;
use crate::support::{Timestamp, decide};

const START: i64 = 1_774_260_000;

fn second(after: i64) -> Timestamp {
    Timestamp::from_second(START + after).unwrap()
}

/// An event that says nothing but its time.
fn silent(event: CallEvent, after: i64) -> CallReport {
    CallReport::new(event, second(after), CallId(7001))
}

fn merged(reports: &[CallReport]) -> CallDocument {
    reports.iter().cloned().map(CallDocument::from).reduce(CallDocument::merge).unwrap()
}

fn user(id: u64, name: &str) -> User {
    User { id: Some(id), name: Some(name.to_owned()), email: Some(format!("{}@example.com", name.to_lowercase())) }
}

fn tags(names: &[&str]) -> Vec<Tag> {
    names.iter().map(|name| Tag { name: (*name).to_owned() }).collect()
}

fn comment(id: Option<u64>, after: i64, content: &str) -> PostedComment {
    PostedComment { posted_at: Some(second(after)), id, content: content.to_owned(), posted_by: None }
}

fn line(id: u64, name: Option<&str>, zone: Option<&str>) -> Line {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Line { id: LineId(id), name: text(name), digits: None, time_zone: text(zone), open: None }
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

fn any_event() -> BoxedStrategy<CallEvent> {
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
    let users = [(); 3].map(|()| prop::option::of(any_user()).boxed());
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
        .prop_map(|(times, party, line, [user, by, to], contact, voice_agent, external)| CallReport {
            party,
            line,
            user,
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
fn any_report() -> BoxedStrategy<CallReport> {
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

proptest! {
    #[test]
    fn merging_is_commutative_associative_and_idempotent(a in any_report(), b in any_report(), c in any_report()) {
        let [a, b, c] = [a, b, c].map(CallDocument::from);
        prop_assert_eq!(a.clone().merge(b.clone()), b.clone().merge(a.clone()));
        prop_assert_eq!(a.clone().merge(b.clone()).merge(c.clone()), a.clone().merge(b.merge(c)));
        prop_assert_eq!(a.clone().merge(a.clone()), a);
    }

    /// Whatever the events say or leave out, a decision is made and explained, and there is a Task.
    #[test]
    fn every_call_can_be_decided_about_and_described(reports in prop::collection::vec(any_report(), 1..5)) {
        let mut settings = rules::Settings::default();
        settings.transferred_call_owner = rules::settings::TransferredCallOwner::First;
        settings.business_hours.log_calls = rules::settings::LogCalls::DuringBusinessHours;
        let document = merged(&reports);
        let decision = decide(&document, &settings, None);
        prop_assert_eq!(decision.is_some(), document.is_complete());
        let task = rules::Task::from_call(&document.call(), rules::TaskStatus::Completed, &settings, "");
        prop_assert!(task.description.lines().all(|line| line.contains(": ") || line.starts_with('>')), "{}", task.description);
    }

    #[test]
    fn a_document_round_trips(reports in prop::collection::vec(any_report(), 1..5)) {
        let document = merged(&reports);
        let stored = serde_json::to_value(&document).unwrap();
        prop_assert_eq!(serde_json::from_value::<CallDocument>(stored).unwrap(), document);
    }

    /// An event that says nothing changes nothing that an admin sees, whenever it comes.
    #[test]
    fn silence_takes_nothing_back(reports in prop::collection::vec(any_report(), 1..5), event in any_event(), at in 0i64..9) {
        let (before, after) = (merged(&reports).call(), {
            let mut reports = reports.clone();
            reports.push(silent(event, at));
            merged(&reports).call()
        });
        let keeps = |known: bool, kept: bool| !known || kept;
        prop_assert!(keeps(before.missed_call_reason.is_some(), after.missed_call_reason == before.missed_call_reason));
        prop_assert!(keeps(before.user.is_some(), after.user == before.user));
        prop_assert_eq!(&after.tags, &before.tags);
        prop_assert_eq!(&after.comments, &before.comments);
        prop_assert_eq!(&after.line, &before.line);
        prop_assert_eq!(&after.party, &before.party);
        prop_assert_eq!(&after.contact, &before.contact);
        prop_assert_eq!(&after.flow.menu_choices, &before.flow.menu_choices);
        prop_assert_eq!(&after.flow.callback_of, &before.flow.callback_of);
        prop_assert_eq!(&after.flow.first_user, &before.flow.first_user);
        let states = |part: fn(&CallReport) -> bool| reports.iter().any(part);
        prop_assert!(keeps(states(|report| report.direction.is_some()), after.direction == before.direction));
        prop_assert!(keeps(states(|report| report.started_at.is_some()), after.started_at == before.started_at));
        prop_assert!(keeps(states(|report| report.answered_at.is_some()), after.answered_at == before.answered_at));
        prop_assert!(keeps(states(|report| report.ended_at.is_some()), after.ended_at == before.ended_at));
    }
}

#[test]
fn a_night_call_stays_skipped_when_it_is_archived() {
    let night = CallReport {
        direction: Some(Direction::Inbound),
        started_at: Some(second(0)),
        ended_at: Some(second(20)),
        missed_call_reason: Some(MissedCallReason::OutOfOpeningHours),
        party: Some(Party::Phone(rules::E164::parse("+33612345678").unwrap())),
        line: line(1, Some("Sales"), Some("Europe/Paris")),
        ..silent(CallEvent::Ended, 50)
    };
    let archived = CallReport {
        missed_call_reason: None,
        ..CallReport { event: CallEvent::Archived, at: second(1800), ..night.clone() }
    };
    let document = merged(&[archived, night]);
    let mut settings = rules::Settings::default();
    settings.business_hours.log_calls = rules::settings::LogCalls::DuringBusinessHours;
    let verdict = decide(&document, &settings, None).unwrap().verdict;
    assert_eq!(verdict, Verdict::Skip(SkipReason::OutsideBusinessHours));
}

#[test]
fn tags_change_only_where_an_event_mentions_them() {
    let tagged = CallReport { tags: Some(tags(&["VIP"])), ..silent(CallEvent::Ended, 50) };
    let untagged = CallReport { tags: Some(tags(&[])), ..silent(CallEvent::Untagged, 70) };
    let assets = silent(CallEvent::CommAssetsGenerated, 60);
    assert_eq!(merged(&[tagged.clone(), assets]).call().tags, tags(&["VIP"]));
    assert_eq!(merged(&[untagged, tagged]).call().tags, []);
}

#[test]
fn comments_are_the_union_of_what_is_reported() {
    let one = CallReport { comments: vec![comment(Some(1), 60, "One")], ..silent(CallEvent::Commented, 60) };
    let two = CallReport { comments: vec![comment(Some(2), 70, "Two")], ..silent(CallEvent::Commented, 70) };
    let both = CallReport {
        comments: [one.comments.clone(), two.comments.clone()].concat(),
        ..silent(CallEvent::Archived, 80)
    };
    let contents = |reports: &[CallReport]| -> Vec<String> {
        merged(reports).call().comments.into_iter().map(|comment| comment.content).collect()
    };
    assert_eq!(contents(&[two.clone(), one.clone()]), ["One", "Two"]);
    assert_eq!(contents(&[both, one, silent(CallEvent::Ended, 90), two]), ["One", "Two"]);
}

#[test]
fn a_line_is_known_as_far_as_any_event_tells() {
    let named = |id, name, zone, after| CallReport { line: line(id, name, zone), ..silent(CallEvent::Ended, after) };
    let known = merged(&[
        named(0, None, None, 90),
        named(7, Some("Sales"), None, 50),
        named(7, None, None, 80),
        named(0, None, Some("Europe/Paris"), 40),
    ]);
    assert_eq!(known.call().line, line(7, Some("Sales"), Some("Europe/Paris")));
    let unknown = merged(&[silent(CallEvent::Ended, 50)]).call().line;
    assert_eq!((unknown.is_unknown(), unknown.label().as_str()), (true, "unknown line"));
}

#[test]
fn an_abridged_user_keeps_the_e_mail() {
    let abridged = User { id: Some(7), name: None, email: None };
    let answered =
        CallReport { answered_at: Some(second(5)), user: Some(user(7, "Ada")), ..silent(CallEvent::Answered, 5) };
    let ended = CallReport { user: Some(abridged), ..silent(CallEvent::Ended, 50) };
    assert_eq!(merged(&[ended, answered]).call().user, Some(user(7, "Ada")));
}

#[test]
fn a_transfer_is_proved_by_its_event_and_not_by_the_fields() {
    let (ada, max) = (user(1, "Ada"), user(2, "Max"));
    let handed_on = |event, after| CallReport {
        answered_at: Some(second(5)),
        user: Some(ada.clone()),
        transferred_by: Some(ada.clone()),
        transferred_to: Some(max.clone()),
        ..silent(event, after)
    };
    let tried = handed_on(CallEvent::UnsuccessfulTransfer, 20);
    let ended = CallReport { user: Some(max.clone()), ..silent(CallEvent::Ended, 60) };
    assert_eq!(merged(&[tried.clone(), handed_on(CallEvent::Ended, 60)]).call().flow.transfers, []);
    let document = merged(&[ended, handed_on(CallEvent::Transferred, 30), tried]);
    let finding = decide(&document, &rules::Settings::default(), None).unwrap().trace;
    let finding = finding.finding(rules::Topic::CallType).unwrap();
    assert!(finding.ends_with(" Ada had it first, and it was transferred to Max."), "{finding}");
    let transfers = document.call().flow.transfers;
    assert_eq!((transfers.len(), transfers[0].at, transfers[0].is_external), (1, second(30), false));
    assert_eq!((transfers[0].by.clone(), transfers[0].to.clone()), (Some(ada.clone()), Some(max.clone())));
    assert_eq!((document.call().flow.first_user, document.call().user), (Some(ada), Some(max)));
    let outside = CallReport {
        external_transferred_to: Some("+1 415-555-0142".to_owned()),
        ..silent(CallEvent::ExternalTransferred, 40)
    };
    let outside = merged(&[outside]).call().flow.transfers;
    assert_eq!((outside[0].is_external, outside[0].phone.as_deref()), (true, Some("+1 415-555-0142")));
}

#[test]
fn who_had_a_transferred_call_is_known_from_the_transfer_alone() {
    let (ada, max) = (user(1, "Ada"), user(2, "Max"));
    let transferred = CallReport {
        answered_at: Some(second(5)),
        user: Some(ada.clone()),
        transferred_by: Some(ada.clone()),
        transferred_to: Some(max.clone()),
        ..silent(CallEvent::Transferred, 30)
    };
    let of_max = CallReport { user: Some(max.clone()), ..transferred.clone() };
    for report in [transferred, of_max] {
        let call = merged(&[report, silent(CallEvent::Ended, 60)]).call();
        assert_eq!((call.flow.first_user, call.user), (Some(ada.clone()), Some(max.clone())));
    }
}

#[test]
fn a_conference_has_more_participants_than_a_caller_and_a_user() {
    let someone = |is_user, id, name: &str, phone: Option<&str>| Participant {
        is_user,
        id: Some(id),
        name: Some(name.to_owned()),
        phone: phone.map(str::to_owned),
    };
    let [ada, max] = [someone(true, 1, "Ada", None), someone(true, 2, "Max", None)];
    let grace = someone(false, 3, "Grace", Some("+1 555 010 0142"));
    let unnamed = Participant { phone: Some("+15550100142".to_owned()), ..Participant::default() };
    let joan = Participant { phone: Some("+15550100143".to_owned()), ..Participant::default() };
    let line_itself = Participant { phone: Some("+43 1 234567".to_owned()), ..Participant::default() };
    let conference = |reports: &[&[&Participant]], was_transferred: bool| {
        let mut reports: Vec<CallReport> = (40..)
            .zip(reports)
            .map(|(after, participants)| CallReport {
                participants: participants.iter().map(|one| (*one).clone()).collect(),
                line: Line { digits: Some("+431234567".to_owned()), ..Line::default() },
                ..silent(CallEvent::Hold, after)
            })
            .collect();
        reports.push(silent(if was_transferred { CallEvent::Transferred } else { CallEvent::Unhold }, 70));
        merged(&reports).call().flow.conference
    };
    assert_eq!(conference(&[&[&ada, &grace]], false), [""; 0]);
    assert_eq!(conference(&[&[&ada, &grace, &line_itself]], false), [""; 0], "the line");
    assert_eq!(conference(&[&[&ada, &grace, &unnamed]], false), [""; 0], "two names of one");
    assert_eq!(conference(&[&[&ada, &grace], &[&max, &grace]], true), [""; 0], "one after the other");
    assert_eq!(conference(&[&[&ada, &max, &grace]], true), [""; 0], "one after the other");
    assert_eq!(conference(&[&[&ada, &max, &grace]], false), ["Grace (+1 555 010 0142)", "Ada", "Max"]);
    assert_eq!(
        conference(&[&[&ada, &unnamed], &[&ada, &grace, &joan]], true),
        ["Grace (+1 555 010 0142)", "+15550100143", "Ada"]
    );
}

#[test]
fn a_call_that_a_voice_agent_took_is_not_missed() {
    let agent = |name: Option<&str>| Some(VoiceAgent { name: name.map(str::to_owned), started_at: Some(second(2)) });
    let started = CallReport { voice_agent: agent(None), ..silent(CallEvent::VoiceAgentStarted, 2) };
    let ended = CallReport {
        direction: Some(Direction::Inbound),
        started_at: Some(second(0)),
        ended_at: Some(second(60)),
        voice_agent: agent(Some("Front desk")),
        ..silent(CallEvent::Ended, 90)
    };
    let call = merged(&[ended.clone(), started.clone()]).call();
    assert_eq!((CallType::classify(&call), call.answered_at), (CallType::InboundAnswered, Some(second(2))));
    assert_eq!(call.user.as_ref().unwrap().name.as_deref(), Some("Front desk (voice agent)"));
    let settings = rules::Settings::default();
    let task = rules::Task::from_call(&call, rules::TaskStatus::Completed, &settings, "");
    assert!(task.subject.ends_with(" answered by Front desk (voice agent)"), "{}", task.subject);
    assert!(task.description.contains("\nAnswered by: Front desk (voice agent)\n"), "{}", task.description);
    let trace = decide(&merged(&[ended.clone(), started.clone()]), &settings, None).unwrap().trace;
    let finding = trace.finding(rules::Topic::CallType).unwrap();
    assert_eq!(
        finding,
        "It is an inbound answered call: taken after 2 s. It was answered by Front desk (voice agent)."
    );
    assert_eq!(merged(std::slice::from_ref(&started)).call().user.unwrap().name.as_deref(), Some("a voice agent"));
    let outbound = CallReport { direction: Some(Direction::Outbound), ..ended.clone() };
    assert_eq!(merged(&[outbound]).call().answered_at, None, "nobody may have picked up");
    // Escalated to a person, who took it.
    let taken =
        CallReport { answered_at: Some(second(30)), user: Some(user(1, "Ada")), ..silent(CallEvent::Answered, 30) };
    let call = merged(&[ended, taken, started]).call();
    assert_eq!((call.user.clone(), call.answered_at), (Some(user(1, "Ada")), Some(second(30))));
    let task = rules::Task::from_call(&call, rules::TaskStatus::Completed, &settings, "");
    assert!(
        task.description.contains("\nAnswered by: Front desk (voice agent)\nLast handled by: Ada\n"),
        "{}",
        task.description
    );
}

#[track_caller]
fn check_direction(report: CallReport, expected: Direction) {
    assert_eq!(merged(&[report]).call().direction, expected);
}

#[test]
fn a_direction_that_aircall_does_not_say_is_inferred() {
    let someone = Some(user(1, "Ada"));
    check_direction(silent(CallEvent::Ended, 50), Direction::Inbound);
    for event in [CallEvent::Created, CallEvent::Ended] {
        check_direction(CallReport { user: someone.clone(), ..silent(event, 50) }, Direction::Outbound);
    }
    let answered = CallReport { answered_at: Some(second(5)), user: someone.clone(), ..silent(CallEvent::Ended, 50) };
    check_direction(answered, Direction::Inbound);
    let missed = CallReport {
        missed_call_reason: Some(MissedCallReason::ShortAbandoned),
        user: someone.clone(),
        ..silent(CallEvent::Ended, 50)
    };
    check_direction(missed.clone(), Direction::Inbound);
    check_direction(
        CallReport { voicemail: Some("x".to_owned()), user: someone, ..silent(CallEvent::Ended, 50) },
        Direction::Inbound,
    );
    check_direction(CallReport { direction: Some(Direction::Outbound), ..missed.clone() }, Direction::Outbound);
    let said = CallReport { direction: Some(Direction::Outbound), ..silent(CallEvent::Created, 0) };
    assert_eq!(merged(&[missed, said]).call().direction, Direction::Outbound, "what one event says counts");
}

#[test]
fn times_that_aircall_does_not_say_are_inferred() {
    let call = |report: CallReport| merged(&[report]).call();
    let ended = silent(CallEvent::Ended, 130);
    let nothing = call(ended.clone());
    assert_eq!((nothing.started_at, nothing.answered_at, nothing.ended_at), (second(100), None, Some(second(100))));
    let with_end = CallReport { ended_at: Some(second(90)), answered_at: Some(second(20)), ..ended.clone() };
    assert_eq!(call(with_end.clone()).started_at, second(20));
    assert_eq!(call(CallReport { duration: Some(80), ..with_end.clone() }).started_at, second(10));
    assert_eq!(call(CallReport { duration: Some(i64::MAX), ..with_end }).started_at, second(20));
    let without_end = CallReport { started_at: Some(second(0)), duration: Some(90), ..ended };
    assert_eq!(call(without_end).ended_at, Some(second(90)));
    let answered = CallReport { started_at: Some(second(0)), ..silent(CallEvent::Answered, 8) };
    assert_eq!(call(answered.clone()).answered_at, Some(second(8)));
    let stated = CallReport { answered_at: Some(second(7)), ..silent(CallEvent::Ended, 130) };
    assert_eq!(merged(&[stated, answered]).call().answered_at, Some(second(7)));
}

#[test]
fn a_document_of_a_former_version_keeps_what_its_newest_event_says() {
    let old = serde_json::json!({
        "latest": {"event": "ended", "at": START + 130, "call": {
            "id": 7001, "direction": "outbound", "started_at": START, "ended_at": START + 100, "party": {"unusable": "3030"},
            "number": {"id": 7, "name": "Sales", "time_zone": "Europe/Paris"}, "missed_call_reason": "short_abandoned",
            "tags": [{"name": "VIP"}], "comments": [{"content": "One", "posted_at": START + 110, "posted_by": null}],
        }},
        "ended_at": {"moment": {"at": START + 130, "event": "ended"}, "value": START + 100}, "settled": true,
    });
    let old: CallDocument = serde_json::from_value(old).unwrap();
    let late = CallReport { comments: vec![comment(Some(5), 110, "One")], ..silent(CallEvent::Archived, 200) };
    for document in [old.clone(), old.merge(late.into())] {
        let call = document.call();
        assert_eq!(
            (call.direction, call.started_at, call.ended_at),
            (Direction::Outbound, second(0), Some(second(100)))
        );
        assert_eq!(
            (call.party, call.missed_call_reason),
            (Party::Unusable("3030".to_owned()), Some(MissedCallReason::ShortAbandoned))
        );
        assert_eq!((call.line, call.tags), (line(7, Some("Sales"), Some("Europe/Paris")), tags(&["VIP"])));
        assert_eq!(call.comments.len(), 1);
    }
}

#[test]
fn facts_that_another_version_wrote_otherwise_cost_only_themselves() {
    let report = CallReport {
        direction: Some(Direction::Inbound),
        started_at: Some(second(0)),
        tags: Some(tags(&["VIP"])),
        comments: vec![comment(Some(1), 60, "One")],
        ..silent(CallEvent::Ended, 130)
    };
    let mut stored = serde_json::to_value(CallDocument::from(report)).unwrap();
    stored["facts"]["of_the_future"] = serde_json::json!({"a": [1]});
    stored["facts"]["comments"]["of_the_future"] = serde_json::json!(1);
    stored["facts"]["direction"]["value"] = serde_json::json!("sideways");
    stored["facts"].as_object_mut().unwrap().remove("users");
    let document = rules::Document::from_stored(stored, second(0)).unwrap();
    let call = document.interaction().call().unwrap().clone();
    assert_eq!((call.direction, call.started_at, call.tags), (Direction::Inbound, second(0), tags(&["VIP"])));
    assert_eq!(call.comments[0].content, "One");
}

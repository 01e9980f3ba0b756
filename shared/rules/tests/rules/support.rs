//! Test data: calls and candidates.

use rules::matching::{Candidate, Record};
use rules::{
    Call, CallDocument, CallEvent, CallFlow, CallId, CallType, Company, Decision, Direction, E164, Line, LineId, Party,
    RecordKind, SalesforceId, Settings, Snapshot, User,
};

pub(crate) use jiff::Timestamp;

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// A call of `call_type` that started at `started_at` and rang for 15 s; an answered one then lasted another 100 s.
pub(crate) fn call_at(call_type: CallType, started_at: &str) -> Call {
    let started_at = at(started_at);
    let later = |seconds: i64| Timestamp::from_second(started_at.as_second() + seconds).unwrap();
    let answered = call_type.is_answered();
    let outbound = call_type.direction() == Direction::Outbound;
    Call {
        id: CallId(7001),
        direction: call_type.direction(),
        started_at,
        answered_at: answered.then(|| later(15)),
        ended_at: Some(later(if answered { 115 } else { 15 })),
        missed_call_reason: None,
        voicemail: call_type.has_voicemail().then(|| "https://media.example.com/v.mp3".to_owned()),
        recording: None,
        asset: None,
        party: Party::Phone(E164::parse("+33612345678").unwrap()),
        line: Line {
            id: LineId(397_375),
            name: Some("Product line".to_owned()),
            digits: Some("+43 1 234567".to_owned()),
            time_zone: Some("Europe/Vienna".to_owned()),
            open: Some(true),
        },
        user: (answered || outbound).then(|| User {
            id: Some(7),
            name: Some("Ada Demo".to_owned()),
            email: Some("ada@example.com".to_owned()),
        }),
        contact: None,
        tags: Vec::new(),
        comments: Vec::new(),
        flow: CallFlow::default(),
    }
}

pub(crate) fn call(call_type: CallType) -> Call {
    call_at(call_type, "2026-03-23T10:00:00Z")
}

/// The document of a call after `call.ended`.
pub(crate) fn ended(call: Call) -> CallDocument {
    let ended_at = call.ended_at.expect("an ended call").as_second();
    CallDocument::from(Snapshot { event: CallEvent::Ended, at: Timestamp::from_second(ended_at + 30).unwrap(), call })
}

/// Decides about a call's document.
pub(crate) fn decide(document: &CallDocument, settings: &Settings, previous: Option<&Decision>) -> Option<Decision> {
    rules::decide::decide(&document.clone().into(), settings, &Company::default(), previous)
}

/// An id that begins with `text`.
pub(crate) fn salesforce_id(text: &str) -> SalesforceId {
    SalesforceId::parse(&format!("{text:0<15}")).unwrap()
}

pub(crate) fn candidate(kind: RecordKind, id: &str, phone: &str, last_modified: &str) -> Candidate {
    Candidate {
        record: Record { kind, id: Some(salesforce_id(id)), person_contact_id: None, name: format!("Record {id}") },
        phones: vec![phone.to_owned()],
        country: None,
        last_modified: Some(at(last_modified)),
        is_converted: false,
    }
}

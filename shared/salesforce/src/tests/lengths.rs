//! No written text is longer than its field for any call, so `STRING_TOO_LONG` cannot happen.

use jiff::Timestamp;
use proptest::prelude::*;
use rules::revise::{Held, revise};
use rules::settings::{Settings, UnknownNumber};
use rules::{
    Call, CallFlow, CallId, Comment, Contact, Direction, E164, Line, LineId, MissedCallReason, Party, StatusNames, Tag,
    Task, TaskStatus, Trace, User,
};
use serde_json::Value;

use super::id;
use crate::call_log::limits::{TEXTS, limit};
use crate::call_log::{new_case, new_record, new_task, revised_task};
use crate::{ApiVersion, Record, Subrequest};

/// Emoji of two and of eight characters, right-to-left text, composite references, line breaks, control characters.
const UNITS: &[&str] = &[
    "a",
    "é",
    "😀",
    "👩\u{200d}👩\u{200d}👧",
    "שלום\u{202e} ",
    "@{c.id}",
    "@",
    "{",
    "\n",
    "\r\n",
    "\0\u{7f}",
    " ",
    "'",
    "x\t",
];

const COUNTS: &[usize] = &[0, 1, 13, 40, 41, 80, 81, 255, 256, 33_000, 100_000];

/// Texts of up to 100,000 characters.
fn text() -> impl Strategy<Value = String> {
    let repeated = (any::<bool>(), prop::sample::select(UNITS), prop::sample::select(COUNTS));
    let repeated = repeated.prop_map(|(odd, unit, count)| {
        let start = if odd { "x" } else { "" };
        format!("{start}{}", unit.repeat(count / unit.chars().count()))
    });
    prop_oneof![2 => any::<String>(), 3 => repeated]
}

fn email() -> impl Strategy<Value = String> {
    let near_the_limit = (prop::sample::select(UNITS), 20..90_usize).prop_map(|(unit, count)| unit.repeat(count));
    prop_oneof![text(), prop_oneof![text(), near_the_limit].prop_map(|text| format!("{text}@example.com"))]
}

fn user() -> impl Strategy<Value = User> {
    let option = || prop::option::of(text());
    (any::<Option<u64>>(), option(), option()).prop_map(|(id, name, email)| User { id, name, email })
}

fn contact() -> impl Strategy<Value = Contact> {
    let option = || prop::option::of(text());
    (option(), option(), option(), prop::option::of(email()))
        .prop_map(|(first_name, last_name, company_name, email)| Contact { first_name, last_name, company_name, email })
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_i64).prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn party() -> impl Strategy<Value = Party> {
    let phone = "[1-9][0-9]{6,14}".prop_map(|digits| Party::Phone(E164::parse(&format!("+{digits}")).unwrap()));
    prop_oneof![4 => phone, 1 => Just(Party::Anonymous), 1 => text().prop_map(Party::Unusable)]
}

fn comment() -> impl Strategy<Value = Comment> {
    (text(), prop::option::of(time()), prop::option::of(user())).prop_map(|(content, posted_at, posted_by)| Comment {
        content,
        posted_at,
        posted_by,
    })
}

prop_compose! {
    fn call()(
        id in any::<u64>(),
        inbound in any::<bool>(),
        times in (time(), prop::option::of(time()), prop::option::of(time())),
        urls in (prop::option::of(text()), prop::option::of(text()), prop::option::of(text())),
        reason in prop::option::of(text()),
        party in party(),
        line in (any::<u64>(), prop::option::of(text()), prop::option::of(text()), prop::option::of(text())),
        user in prop::option::of(user()),
        contact in prop::option::of(contact()),
        tags in prop::collection::vec(text(), 0..6),
        comments in prop::collection::vec(comment(), 0..6),
    ) -> Call {
        let (line_id, name, digits, time_zone) = line;
        Call {
            id: CallId(id),
            direction: if inbound { Direction::Inbound } else { Direction::Outbound },
            started_at: times.0,
            answered_at: times.1,
            ended_at: times.2,
            missed_call_reason: reason.map(MissedCallReason::Other),
            voicemail: urls.0,
            recording: urls.1,
            asset: urls.2,
            party,
            line: Line { id: LineId(line_id), name, digits, time_zone, open: None },
            user,
            contact,
            tags: tags.into_iter().map(|name| Tag { name }).collect(),
            comments,
            flow: CallFlow::default(),
        }
    }
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Our text with a person's addition, truncated to `limit` characters.
fn edited(ours: &str, by_hand: &str, limit: usize) -> String {
    let mut left = limit.saturating_sub(length(ours));
    let fits = |character: &char| {
        let rest = left.checked_sub(character.len_utf16());
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    format!("{ours}{}", by_hand.chars().take_while(fits).collect::<String>())
}

/// Checks that every text fits its field, and that every text field has a known limit.
#[track_caller]
fn check(record: &Record) {
    let sobject = record.sobject().unwrap();
    // Values that we choose, or of fixed length.
    let fixed = ["Status", "TaskSubtype", "Type", "CallType", "ActivityDate", "OwnerId", "Id", "Origin"];
    for (field, value) in record.fields() {
        let Value::String(text) = value else { continue };
        match limit(sobject, field) {
            Some(limit) => assert!(length(text) <= limit, "{sobject}.{field} has {} characters", length(text)),
            None => assert!(fixed.contains(&field), "no limit is known for {sobject}.{field}"),
        }
    }
}

/// The same for a new record, which may be sent in a composite. Composites escape references, which makes texts longer,
/// so the texts must be escaped before they are truncated.
#[track_caller]
fn check_new(record: &Record) {
    check(record);
    let sent = Subrequest::create("r", record.clone()).json(&ApiVersion::default()).unwrap();
    for (field, value) in record.fields() {
        assert!(sent["body"][field] == *value, "{field} is sent with a different value");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_task_fits_its_fields(call in call(), record_name in text()) {
        let task = Task::from_call(&call, TaskStatus::Completed, &Settings::default(), &record_name);
        let wire = new_task(&task, &id("005xx000001SwiU"), &StatusNames::default());
        check_new(&wire);
        prop_assert!(wire.str("Description") == Some(task.description.as_str()));
        check_new(&new_case(&task.subject, &id("005xx000001SwiU")));
    }

    #[test]
    fn a_revised_task_fits_its_fields(
        before in call(), after in call(), name in text(), by_hand in text(), touched in any::<[bool; 4]>()
    ) {
        let of = |call| Task::from_call(call, TaskStatus::InProgress, &Settings::default(), &name);
        let (wrote, ours) = (of(&before), of(&after));
        let hand = |touched: bool| if touched { by_hand.as_str() } else { "" };
        let held = Held {
            subject: Some(edited(&wrote.subject, hand(touched[0]), 255)),
            status: Some(wrote.status),
            talk_seconds: wrote.talk_seconds,
            activity_date: Some(wrote.activity_date.to_string()),
            call_disposition: wrote.call_disposition.as_deref().map(|tags| edited(tags, hand(touched[1]), 255)),
            description: Some(edited(&wrote.description, hand(touched[2]), 32_000)),
        };
        let known = touched[3].then_some(&wrote);
        check(&revised_task(&id("00TVr00000m4eGC"), &revise(known.map_or(&[][..], std::slice::from_ref), &held, &ours), &StatusNames::default()));
    }

    #[test]
    fn a_new_record_fits_its_fields(contact in prop::option::of(contact()), digits in "[1-9][0-9]{6,14}") {
        let phone = E164::parse(&format!("+{digits}")).unwrap();
        for setting in [UnknownNumber::CreateContact, UnknownNumber::CreateLead, UnknownNumber::CreateAccount] {
            let new = rules::unknown::create(setting, &phone, contact.as_ref(), &mut Trace::new()).unwrap();
            check_new(&new_record(&new, &id("005xx000001SwiU")));
        }
    }

    #[test]
    fn a_case_fits_its_fields(subject in text()) {
        let case = new_case(&subject, &id("005xx000001SwiU"));
        check_new(&case);
        let written = case.str("Subject").unwrap();
        // Truncated only if necessary.
        let whole = subject.replace("@{", "@ {");
        prop_assert!(written == whole || length(&whole) > 255 && length(written) >= 254 && written.ends_with('…'));
    }
}

#[test]
fn each_field_has_one_limit() {
    for (sobject, field, expected) in TEXTS {
        assert_eq!(limit(sobject, field), Some(expected), "{sobject}.{field}");
    }
}

//! Random cases: the steps, and the faults among them.

use proptest::prelude::*;
use serde_json::{Value, json};

/// When the last effect of a request comes whose answer is lost, milliseconds.
pub(super) const LAST_EFFECT_MS: u64 = 2_500;

/// One step of a case.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// This many calls end, the next ones of the case.
    Calls(usize),
    /// A comment is added to a call that has ended, chosen by its index among them.
    Comment(usize),
    /// A tag is added to such a call.
    Tag(usize),
    /// A message arrives from the phone number with this index.
    Message(usize),
    /// A person adds a note to the Task of such a call.
    Note(usize),
    /// A fault is scripted for a later request.
    Fault(Value),
    /// All sessions end.
    Expire,
    /// Two more writers run at once, beside the one that the queue wakes.
    Writers,
    /// The webhook and its token are replaced, while the next steps go on.
    Rotation,
    /// A pause, milliseconds.
    Pause(u64),
}

/// What happens in one org, and how that is set up.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) unique_key_field: bool,
    pub(super) index_lag_ms: u64,
    pub(super) unknown_number: &'static str,
    pub(super) message_tasks: &'static str,
    /// The phone number of each call, as an index below [`PHONES`].
    pub(super) phones: Vec<usize>,
    pub(super) steps: Vec<Step>,
}

/// Phone numbers with an index below this one belong to Contacts.
pub(super) const KNOWN_PHONES: usize = 4;
const PHONES: usize = 10;

fn fault() -> impl Strategy<Value = Value> {
    let session = json!([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]);
    let path = prop::sample::select(vec![
        "/search",
        "/composite/sobjects",
        "/composite/graph",
        "/composite/?$",
        "/sobjects/Task/",
        "/query",
        "/services/data",
    ]);
    let answer = prop::sample::select(vec![
        json!({"status": 503, "body": "<html>Service Unavailable</html>"}),
        json!({"status": 503, "commit": true}),
        json!({"status": 500, "commit": true, "delay_ms": 300}),
        json!({"drop": true}),
        json!({"drop": true, "commit": true}),
        json!({"drop": true, "effect_after_ms": 300}),
        json!({"drop": true, "effect_after_ms": LAST_EFFECT_MS}),
        json!({"status": 504, "effect_after_ms": 1_500}),
        json!({"status": 429}),
        json!({"status": 401, "body": session}),
        json!({"delay_ms": 400}),
    ]);
    let request = (path, answer, 1..3_u32).prop_map(|(path, mut fault, times)| {
        fault["path"] = json!(path);
        fault["times"] = json!(times);
        fault
    });
    let error = prop::sample::select(vec![
        "UNABLE_TO_LOCK_ROW",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "INVALID_CROSS_REFERENCE_KEY",
        "UNKNOWN_EXCEPTION",
    ]);
    let sobject = prop::sample::select(vec!["Task", "Contact", "Lead", "Account", "Case"]);
    let record = (sobject, error, 1..4_u32).prop_map(|(sobject, code, times)| {
        json!({"record": {"sobject": sobject}, "times": times, "error": {"code": code, "message": "No."}})
    });
    let token = Just(json!({"path": "/services/oauth2/token", "delay_ms": 500}));
    prop_oneof![5 => request, 4 => record, 1 => token]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..8_usize).prop_map(Step::Calls),
        4 => (0..100_usize).prop_map(Step::Comment),
        2 => (0..100_usize).prop_map(Step::Tag),
        4 => (0..PHONES).prop_map(Step::Message),
        2 => (0..100_usize).prop_map(Step::Note),
        7 => fault().prop_map(Step::Fault),
        1 => Just(Step::Expire),
        2 => Just(Step::Writers),
        1 => Just(Step::Rotation),
        5 => (50..1_200_u64).prop_map(Step::Pause),
    ]
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let unknown = prop::sample::select(vec!["create_contact", "create_lead", "create_account", "create_contact"]);
    let steps = prop::collection::vec(step(), 20..40);
    let phones = prop::collection::vec(0..PHONES, 60);
    let messages = prop::sample::select(vec!["per_message", "per_conversation"]);
    (any::<bool>(), prop::sample::select(vec![0_u64, 60_000]), unknown, messages, phones, steps).prop_map(
        |(unique_key_field, index_lag_ms, unknown_number, message_tasks, phones, steps)| Case {
            unique_key_field,
            index_lag_ms,
            unknown_number,
            message_tasks,
            phones,
            steps,
        },
    )
}

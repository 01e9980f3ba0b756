//! The fields of a call's Task.

use proptest::prelude::*;
use rules::settings::{CallResult, Settings, TransferredCallOwner};
use rules::{
    Call, CallId, CallType, Comment, Direction, Interaction, MenuChoice, MissedCallReason, Tag, Task, TaskStatus,
    Transfer, User,
};

use crate::support::{at, call, call_at};

fn task(call: &Call) -> Task {
    Task::from_call(call, TaskStatus::Completed, &Settings::default(), "Grace Example")
}

#[test]
fn subjects_use_aircall_s_wording() {
    let expected = [
        "Outbound answered call to Grace Example via Product line made by Ada Demo",
        "Outbound unanswered call via Product line made by Ada Demo to Grace Example",
        "Inbound answered call from Grace Example on Product line answered by Ada Demo",
        "Missed call from Grace Example on Product line",
        "Voicemail from Grace Example on Product line",
    ];
    for (call_type, subject) in CallType::ALL.into_iter().zip(expected) {
        assert_eq!(task(&call(call_type)).subject, subject);
    }
}

#[test]
fn without_a_record_name_the_subject_has_the_phone_number_and_an_unknown_user_is_left_out() {
    let mut call = call(CallType::InboundAnswered);
    call.user = None;
    let task = Task::from_call(&call, TaskStatus::Completed, &Settings::default(), "");
    assert_eq!(task.subject, "Inbound answered call from +33 6 12 34 56 78 on Product line");
}

#[test]
fn the_description_contains_all_details_of_the_call() {
    let mut call = call(CallType::InboundAnswered);
    call.recording = Some("https://media.example.com/short-lived.mp3".to_owned());
    call.asset = Some("https://assets.example.com/calls/7001/recording".to_owned());
    call.tags = vec![Tag { name: "Sales".to_owned() }, Tag { name: "Hot".to_owned() }];
    call.comments = vec![Comment {
        content: "Wants an offer\nby Friday".to_owned(),
        posted_at: Some(at("2026-03-23T10:05:00Z")),
        posted_by: call.user.clone(),
    }];
    insta::assert_snapshot!(task(&call).description, @r"
    Direction: Inbound
    Type: Inbound answered call
    From: +33 6 12 34 56 78
    Aircall line: Product line (+43 1 234567)
    Answered by: Ada Demo
    Started: 2026-03-23 11:00:00 CET (Europe/Vienna)
    Duration: 1 min 40 s
    Waiting time: 15 s
    Recording: https://assets.example.com/calls/7001/recording
    Tags: Sales, Hot
    Comment (2026-03-23 11:05 CET, Ada Demo): Wants an offer
    > by Friday
    ");
}

fn named(id: u64, name: &str) -> User {
    User { id: Some(id), name: Some(name.to_owned()), email: None }
}

/// An inbound call that Ada took, and that went to Max and then outside.
fn transferred() -> Call {
    let mut call = call(CallType::InboundAnswered);
    let ada = call.user.replace(named(8, "Max Demo"));
    let transfer = |time, by: Option<User>, to, phone: Option<&str>| Transfer {
        at: at(time),
        is_external: phone.is_some(),
        by,
        to,
        phone: phone.map(str::to_owned),
    };
    call.flow.transfers = vec![
        transfer("2026-03-23T10:01:00Z", ada.clone(), call.user.clone(), None),
        transfer("2026-03-23T10:01:30Z", None, None, Some("+1 415-555-0142")),
    ];
    call.flow.first_user = ada;
    call
}

#[test]
fn a_transferred_call_says_who_took_it_and_to_whom_it_went() {
    let call = transferred();
    let description = task(&call).description;
    let (_, lines) = description.split_once("(+43 1 234567)\n").unwrap();
    assert!(
        lines.starts_with(
            "Answered by: Ada Demo\n\
             Transferred (2026-03-23 11:01 CET, Ada Demo): to Max Demo\n\
             Transferred (2026-03-23 11:01 CET): outside the company, to +1 415-555-0142\n\
             Started:"
        ),
        "{lines}"
    );
    let mut without_transfer = transferred();
    without_transfer.flow.transfers.clear();
    assert!(task(&without_transfer).description.contains("\nAnswered by: Ada Demo\nLast handled by: Max Demo\n"));
}

#[test]
fn the_subject_names_the_user_who_owns_the_task() {
    let first = Settings { transferred_call_owner: TransferredCallOwner::First, ..Settings::default() };
    for (settings, name) in [(Settings::default(), "Max Demo"), (first, "Ada Demo")] {
        let interaction = Interaction::from(transferred());
        assert_eq!(interaction.owner(&settings).unwrap().name.as_deref(), Some(name));
        let subject = interaction.task(TaskStatus::Completed, &settings, "").subject;
        assert_eq!(subject, format!("Inbound answered call from +33 6 12 34 56 78 on Product line answered by {name}"));
    }
}

#[test]
fn menu_conference_and_call_back_are_described() {
    let mut call = call(CallType::OutboundAnswered);
    let choice = |title: Option<&str>, key: &str| MenuChoice {
        title: title.map(str::to_owned),
        key: Some(key.to_owned()),
        ..MenuChoice::default()
    };
    call.flow.menu_choices = vec![choice(Some("Sales\nTags: x"), "1"), choice(None, "2")];
    call.flow.conference = ["Ada Demo", "Max Demo", "+1 415-555-0142"].map(str::to_owned).to_vec();
    call.flow.callback_of = Some(CallId(812));
    let task_of = task(&call);
    assert_eq!(task_of.subject, "Outbound conference call to Grace Example with Product line");
    for line in [
        "Menu (IVR): Sales Tags: x, then key 2",
        "Conference of: Ada Demo, Max Demo, +1 415-555-0142",
        "Call-back of: Aircall's call 812",
    ] {
        assert!(task_of.description.lines().any(|it| it == line), "{}", task_of.description);
    }
    call.direction = Direction::Inbound;
    assert_eq!(task(&call).subject, "Inbound call from Grace Example on Product line");
    call.answered_at = None;
    assert_eq!(task(&call).subject, "Missed call from Grace Example on Product line");
}

#[test]
fn the_newest_comments_are_kept_where_not_all_fit() {
    let mut call = call(CallType::InboundAnswered);
    let comment = |text: String| Comment { content: text, posted_at: None, posted_by: None };
    call.comments = (0..50).map(|n| comment(format!("{n} {}", "x".repeat(1_000)))).collect();
    let description = task(&call).description;
    assert!((31_000..=32_000).contains(&description.len()), "{}", description.len());
    assert!(
        description.contains("\n… (older comments left out: Salesforce takes no more)\nComment: 19 x"),
        "{description}"
    );
    assert!(description.contains("\nComment: 49 x"));
    call.comments.push(comment("y".repeat(40_000)));
    let description = task(&call).description;
    assert!(
        description.starts_with("Direction: Inbound\n")
            && description.contains("left out: Salesforce takes no more)\nComment: yyy")
    );
    assert!(description.ends_with("y\n… (cut: Salesforce takes no more)"));
}

#[test]
fn a_comment_cannot_imitate_a_line_of_ours_and_a_name_does_not_turn_numbers_around() {
    let mut call = call(CallType::InboundAnswered);
    let content = "Done\rTags: VIP\u{2028}Recording: https://media.example.com/a\u{85}\u{202e}Duration: 1 s".to_owned();
    call.comments = vec![Comment { content, posted_at: None, posted_by: None }];
    call.line.name = Some("קו 1\nTags: VIP".to_owned());
    call.asset = Some("http://assets.example.com/calls/7001".to_owned());
    let task = task(&call);
    let (description, quoted) = task.description.split_once("Comment: Done\n").unwrap();
    assert!(quoted.lines().all(|line| line.starts_with("> ")) && quoted.lines().count() == 3, "{quoted:?}");
    assert!(!description.contains("\nTags:"), "{description}");
    assert!(description.contains("Aircall line: \u{2068}קו 1 Tags: VIP\u{2069} (+43 1 234567)"), "{description}");
    assert!(description.contains("Recording: in Aircall; its link is not there yet"), "{description}");
    assert!(task.subject.contains("on \u{2068}קו 1 Tags: VIP\u{2069} answered by Ada Demo"), "{}", task.subject);
}

#[test]
fn the_description_of_a_missed_call_states_the_reason_in_words() {
    let mut call = call(CallType::Missed);
    call.missed_call_reason = Some(MissedCallReason::NoAvailableAgent);
    insta::assert_snapshot!(task(&call).description, @r"
    Direction: Inbound
    Type: Missed call
    From: +33 6 12 34 56 78
    Aircall line: Product line (+43 1 234567)
    Started: 2026-03-23 11:00:00 CET (Europe/Vienna)
    Duration: 0 s
    Waiting time: 15 s
    Missed reason: nobody was available
    ");
}

#[test]
fn the_recording_link_follows_the_setting_and_never_is_the_expiring_url() {
    let mut call = call(CallType::Voicemail);
    assert!(!task(&call).description.contains("media.example.com"));
    call.asset = Some("https://assets.example.com/calls/7001/voicemail".to_owned());
    assert!(task(&call).description.contains("Voicemail: https://assets.example.com/calls/7001/voicemail"));
    let off = Settings { recording_link: false, ..Settings::default() };
    assert!(!Task::from_call(&call, TaskStatus::Completed, &off, "").description.contains("https://"));
}

#[test]
fn the_activity_date_is_in_the_line_s_time_zone() {
    let late = call_at(CallType::Missed, "2026-03-23T23:30:00Z");
    assert_eq!(task(&late).activity_date.to_string(), "2026-03-24");
}

#[test]
fn the_duration_is_the_talk_time() {
    assert_eq!(task(&call(CallType::InboundAnswered)).talk_seconds, Some(100));
    assert_eq!(task(&call(CallType::Missed)).talk_seconds, Some(0));
}

#[test]
fn only_whole_tags_that_fit_are_kept() {
    let mut call = call(CallType::Missed);
    call.tags = ["x".repeat(200), "y".repeat(54), "z".to_owned()].map(|name| Tag { name }).to_vec();
    assert_eq!(task(&call).call_disposition, Some(format!("{}, z", "x".repeat(200))));
    call.tags = vec![Tag { name: "w".repeat(256) }];
    assert_eq!(task(&call).call_disposition, None);
}

#[test]
fn the_call_result_can_be_that_of_aircalls_own_integration() {
    let settings = Settings { call_result: CallResult::Aircall, ..Settings::default() };
    let result = |call: &Call| Task::from_call(call, TaskStatus::Completed, &settings, "").call_disposition.unwrap();
    let mut missed = call(CallType::Missed);
    missed.missed_call_reason = Some(MissedCallReason::AgentsDidNotAnswer);
    missed.tags = vec![Tag { name: "Order".to_owned() }, Tag { name: "VIP".to_owned() }];
    let expected = "aircall, Order, VIP, inbound, unanswered_call, 431234567, agents_did_not_answer";
    assert_eq!(result(&missed), expected);
    let mut outbound = call(CallType::OutboundAnswered);
    outbound.line.digits = None;
    assert_eq!(result(&outbound), "aircall, outbound, answered_call");
    missed.tags = vec![Tag { name: "x".repeat(250) }];
    assert_eq!(result(&missed), expected.replace("Order, VIP, ", ""), "a tag that does not fit is left out");
}

proptest! {
    /// Salesforce's `STRING_TOO_LONG` cannot happen; it counts UTF-16 code units.
    #[test]
    fn every_field_fits_salesforce_s_limits(
        name in "\\PC{0,300}",
        tags in proptest::collection::vec("\\PC{0,120}", 0..8),
        comment in "(\\PC|\n){0,300}",
        repeat in 1usize..200,
    ) {
        let mut call = call(CallType::InboundAnswered);
        call.line.name = Some(name.clone());
        call.tags = tags.into_iter().map(|name| Tag { name }).collect();
        let content = comment.repeat(repeat);
        call.comments = vec![Comment { content, posted_at: None, posted_by: None }; 5];
        let call_result = if repeat % 2 == 0 { CallResult::Aircall } else { CallResult::Tags };
        let settings = Settings { call_result, ..Settings::default() };
        let task = Task::from_call(&call, TaskStatus::Completed, &settings, &name);
        let length = |text: &str| text.encode_utf16().count();
        prop_assert!(length(&task.subject) <= 255);
        prop_assert!(length(task.call_disposition.as_deref().unwrap_or_default()) <= 255);
        prop_assert!(length(&task.description) <= 32_000);
        prop_assert!(length(&task.key) <= 64);
    }
}

//! Updates of a Task never lose what a person wrote.

use proptest::prelude::*;
use rules::revise::{Held, Revision, base_from_current, revise};
use rules::settings::Settings;
use rules::{Call, CallType, Comment, Tag, Task, TaskStatus};

use crate::support::call;

fn task(change: impl FnOnce(&mut Call)) -> Task {
    let mut call = call(CallType::InboundAnswered);
    change(&mut call);
    Task::from_call(&call, TaskStatus::InProgress, &Settings::default(), "Grace Example")
}

fn commented(content: &str) -> Task {
    commented_each(&[content])
}

fn commented_each(contents: &[&str]) -> Task {
    task(|call| {
        call.tags = vec![Tag { name: "Sales".to_owned() }];
        let comment = |content: &&str| Comment { content: (*content).to_owned(), posted_at: None, posted_by: None };
        call.comments = contents.iter().map(comment).collect();
    })
}

/// The Task as Salesforce holds it immediately after we wrote it.
fn held(task: &Task) -> Held {
    Held {
        subject: Some(task.subject.clone()),
        status: Some(task.status),
        talk_seconds: task.talk_seconds,
        activity_date: Some(task.activity_date.to_string()),
        call_disposition: task.call_disposition.clone(),
        description: Some(task.description.clone()),
    }
}

#[test]
fn an_unchanged_task_needs_no_revision() {
    let task = task(|_| {});
    assert_eq!(revise(std::slice::from_ref(&task), &held(&task), &task), Revision::default());
    assert_eq!(revise(&[], &held(&task), &task), Revision::default());
}

#[test]
fn a_late_comment_and_tag_are_added() {
    let (before, after) = (task(|_| {}), commented("Rang back"));
    let revision = revise(std::slice::from_ref(&before), &held(&before), &after);
    assert_eq!(revision.description.as_ref(), Some(&after.description));
    assert_eq!(revision.call_disposition, Some(Some("Sales".to_owned())));
    assert_eq!((revision.subject, revision.status, revision.talk_seconds), (None, None, None));
}

#[test]
fn a_status_changed_by_a_person_is_kept() {
    let before = task(|_| {});
    let mut salesforce = held(&before);
    salesforce.status = Some(TaskStatus::Completed);
    assert_eq!(revise(std::slice::from_ref(&before), &salesforce, &commented("x")).status, None);
}

#[test]
fn a_new_call_type_changes_the_status_unless_a_person_changed_it() {
    let before = task(|_| {});
    let after = Task { status: TaskStatus::Completed, ..before.clone() };
    assert_eq!(revise(std::slice::from_ref(&before), &held(&before), &after).status, Some(TaskStatus::Completed));
    let changed = Held { status: None, ..held(&before) };
    assert_eq!(revise(std::slice::from_ref(&before), &changed, &after).status, None);
}

#[test]
fn a_subject_changed_by_a_person_is_kept() {
    let before = task(|_| {});
    let mut salesforce = held(&before);
    salesforce.subject = Some("Important!".to_owned());
    let after = Task { subject: "Voicemail from Grace Example".to_owned(), ..before.clone() };
    assert_eq!(revise(std::slice::from_ref(&before), &salesforce, &after).subject, None);
}

#[test]
fn notes_around_our_text_are_kept_in_place() {
    let (before, after) = (task(|_| {}), commented("Rang back"));
    let mut salesforce = held(&before);
    salesforce.description = Some(format!("My note\r\n{}\r\nAnother", before.description.replace('\n', "\r\n")));
    let revised = revise(std::slice::from_ref(&before), &salesforce, &after).description.unwrap();
    assert_eq!(revised, format!("My note\n{}\nAnother", after.description));
}

#[test]
fn a_rewritten_description_is_kept_and_only_new_lines_are_added() {
    let (before, after) = (task(|_| {}), commented("Rang back"));
    let salesforce = Held { description: Some("I summed it up myself.".to_owned()), ..held(&before) };
    let revised = revise(std::slice::from_ref(&before), &salesforce, &after).description.unwrap();
    assert_eq!(revised, "I summed it up myself.\nTags: Sales\nComment: Rang back");
    // Lines already added are not added again.
    let salesforce = Held { description: Some(revised), ..held(&before) };
    assert_eq!(revise(std::slice::from_ref(&before), &salesforce, &after).description, None);
}

#[test]
fn a_tag_removed_from_a_call_is_removed_from_its_task() {
    let (before, after) = (task(|call| call.tags = vec![Tag { name: "Sales".to_owned() }]), task(|_| {}));
    let revised = revise(std::slice::from_ref(&before), &held(&before), &after);
    assert_eq!(revised.description, Some(after.description.clone()));
    assert_eq!(revised.call_disposition, Some(None));
    assert_eq!(revise(std::slice::from_ref(&before), &held(&after), &after), Revision::default());
}

#[test]
fn if_both_texts_do_not_fit_ours_is_truncated_and_theirs_is_kept() {
    let (before, after) = (task(|_| {}), commented(&"y".repeat(500)));
    let note = format!("{} The end.", "x".repeat(31_500));
    let salesforce = Held { description: Some(format!("{}\n{note}", before.description)), ..held(&before) };
    let revised = revise(std::slice::from_ref(&before), &salesforce, &after).description.unwrap();
    assert!(revised.ends_with(&note) && revised.encode_utf16().count() <= 32_000);
}

#[test]
fn an_untouched_task_takes_all_changes() {
    let (before, after) = (task(|_| {}), commented("Rang back"));
    let base = base_from_current(&held(&before), &after);
    let revision = revise(std::slice::from_ref(&base), &held(&before), &after);
    assert_eq!(revision.description, Some(after.description));
    assert_eq!(revision.call_disposition, Some(Some("Sales".to_owned())));
}

#[test]
fn of_two_equal_comments_the_second_is_added_to_a_rewritten_description() {
    let (before, after) = (commented("Rang back"), commented_each(&["Rang back", "Rang back"]));
    let salesforce = Held { description: Some("Mine.\nComment: Rang back".to_owned()), ..held(&before) };
    for bases in [&[][..], &[before][..]] {
        let revised = revise(bases, &salesforce, &after).description.unwrap();
        assert_eq!(revised.matches("Comment: Rang back").count(), 2, "{revised}");
    }
}

#[test]
fn an_update_whose_answer_was_lost_is_a_base_too() {
    let (written, sent, after) =
        (task(|_| {}), commented("Rang back"), commented_each(&["Rang back", "Sent the offer"]));
    // It took effect, or it did not.
    for salesforce in [held(&sent), held(&written)] {
        let revision = revise(&[written.clone(), sent.clone()], &salesforce, &after);
        assert_eq!(revision.description.as_ref(), Some(&after.description));
    }
    let revision = revise(&[written.clone(), sent.clone()], &held(&sent), &written);
    assert_eq!((revision.description, revision.call_disposition), (Some(written.description), Some(None)));
}

#[test]
fn what_a_lost_update_may_have_said_is_not_taken_for_said() {
    let (written, sent) = (task(|_| {}), commented("Rang back"));
    let salesforce = Held { description: Some("I summed it up myself.".to_owned()), ..held(&written) };
    let revised = revise(&[written, sent.clone()], &salesforce, &sent).description.unwrap();
    assert_eq!(revised, "I summed it up myself.\nTags: Sales\nComment: Rang back");
}

proptest! {
    #[test]
    fn every_line_a_person_wrote_survives(lines in proptest::collection::vec("[a-z ]{1,20}", 1..5), over in any::<bool>()) {
        let (before, after) = (task(|_| {}), commented("Rang back"));
        let note = lines.join("\n");
        let text = if over { note } else { format!("{}\n{note}", before.description) };
        let salesforce = Held { description: Some(text), ..held(&before) };
        let revised = revise(std::slice::from_ref(&before), &salesforce, &after).description.unwrap();
        for line in &lines {
            prop_assert!(revised.lines().any(|kept| kept == line), "{line:?} not in {revised:?}");
        }
        prop_assert!(revised.contains("Comment: Rang back"));
    }
}

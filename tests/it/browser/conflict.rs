//! Two admins who save at once.

use super::visitor::Visitor;
use crate::support::World;

#[tokio::test]
async fn whoever_saves_second_sees_both_versions_and_chooses() {
    let world = World::new().await;
    let (one, other) = (Visitor::admin_of(&world).await, Visitor::admin_of(&world).await);
    for admin in [&one, &other] {
        admin.open("/call-workflow").await;
    }
    one.choose("missed-completed").await;
    one.choose("voicemail-completed").await;
    one.press("Save changes").await;
    one.reads("Saved").await;

    other.choose("missed-do_nothing").await;
    other.choose("voicemail-do_nothing").await;
    other.press("Save changes").await;
    other.reads("Somebody else saved in between").await;
    assert_eq!(world.settings().await["call_workflow"]["missed"], "completed");
    let problems = other.inspect("conflict").await;
    assert!(problems.is_empty(), "{problems:#?}");

    // Theirs of one, mine of the other.
    other.click_on("label:has([name='call_workflow.voicemail'][value=theirs])").await;
    other.press("Save this selection").await;
    other.reads("Saved").await;
    let settings = world.settings().await;
    assert_eq!(settings["version"], 2);
    assert_eq!(settings["call_workflow"]["missed"], "do_nothing");
    assert_eq!(settings["call_workflow"]["voicemail"], "completed");
    one.leave().await;
    other.leave().await;
}

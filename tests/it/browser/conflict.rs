//! Two admins who save concurrently.

use super::user::BrowserUser;
use crate::support::TestEnv;

#[tokio::test]
async fn the_second_admin_to_save_sees_both_versions_and_chooses() {
    let env = TestEnv::new().await;
    let (one, other) = (BrowserUser::admin_of(&env).await, BrowserUser::admin_of(&env).await);
    for admin in [&one, &other] {
        admin.open("/call-workflow").await;
    }
    one.choose("missed-completed").await;
    one.choose("voicemail-completed").await;
    one.press("Save changes").await;
    one.wait_for_text("Saved").await;

    other.choose("missed-do_nothing").await;
    other.choose("voicemail-do_nothing").await;
    other.press("Save changes").await;
    other.wait_for_text("Resolve conflicting changes").await;
    assert_eq!(env.settings().await["call_workflow"]["missed"], "completed");
    let problems = other.inspect("conflict").await;
    assert!(problems.is_empty(), "{problems:#?}");

    // The other admin's value of one setting, and the own value of the other.
    other.click_on("label:has([name='call_workflow.voicemail'][value=theirs])").await;
    other.press("Save this selection").await;
    other.wait_for_text("Saved").await;
    let settings = env.settings().await;
    assert_eq!(settings["version"], 2);
    assert_eq!(settings["call_workflow"]["missed"], "do_nothing");
    assert_eq!(settings["call_workflow"]["voicemail"], "completed");
    one.close().await;
    other.close().await;
}

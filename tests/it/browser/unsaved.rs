//! Unsaved changes are not lost by accident.

use super::user::BrowserUser;
use crate::support::TestEnv;

/// Whether the page asks before it is left. Chromium would ask a person; chromedriver accepts the prompt itself.
const ASKS_BEFORE_LEAVING: &str = "
    const leaving = new Event('beforeunload', {cancelable: true});
    dispatchEvent(leaving);
    return leaving.defaultPrevented;
";

#[tokio::test]
async fn leaving_with_unsaved_changes_asks_first() {
    let env = TestEnv::new().await;
    let admin = BrowserUser::admin_of(&env).await;
    for (page, id, default) in [
        ("/call-workflow", "missed-completed", "missed-in_progress"),
        ("/general", "unknown_number-create_lead", "unknown_number-do_nothing"),
    ] {
        admin.open(page).await;
        assert!(!admin.text().await.contains("You have unsaved changes."));
        assert_eq!(admin.script(ASKS_BEFORE_LEAVING).await, false, "{page}");
        admin.choose(id).await;
        admin.wait_for_text("You have unsaved changes.").await;
        assert_eq!(admin.script(ASKS_BEFORE_LEAVING).await, true, "{page}");
        admin.choose(default).await;
        assert!(!admin.text().await.contains("You have unsaved changes."));
        assert_eq!(admin.script(ASKS_BEFORE_LEAVING).await, false, "{page}");
    }
    assert_eq!(env.settings().await["version"], 0);
    admin.close().await;
}

#[tokio::test]
async fn saving_does_not_ask_for_confirmation() {
    let env = TestEnv::new().await;
    let admin = BrowserUser::admin_of(&env).await;
    admin.open("/call-workflow").await;
    admin.choose("missed-completed").await;
    // Stores whether the page asked, so that the next page can read it.
    admin
        .script("addEventListener('beforeunload', (event) => { sessionStorage.asked = event.defaultPrevented })")
        .await;
    admin.press("Save changes").await;
    admin.wait_for_text("Saved").await;
    assert_eq!(admin.value("sessionStorage.asked").await, "false");
    assert_eq!(admin.script(ASKS_BEFORE_LEAVING).await, false);
    admin.press("History").await;
    admin.wait_for_text("Version 1").await;
    admin.close().await;
}

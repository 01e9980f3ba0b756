//! What is typed and not saved is not lost by a slip.

use super::visitor::Visitor;
use crate::support::World;

#[tokio::test]
async fn leaving_with_unsaved_changes_asks_first() {
    let world = World::new().await;
    let admin = Visitor::admin_of(&world).await;
    for (page, id) in [("/call-workflow", "missed-completed"), ("/general", "unknown_number-create_lead")] {
        admin.open(page).await;
        assert!(!admin.text().await.contains("You have unsaved changes."));
        admin.choose(id).await;
        admin.reads("You have unsaved changes.").await;

        admin.press("History").await;
        assert!(admin.dialog().await.is_some(), "{page} lets go");
        admin.driver.dismiss_alert().await.unwrap();
        assert_eq!(admin.place().await, page);
        assert_eq!(admin.value(&format!("document.getElementById('{id}').checked")).await, true);

        admin.press("History").await;
        admin.dialog().await.expect("it asks again");
        admin.driver.accept_alert().await.unwrap();
        admin.reads("Who changed the settings").await;
    }
    assert_eq!(world.settings().await["version"], 0);
    admin.leave().await;
}

#[tokio::test]
async fn nobody_is_asked_who_saves_or_takes_the_change_back() {
    let world = World::new().await;
    let admin = Visitor::admin_of(&world).await;
    admin.open("/call-workflow").await;
    admin.choose("missed-completed").await;
    admin.choose("missed-in_progress").await;
    admin.press("History").await;
    assert_eq!(admin.dialog().await, None);
    admin.reads("Who changed the settings").await;

    admin.open("/call-workflow").await;
    admin.choose("missed-completed").await;
    admin.press("Save changes").await;
    assert_eq!(admin.dialog().await, None);
    admin.reads("Saved").await;
    admin.press("History").await;
    assert_eq!(admin.dialog().await, None);
    admin.reads("Version 1").await;
    admin.leave().await;
}

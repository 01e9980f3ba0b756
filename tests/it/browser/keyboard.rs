//! Changing settings by keyboard alone.

use thirtyfour::Key;

use super::user::BrowserUser;
use crate::support::TestEnv;

/// More focusable elements than any settings page has.
const MAX_STOPS: usize = 60;

/// The focused element, by its id or else its text, and whether its focus is visible.
const FOCUS: &str = "
    const it = document.activeElement;
    const seen = (one) => {
        const style = one && getComputedStyle(one);
        return style && ((style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none');
    };
    const box = (it.closest('label') ?? it).getBoundingClientRect();
    // Neither off the screen nor covered by another element.
    const there = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    const free = it.contains(there) || it.closest('label')?.contains(there);
    return [it.id || it.textContent.trim(), free && (seen(it) || seen(it.closest('label')) || seen(it.nextElementSibling))];
";

impl BrowserUser {
    /// Presses Tab and returns the name of the focused element.
    async fn tab(&self) -> String {
        self.keys(String::from(char::from(Key::Tab))).await;
        let focus = self.script(FOCUS).await;
        let name = focus[0].as_str().expect("a name").to_owned();
        assert_eq!(focus[1], true, "the focus on {name:?} is not visible on {}", self.location().await);
        name
    }

    /// Presses Tab until the element of this name has the focus.
    async fn tab_to(&self, name: &str) {
        let mut seen = Vec::new();
        for _ in 0..MAX_STOPS {
            let now = self.tab().await;
            if now == name {
                return;
            }
            seen.push(now);
        }
        panic!("{name} is not among {seen:?}");
    }
}

#[tokio::test]
async fn the_missed_call_workflow_is_changed_by_keyboard_alone() {
    let env = TestEnv::new().await;
    let admin = BrowserUser::admin_of(&env).await;
    admin.open("/activity").await;
    assert_eq!(admin.tab().await, "Skip to the content");
    admin.tab_to("Call workflow").await;
    admin.keys(String::from(char::from(Key::Enter))).await;
    admin.wait_for_text("Choose how each type of call is logged").await;
    assert_eq!(admin.location().await, "/call-workflow");

    // Each radio group is one tab stop, on its checked button; the arrow keys check another.
    admin.tab_to("missed-in_progress").await;
    admin.keys(String::from(char::from(Key::Down))).await;
    assert_eq!(admin.value("document.activeElement.id").await, "missed-do_nothing");
    assert_eq!(admin.tab().await, "voicemail-in_progress");
    admin.tab_to("Save changes").await;
    admin.keys(String::from(char::from(Key::Enter))).await;
    admin.wait_for_text("Saved").await;
    assert_eq!(env.settings().await["call_workflow"]["missed"], "do_nothing");
    admin.close().await;
}

#[tokio::test]
async fn the_skip_link_moves_the_focus_past_the_navigation() {
    let env = TestEnv::new().await;
    let admin = BrowserUser::admin_of(&env).await;
    admin.open("/call-workflow").await;
    assert_eq!(admin.tab().await, "Skip to the content");
    admin.keys(String::from(char::from(Key::Enter))).await;
    assert_eq!(admin.tab().await, "outbound_answered-completed");
    admin.close().await;
}

#[tokio::test]
async fn every_focused_element_of_the_general_settings_is_visible_and_none_traps_the_focus() {
    let env = TestEnv::new().await;
    let admin = BrowserUser::admin_of(&env).await;
    admin.open("/general").await;
    admin.tab_to("Save changes").await;
    admin.close().await;
}

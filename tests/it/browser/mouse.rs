//! Changing settings with the mouse in a small window, where the browser scrolls only as far as necessary.

use super::user::BrowserUser;
use crate::support::TestEnv;

#[tokio::test]
async fn no_choice_is_covered_by_another_element() {
    let env = TestEnv::new().await;
    let admin = BrowserUser::admin_of(&env).await;
    admin.set_viewport(super::accessibility::SMALL).await;
    for page in ["/call-workflow", "/general"] {
        admin.open(page).await;
        let choices = "[...document.querySelectorAll('input[type=radio], input[type=checkbox]')].map((one) => one.id)";
        let choices = admin.value(choices).await;
        for id in choices.as_array().unwrap().iter().map(|id| id.as_str().unwrap()) {
            // Without scrolling first, unlike `BrowserUser::press`.
            if let Ok(choice) = admin.driver.find(thirtyfour::By::Css(format!("[id='{id}']"))).await
                && choice.is_displayed().await.unwrap()
                && choice.is_enabled().await.unwrap()
            {
                choice.click().await.unwrap_or_else(|error| panic!("{page} {id}: {error}"));
            }
        }
    }
    admin.driver.quit().await.unwrap();
}

//! A user of the console with a browser of their own.

use std::time::{Duration, Instant};

use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use thirtyfour::{By, Capabilities, WebDriver, WebElement};

use super::{accessibility, driver};
use crate::support::{POLL, TestEnv};

/// How long a page may take to show something on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(20);
/// XPath test for links, buttons and labels, which a person can press.
const PRESSED: &str = "self::a or self::button or self::summary or self::label";

/// A user with a fresh browser.
pub(super) struct BrowserUser {
    pub(super) driver: WebDriver,
    home: String,
}

impl BrowserUser {
    /// A user who is not signed in.
    pub(super) async fn new(console_url: &str) -> Self {
        // No pooled connections, because a browser may also be closed from another runtime than the test's.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("an HTTP client");
        let driver = WebDriver::builder(driver::url(), capabilities()).client(http).await;
        let driver = driver.unwrap_or_else(|error| panic!("no browser starts: {error}"));
        let user = Self { driver, home: console_url.to_owned() };
        user.set_viewport(accessibility::LIGHT).await;
        user
    }

    /// The tenant's admin, signed in.
    pub(super) async fn admin_of(env: &TestEnv) -> Self {
        let user = Self::new(&env.running.stack.info().console_url).await;
        user.set_cookie(&env.tenant.session_cookie).await;
        user
    }

    /// Sets a cookie, given as `name=value`, in the browser.
    pub(super) async fn set_cookie(&self, cookie: &str) {
        let (name, value) = cookie.split_once('=').expect("a name and a value");
        let cookie = json!({"name": name, "value": value, "url": self.home, "httpOnly": true, "secure": true, "sameSite": "Lax"});
        let answer = self.devtools("Network.setCookie", cookie).await;
        assert_eq!(answer["success"], true, "{name}");
    }

    /// The value of a cookie that the console set for `path`, with its attributes asserted.
    pub(super) async fn cookie(&self, name: &str, path: &str) -> Option<String> {
        let url = format!("{}{path}", self.home);
        let answer = self.devtools("Network.getCookies", json!({"urls": [url]})).await;
        let cookies = answer["cookies"].as_array().expect("a list").clone();
        let cookie = cookies.into_iter().find(|cookie| cookie["name"] == name)?;
        assert_eq!(
            (&cookie["httpOnly"], &cookie["secure"], &cookie["sameSite"]),
            (&json!(true), &json!(true), &json!("Lax"))
        );
        cookie["value"].as_str().map(str::to_owned)
    }

    /// The status of a request to the console with this cookie, given as `name=value`, from outside the browser.
    pub(super) async fn open_with(&self, cookie: &str, path: &str) -> StatusCode {
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let request = http.get(format!("{}{path}", self.home)).header(header::COOKIE, cookie);
        request.send().await.expect("an answer").status()
    }

    /// Opens a path of the console, or any URL.
    pub(super) async fn open(&self, path: &str) {
        let url = if path.starts_with('/') { self.home.clone() + path } else { path.to_owned() };
        self.driver.goto(url.as_str()).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The browser's location: a path of the console with its query, or the URL of another site.
    pub(super) async fn location(&self) -> String {
        let url = self.driver.current_url().await.expect("an address").to_string();
        url.strip_prefix(&self.home).map_or(url.clone(), str::to_owned)
    }

    /// Waits until the page shows this text.
    pub(super) async fn wait_for_text(&self, text: &str) {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let page = self.text().await;
            if page.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "{} never shows {text:?}:\n{page}", self.location().await);
            tokio::time::sleep(POLL).await;
        }
    }

    /// Reloads the page until it shows this text.
    pub(super) async fn reload_until_text(&self, text: &str) {
        let deadline = Instant::now() + TIMEOUT;
        while !self.text().await.contains(text) {
            assert!(
                Instant::now() < deadline,
                "{} never shows {text:?}:\n{}",
                self.location().await,
                self.text().await
            );
            tokio::time::sleep(POLL).await;
            self.driver.refresh().await.expect("the page again");
        }
    }

    /// The visible text of the page.
    pub(super) async fn text(&self) -> String {
        self.script("return document.body?.innerText ?? ''").await.as_str().expect("a text").to_owned()
    }

    /// Waits for a link, button or label of this name, and presses it.
    pub(super) async fn press(&self, name: &str) {
        self.click(&self.named(name).await, name).await;
    }

    /// The link, button or label of a choice with this name; waits until there is one.
    pub(super) async fn named(&self, name: &str) -> WebElement {
        let by = |test: &str| By::XPath(format!("//*[{PRESSED}][not(@aria-hidden)][{test}]"));
        let exactly = by(&format!("normalize-space() = \"{name}\""));
        // The label of a choice continues with its description.
        let begins = by(&format!("normalize-space(span[1]) = \"{name}\""));
        let deadline = Instant::now() + TIMEOUT;
        loop {
            for by in [&exactly, &begins] {
                for element in self.driver.find_all(by.clone()).await.unwrap_or_default() {
                    // The element is gone if the browser is leaving the page.
                    if element.is_displayed().await.unwrap_or(false) {
                        return element;
                    }
                }
            }
            assert!(Instant::now() < deadline, "{} has no {name:?}:\n{}", self.location().await, self.text().await);
            tokio::time::sleep(POLL).await;
        }
    }

    /// The one element that a CSS selector finds.
    pub(super) async fn find(&self, selector: &str) -> WebElement {
        match self.driver.find(By::Css(selector)).await {
            Ok(element) => element,
            Err(error) => panic!("{} has no {selector}: {error}", self.location().await),
        }
    }

    /// Clicks the label of the radio button or checkbox with this id.
    pub(super) async fn choose(&self, id: &str) {
        self.click_on(&format!("label:has(> [id='{id}'])")).await;
    }

    /// Clicks the one element that a CSS selector finds.
    pub(super) async fn click_on(&self, selector: &str) {
        self.click(&self.find(selector).await, selector).await;
    }

    /// Clicks an element after scrolling it to the middle of the screen, where no sticky element covers it.
    async fn click(&self, element: &WebElement, name: &str) {
        let to_middle = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})";
        let element_json = element.to_json().expect("it is JSON");
        // Fails if the browser is leaving the page, which the click then reports.
        let _ = self.driver.execute(to_middle, vec![element_json]).await;
        element.click().await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Replaces the text of a field.
    pub(super) async fn fill(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.expect("it is a field");
        field.send_keys(text).await.expect("it takes text");
    }

    /// Presses keys wherever the focus is.
    pub(super) async fn keys(&self, keys: impl AsRef<str> + Send) {
        let chain = self.driver.action_chain().send_keys(keys.as_ref());
        chain.perform().await.expect("keys are pressed");
    }

    /// Runs a script through the driver, which no content security policy blocks, and returns its result.
    pub(super) async fn script(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// Calls a method of the browser's developer tools.
    pub(super) async fn devtools(&self, method: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The browser's log messages since the last call: script errors and policy violations.
    /// Network messages, such as a 404, are left out.
    pub(super) async fn console_messages(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("the browser's log");
        let messages = log.into_iter().filter(|entry| entry.source.as_deref() != Some("network"));
        messages.map(|entry| entry.message).collect()
    }

    /// Closes the browser, and asserts that its log has no messages.
    pub(super) async fn close(self) {
        assert_eq!(self.console_messages().await, Vec::<String>::new());
        self.driver.quit().await.expect("it closes");
    }
}

fn capabilities() -> Capabilities {
    let arguments = [
        "--headless=new",
        // Chromium's sandbox does not work as root, and the tests load only their own pages.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        "--lang=en-GB",
        // The browser stops with its driver.
        "--remote-debugging-pipe",
    ];
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": {"args": arguments},
        "goog:loggingPrefs": {"browser": "ALL"},
    });
    let Value::Object(capabilities) = capabilities else { unreachable!("it is an object") };
    capabilities.into()
}

//! The checks that every page has to pass: size, response time, layout on every viewport, accessibility, and a content
//! security policy that blocks injected scripts.

use serde_json::Value;

use super::user::BrowserUser;

/// The most bytes that a page may transfer with all that it loads.
const MAX_BYTES: u64 = 60_000;
/// The longest response time of a page from a warm server, milliseconds. A debug build that shares the machine with
/// other tests only shows gross slowness.
const MAX_MILLISECONDS: f64 = if cfg!(debug_assertions) { 1_500.0 } else { 100.0 };
/// How often a page is loaded; the quickest load counts as warm.
const LOADS: usize = 4;

/// Returns the bytes that the page and its resources transferred, and the response time of the page.
const MEASURE: &str = "
    const page = performance.getEntriesByType('navigation')[0];
    const all = [page, ...performance.getEntriesByType('resource')];
    return [all.reduce((sum, one) => sum + one.transferSize, 0), page.responseStart - page.requestStart];
";

/// Injects a script into the page, as injected markup would.
const INJECT_SCRIPT: &str = "
    const script = document.createElement('script');
    script.textContent = 'document.title = \"owned\"';
    document.head.append(script);
    return document.title;
";

/// The problems found by the page checks.
#[derive(Debug, Default)]
pub(super) struct PageChecks {
    problems: Vec<String>,
}

impl PageChecks {
    /// Opens a page several times and runs all checks.
    pub(super) async fn check_page(&mut self, user: &BrowserUser, name: &str, path: &str) {
        user.devtools("Network.clearBrowserCache", serde_json::json!({})).await;
        let (mut weight, mut quickest) = (0, f64::MAX);
        for _ in 0..LOADS {
            user.open(path).await;
            let measured = user.script(MEASURE).await;
            // The first load transfers most, because nothing is cached; later loads are quickest.
            weight = weight.max(bytes(&measured));
            quickest = quickest.min(milliseconds(&measured));
        }
        self.check(name, weight, quickest);
        let policy = "fetch(location.href).then((answer) => answer.headers.get('content-security-policy'))";
        let policy = user.value(policy).await;
        let policy = policy.as_str().unwrap_or_default();
        if !policy.contains("default-src 'none'") || policy.contains("unsafe") {
            self.problems.push(format!("{name}: its policy is {policy:?}"));
        }
        self.check_open_page(user, name).await;
    }

    /// Runs all checks on the open page but those of size and time.
    pub(super) async fn check_open_page(&mut self, user: &BrowserUser, name: &str) {
        self.check_log(user, name).await;
        self.problems.extend(user.inspect(name).await);
        // axe-core may have caused policy violations.
        user.console_messages().await;
        if user.script(INJECT_SCRIPT).await == "owned" {
            self.problems.push(format!("{name}: runs an injected script"));
        }
        let messages = user.console_messages().await;
        if !messages.iter().any(|message| message.contains("Content Security Policy")) {
            self.problems
                .push(format!("{name}: the browser reported no policy violation for an injected script: {messages:?}"));
        }
    }

    /// Runs all checks on the open page, which is the response to a form.
    pub(super) async fn check_form_result(&mut self, user: &BrowserUser, name: &str) {
        let measured = user.script(MEASURE).await;
        self.check(name, bytes(&measured), milliseconds(&measured));
        self.check_open_page(user, name).await;
    }

    /// Asserts that there are no problems.
    pub(super) fn assert_passed(self) {
        assert!(self.problems.is_empty(), "{}", self.problems.join("\n"));
    }

    fn check(&mut self, name: &str, weight: u64, time: f64) {
        println!("{name}: {weight} bytes, {time:.0} ms");
        if weight > MAX_BYTES {
            self.problems.push(format!("{name}: {weight} bytes"));
        }
        if time > MAX_MILLISECONDS {
            self.problems.push(format!("{name}: {time:.0} ms"));
        }
    }

    async fn check_log(&mut self, user: &BrowserUser, name: &str) {
        let messages = user.console_messages().await;
        self.problems.extend(messages.into_iter().map(|message| format!("{name}: {message}")));
    }
}

fn bytes(measured: &Value) -> u64 {
    measured[0].as_u64().expect("a number")
}

fn milliseconds(measured: &Value) -> f64 {
    measured[1].as_f64().expect("a number")
}

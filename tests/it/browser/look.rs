//! What every page promises: light, quick, whole on every screen, for everybody's eyes and hands, and closed to scripts
//! that are not ours.

use serde_json::Value;

use super::user::BrowserUser;

/// Most that a page may weigh with all that it loads, bytes.
const MAX_BYTES: u64 = 60_000;
/// Longest that a page may take on the server when it is warm, milliseconds.
const MAX_MILLISECONDS: f64 = if cfg!(debug_assertions) { 400.0 } else { 100.0 };
/// How often a page is loaded to be called warm.
const LOADS: usize = 4;

/// What the page and all it loaded weighed, and how long the server took for the page.
const MEASURE: &str = "
    const page = performance.getEntriesByType('navigation')[0];
    const all = [page, ...performance.getEntriesByType('resource')];
    return [all.reduce((sum, one) => sum + one.transferSize, 0), page.responseStart - page.requestStart];
";

/// Runs a script that the page does not have, as markup that got into it would.
const INJECT_SCRIPT: &str = "
    const script = document.createElement('script');
    script.textContent = 'document.title = \"owned\"';
    document.head.append(script);
    return document.title;
";

/// What a page promises and does not keep.
#[derive(Debug, Default)]
pub(super) struct PageChecks {
    broken: Vec<String>,
}

impl PageChecks {
    /// Opens a page, several times, and holds it to all of it.
    pub(super) async fn check_page(&mut self, user: &BrowserUser, name: &str, path: &str) {
        user.devtools("Network.clearBrowserCache", serde_json::json!({})).await;
        let (mut weight, mut quickest) = (0, f64::MAX);
        for _ in 0..LOADS {
            user.open(path).await;
            let measured = user.script(MEASURE).await;
            // The first load is the heaviest, as nothing of it is known yet; the last ones are the quickest.
            weight = weight.max(bytes(&measured));
            quickest = quickest.min(milliseconds(&measured));
        }
        self.check(name, weight, quickest);
        let policy = "fetch(location.href).then((answer) => answer.headers.get('content-security-policy'))";
        let policy = user.value(policy).await;
        let policy = policy.as_str().unwrap_or_default();
        if !policy.contains("default-src 'none'") || policy.contains("unsafe") {
            self.broken.push(format!("{name}: its policy is {policy:?}"));
        }
        self.check_open_page(user, name).await;
    }

    /// Holds the page that is open to what it promises besides weight and time.
    pub(super) async fn check_open_page(&mut self, user: &BrowserUser, name: &str) {
        self.check_log(user, name).await;
        self.broken.extend(user.inspect(name).await);
        // axe may have tried what the policy forbids.
        user.console_messages().await;
        if user.script(INJECT_SCRIPT).await == "owned" {
            self.broken.push(format!("{name}: runs a script that is not ours"));
        }
        let complaints = user.console_messages().await;
        if !complaints.iter().any(|complaint| complaint.contains("Content Security Policy")) {
            self.broken.push(format!("{name}: nobody complained about a script that is not ours: {complaints:?}"));
        }
    }

    /// Holds a page that a form led to, and that is open, to all of it.
    pub(super) async fn check_form_result(&mut self, user: &BrowserUser, name: &str) {
        let measured = user.script(MEASURE).await;
        self.check(name, bytes(&measured), milliseconds(&measured));
        self.check_open_page(user, name).await;
    }

    /// That there was nothing.
    pub(super) fn assert_passed(self) {
        assert!(self.broken.is_empty(), "{}", self.broken.join("\n"));
    }

    fn check(&mut self, name: &str, weight: u64, time: f64) {
        println!("{name}: {weight} bytes, {time:.0} ms");
        if weight > MAX_BYTES {
            self.broken.push(format!("{name}: {weight} bytes"));
        }
        if time > MAX_MILLISECONDS {
            self.broken.push(format!("{name}: {time:.0} ms"));
        }
    }

    async fn check_log(&mut self, user: &BrowserUser, name: &str) {
        let complaints = user.console_messages().await;
        self.broken.extend(complaints.into_iter().map(|complaint| format!("{name}: {complaint}")));
    }
}

fn bytes(measured: &Value) -> u64 {
    measured[0].as_u64().expect("a number")
}

fn milliseconds(measured: &Value) -> f64 {
    measured[1].as_f64().expect("a number")
}

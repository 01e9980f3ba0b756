//! How a page is looked at: by people with wide and narrow screens, in the light and in the dark, and by axe-core.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::user::BrowserUser;

/// A screen and a taste.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eyes {
    pub(super) name: &'static str,
    width: u32,
    height: u32,
    scheme: &'static str,
}

/// A desk by day.
pub(super) const LIGHT: Eyes = Eyes { name: "light", width: 1280, height: 900, scheme: "light" };
/// A desk by night.
pub(super) const DARK: Eyes = Eyes { name: "dark", width: 1280, height: 900, scheme: "dark" };
/// A small window.
pub(super) const SMALL: Eyes = Eyes { name: "small", width: 800, height: 600, scheme: "light" };
/// A phone.
pub(super) const NARROW: Eyes = Eyes { name: "narrow", width: 390, height: 844, scheme: "light" };
/// A phone by night.
pub(super) const NARROW_DARK: Eyes = Eyes { name: "narrow-dark", width: 390, height: 844, scheme: "dark" };

/// What axe-core found on a page.
#[derive(Debug, Deserialize)]
struct Finding {
    id: String,
    impact: Option<String>,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    html: String,
}

impl Finding {
    fn is_serious(&self) -> bool {
        matches!(self.impact.as_deref(), Some("serious" | "critical"))
    }

    fn words(&self) -> String {
        let nodes: Vec<&str> = self.nodes.iter().map(|node| &*node.html).collect();
        format!("{} ({}): {}\n  {}", self.id, self.impact.as_deref().unwrap_or("?"), self.help, nodes.join("\n  "))
    }
}

impl BrowserUser {
    /// Looks with these eyes from now on. They dislike motion, so that nothing is seen halfway.
    pub(super) async fn set_viewport(&self, eyes: Eyes) {
        self.set_screen(eyes, eyes.height).await;
        let scheme = json!({"name": "prefers-color-scheme", "value": eyes.scheme});
        let motion = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [scheme, motion]})).await;
    }

    async fn set_screen(&self, eyes: Eyes, height: u32) {
        let Eyes { width, .. } = eyes;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 640});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Keeps a picture of the whole page, as `<page>-<eyes>.png`.
    async fn save_screenshot(&self, page: &str, eyes: Eyes) {
        // On a screen that is high enough, so that what sticks to its end is at the end of the page.
        let height = self.value("document.documentElement.scrollHeight").await.as_u64().expect("a number");
        self.set_screen(eyes, u32::try_from(height).expect("no page is so high").max(eyes.height)).await;
        let picture = self.devtools("Page.captureScreenshot", json!({"format": "png"})).await;
        self.set_screen(eyes, eyes.height).await;
        let picture = picture["data"].as_str().expect("a picture");
        let picture = base64::engine::general_purpose::STANDARD.decode(picture).expect("it is base64");
        std::fs::write(screenshots_folder().join(format!("{page}-{}.png", eyes.name)), picture)
            .expect("it can be kept");
    }

    /// What axe-core finds of serious or critical harm; how much else it found is printed.
    pub(super) async fn axe(&self, page: &str) -> Vec<String> {
        let script = format!("{}; return axe.run(document, {{resultTypes: ['violations']}});", axe_core());
        let found = self.script(&script).await;
        let found: Vec<Finding> = serde_json::from_value(found["violations"].clone()).expect("axe's findings");
        let (grave, slight): (Vec<Finding>, Vec<Finding>) = found.into_iter().partition(Finding::is_serious);
        for finding in slight {
            println!("{page}: {}", finding.words());
        }
        grave.iter().map(Finding::words).collect()
    }

    /// How much wider than the screen the page is, pixels.
    pub(super) async fn horizontal_overflow(&self) -> i64 {
        let page = "document.documentElement";
        let horizontal_overflow = self.script(&format!("return {page}.scrollWidth - {page}.clientWidth")).await;
        horizontal_overflow.as_i64().expect("a number")
    }

    /// Holds the page to what all pages promise, with all eyes, and keeps a picture of each look.
    pub(super) async fn inspect(&self, page: &str) -> Vec<String> {
        let mut problems = Vec::new();
        for eyes in [LIGHT, DARK, NARROW, NARROW_DARK] {
            self.set_viewport(eyes).await;
            self.save_screenshot(page, eyes).await;
            let horizontal_overflow = self.horizontal_overflow().await;
            if horizontal_overflow > 0 {
                problems.push(format!("{page}, {}: {horizontal_overflow} pixels wider than the screen", eyes.name));
            }
            problems.extend(self.axe(page).await.into_iter().map(|found| format!("{page}, {}: {found}", eyes.name)));
        }
        self.set_viewport(LIGHT).await;
        problems
    }

    /// A value of the page's own script.
    pub(super) async fn value(&self, expression: &str) -> Value {
        self.script(&format!("return {expression}")).await
    }
}

/// Where pictures of all pages are kept.
fn screenshots_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder for the pictures");
    folder
}

/// axe-core, which `tests/run` installs.
fn axe_core() -> &'static str {
    static SCRIPT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SCRIPT.get_or_init(|| {
        let home = || Path::new(&std::env::var_os("HOME").expect("a home")).join(".cache");
        let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
        let file = cache.join("aircall-salesforce/clients/node_modules/axe-core/axe.min.js");
        std::fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!("{} cannot be read, run tests/run once: {error}", file.display());
        })
    })
}

//! Viewports, screenshots, and accessibility checks with axe-core.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::user::BrowserUser;

/// A screen size and a colour scheme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Viewport {
    pub(super) name: &'static str,
    width: u32,
    height: u32,
    scheme: &'static str,
}

/// A desktop screen in the light scheme.
pub(super) const LIGHT: Viewport = Viewport { name: "light", width: 1280, height: 900, scheme: "light" };
/// A desktop screen in the dark scheme.
pub(super) const DARK: Viewport = Viewport { name: "dark", width: 1280, height: 900, scheme: "dark" };
/// A small desktop window.
pub(super) const SMALL: Viewport = Viewport { name: "small", width: 800, height: 600, scheme: "light" };
/// A phone screen in the light scheme.
pub(super) const NARROW: Viewport = Viewport { name: "narrow", width: 390, height: 844, scheme: "light" };
/// A phone screen in the dark scheme.
pub(super) const NARROW_DARK: Viewport = Viewport { name: "narrow-dark", width: 390, height: 844, scheme: "dark" };

/// A violation that axe-core found on a page.
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
    /// Uses this viewport from now on. It prefers reduced motion, so that no animation is captured halfway.
    pub(super) async fn set_viewport(&self, viewport: Viewport) {
        self.set_screen(viewport, viewport.height).await;
        let scheme = json!({"name": "prefers-color-scheme", "value": viewport.scheme});
        let motion = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [scheme, motion]})).await;
    }

    async fn set_screen(&self, viewport: Viewport, height: u32) {
        let Viewport { width, .. } = viewport;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 640});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Saves a screenshot of the whole page as `<page>-<viewport>.png`.
    async fn save_screenshot(&self, page: &str, viewport: Viewport) {
        // The screen is made as high as the page, so that sticky elements are at the end of the page.
        let height = self.value("document.documentElement.scrollHeight").await.as_u64().expect("a number");
        self.set_screen(viewport, u32::try_from(height).expect("the height fits").max(viewport.height)).await;
        let screenshot = self.devtools("Page.captureScreenshot", json!({"format": "png"})).await;
        self.set_screen(viewport, viewport.height).await;
        let screenshot = screenshot["data"].as_str().expect("a screenshot");
        let screenshot = base64::engine::general_purpose::STANDARD.decode(screenshot).expect("base64");
        std::fs::write(screenshots_folder().join(format!("{page}-{}.png", viewport.name)), screenshot)
            .expect("the screenshot is written");
    }

    /// The serious and critical violations that axe-core finds; lesser ones are printed.
    pub(super) async fn axe(&self, page: &str) -> Vec<String> {
        let script = format!("{}; return axe.run(document, {{resultTypes: ['violations']}});", axe_core());
        let found = self.script(&script).await;
        let found: Vec<Finding> = serde_json::from_value(found["violations"].clone()).expect("axe's findings");
        let (serious, minor): (Vec<Finding>, Vec<Finding>) = found.into_iter().partition(Finding::is_serious);
        for finding in minor {
            println!("{page}: {}", finding.words());
        }
        serious.iter().map(Finding::words).collect()
    }

    /// How much wider the page is than the screen, pixels.
    pub(super) async fn horizontal_overflow(&self) -> i64 {
        let page = "document.documentElement";
        let overflow = self.script(&format!("return {page}.scrollWidth - {page}.clientWidth")).await;
        overflow.as_i64().expect("a number")
    }

    /// Checks the open page for overflow and accessibility in all viewports, and saves a screenshot of each.
    pub(super) async fn inspect(&self, page: &str) -> Vec<String> {
        let mut problems = Vec::new();
        for viewport in [LIGHT, DARK, NARROW, NARROW_DARK] {
            self.set_viewport(viewport).await;
            self.save_screenshot(page, viewport).await;
            let overflow = self.horizontal_overflow().await;
            if overflow > 0 {
                problems.push(format!("{page}, {}: {overflow} pixels wider than the screen", viewport.name));
            }
            problems
                .extend(self.axe(page).await.into_iter().map(|found| format!("{page}, {}: {found}", viewport.name)));
        }
        self.set_viewport(LIGHT).await;
        problems
    }

    /// The value of a JavaScript expression on the page.
    pub(super) async fn value(&self, expression: &str) -> Value {
        self.script(&format!("return {expression}")).await
    }
}

/// The folder of the screenshots.
fn screenshots_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder for the screenshots");
    folder
}

/// The source of axe-core, which `tests/run` installs.
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

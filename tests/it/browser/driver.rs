//! The chromedriver of this test run.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// What chromedriver prints, followed by the port, once it listens.
const READY: &str = "started successfully on port ";
/// A shell script that stops chromedriver, its browsers and itself when its input ends, which happens however the test run
/// ends.
const WATCH: &str = "chromedriver --port=0 & exec >&-; read -r _; trap '' TERM; kill -TERM 0; wait";

struct Driver {
    url: String,
    // Holds the pipe that WATCH reads from.
    _watch: Child,
}

/// The URL of the chromedriver of this test run.
///
/// # Panics
/// If chromedriver is not installed; `tests/run` installs it.
pub(super) fn url() -> &'static str {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    &DRIVER.get_or_init(start).url
}

fn start() -> Driver {
    use std::os::unix::process::CommandExt as _;
    let temporary = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("browsers");
    std::fs::create_dir_all(&temporary).expect("a folder for the browsers");
    let mut watch = Command::new("sh")
        .args(["-c", WATCH])
        // A process group of its own, so that all processes can be stopped at once.
        .process_group(0)
        .env("TMPDIR", temporary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let mut lines = BufReader::new(watch.stdout.take().expect("stdout is piped")).lines();
    let port = lines.find_map(|line| {
        let line = line.ok()?;
        Some(line.split_once(READY)?.1.trim_end_matches('.').to_owned())
    });
    let port = port.expect("there is no chromedriver: run tests/run once, which installs it");
    // Drains the output, so that chromedriver never blocks on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Driver { url: format!("http://127.0.0.1:{port}"), _watch: watch }
}

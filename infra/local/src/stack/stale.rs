//! A `stack.json` that a killed stack left behind, and that would pass for a sign that this one is ready.

use std::{
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustix::{io::Errno, process::Pid};
use serde::Deserialize;

/// The console is on the loopback interface.
const TIMEOUT: Duration = Duration::from_secs(1);

/// What of [`super::StackInfo`] tells whether its stack lives.
#[derive(Deserialize)]
struct Written {
    console_url: String,
    pid: i32,
}

/// Removes the file, unless the stack that it tells of is running.
pub(super) fn remove(file: &Path) -> Result<()> {
    let Ok(bytes) = std::fs::read(file) else { return Ok(()) };
    if serde_json::from_slice(&bytes).is_ok_and(|written| is_alive(&written)) {
        return Ok(());
    }
    std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}

/// Whether the process is there and the console listens: the id alone may be another process's by now.
fn is_alive(written: &Written) -> bool {
    let runs =
        Pid::from_raw(written.pid).is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(Errno::SRCH));
    let console = written.console_url.strip_prefix("http://").and_then(|address| address.parse::<SocketAddr>().ok());
    runs && console.is_some_and(|console| TcpStream::connect_timeout(&console, TIMEOUT).is_ok())
}

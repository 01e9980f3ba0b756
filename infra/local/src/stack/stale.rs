//! Removes a `stack.json` that a killed stack left behind. It would look as if this stack were ready.

use std::{
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustix::{io::Errno, process::Pid};
use serde::Deserialize;

/// Timeout of the connection to the console, which is on the loopback interface.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The fields of [`super::StackInfo`] that show whether its stack is running.
#[derive(Deserialize)]
struct StackFile {
    console_url: String,
    pid: i32,
}

/// Removes the file unless the stack that wrote it is running.
pub(super) fn remove(file: &Path) -> Result<()> {
    let Ok(bytes) = std::fs::read(file) else { return Ok(()) };
    if serde_json::from_slice(&bytes).is_ok_and(|file| is_alive(&file)) {
        return Ok(());
    }
    std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}

/// Whether the process exists and the console listens. The process ID alone may have been reused.
fn is_alive(file: &StackFile) -> bool {
    let runs = Pid::from_raw(file.pid).is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(Errno::SRCH));
    let console = file.console_url.strip_prefix("http://").and_then(|address| address.parse::<SocketAddr>().ok());
    runs && console.is_some_and(|console| TcpStream::connect_timeout(&console, TIMEOUT).is_ok())
}

//! The functions' output: every line goes to a file, and those that a person needs to see also to the terminal.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    task::JoinHandle,
};

/// Which lines of the functions go to the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Warnings, errors, and lines that are not log lines, such as those of a panic.
    Problems,
    /// Every line.
    Everything,
}

/// The destination of one function's lines.
#[derive(Debug, Clone)]
pub struct Output {
    name: String,
    show: Show,
    file: Option<Arc<Mutex<File>>>,
}

/// The last line that a process printed, for the error when it does not start.
pub(super) type LastLine = Arc<Mutex<String>>;

impl Output {
    /// Lines are prefixed with `name`, and kept in `<directory>/<name>.log` when there is a directory.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn new(name: &str, show: Show, directory: Option<&Path>) -> Result<Self> {
        let file = match directory {
            Some(directory) => {
                let path = directory.join(format!("{name}.log"));
                let about = || format!("cannot write {}", path.display());
                std::fs::create_dir_all(directory).with_context(about)?;
                Some(Arc::new(Mutex::new(File::create(&path).with_context(about)?)))
            }
            None => None,
        };
        Ok(Self { name: name.to_owned(), show, file })
    }

    /// Reads a process's pipe to its end.
    pub(super) fn follow(&self, pipe: impl AsyncRead + Send + Unpin + 'static, last: LastLine) -> JoinHandle<()> {
        let output = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                output.line(&line);
                if !line.trim().is_empty() {
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = readable(&line);
                }
            }
        })
    }

    fn line(&self, line: &str) {
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // A full disk must not stop the functions.
            let _ = writeln!(file, "{line}");
        }
        if self.show == Show::Everything || is_problem(line) {
            eprintln!("{:>9} │ {}", self.name, readable(line));
        }
    }
}

/// Whether the line is a warning, an error, or not a log line at all. Metric lines are JSON without a level.
pub fn is_problem(line: &str) -> bool {
    match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(entry)) => matches!(entry.get("level").and_then(Value::as_str), Some("WARN" | "ERROR")),
        _ => !line.trim().is_empty(),
    }
}

/// A JSON log line as readable text: level, message, then the fields.
pub fn readable(line: &str) -> String {
    let Ok(Value::Object(mut entry)) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    let Some(Value::String(level)) = entry.remove("level") else { return line.to_owned() };
    let mut fields = match entry.remove("fields") {
        Some(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    fields.extend(entry);
    let message = fields.remove("message").map(plain).unwrap_or_default();
    let mut text = format!("{level:5} {message}");
    for (name, value) in fields {
        // Lines are shown at once, so they need no time, and spans repeat the fields.
        if !matches!(name.as_str(), "timestamp" | "target" | "span" | "spans" | "threadId" | "filename") {
            text.extend([" ", &name, "=", &plain(value)]);
        }
    }
    text
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

//! The demo's output: its width, and whether it supports colour.

use std::io::{IsTerminal as _, stdout};

/// Columns if the output is not a terminal.
const DEFAULT_WIDTH: usize = 110;
/// The tables need at least this width.
const MIN_WIDTH: usize = 90;
/// Wider tables would not be easier to read.
const MAX_WIDTH: usize = 120;

/// Formats text for the terminal or other output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    pub(super) width: usize,
    has_colour: bool,
}

impl Printer {
    /// Standard output.
    pub(super) fn stdout() -> Self {
        let columns = rustix::termios::tcgetwinsize(stdout()).ok().map(|size| usize::from(size.ws_col));
        let width = columns.filter(|columns| *columns > 0).unwrap_or(DEFAULT_WIDTH).clamp(MIN_WIDTH, MAX_WIDTH);
        // https://no-color.org
        let has_colour = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { width, has_colour }
    }

    /// The line, truncated to the width.
    pub(super) fn truncate(self, line: &str) -> String {
        let fits = line.chars().count() <= self.width;
        if fits { line.to_owned() } else { line.chars().take(self.width - 1).chain(['…']).collect() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.styled("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.styled("2", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.styled("32", text)
    }

    fn styled(self, code: &str, text: &str) -> String {
        if self.has_colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

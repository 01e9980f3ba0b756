//! What the demo is printed on: how wide it is, and whether it takes colour.

use std::io::{IsTerminal as _, stdout};

/// Columns of what is no terminal.
const WIDTH: usize = 110;
/// Narrower than this the tables cannot be, wider they need not be.
const NARROWEST: usize = 90;
const WIDEST: usize = 120;

/// The terminal, or what stands for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    pub(super) width: usize,
    takes_colour: bool,
}

impl Printer {
    /// Standard output.
    pub(super) fn stdout() -> Self {
        let columns = rustix::termios::tcgetwinsize(stdout()).ok().map(|size| usize::from(size.ws_col));
        let width = columns.filter(|columns| *columns > 0).unwrap_or(WIDTH).clamp(NARROWEST, WIDEST);
        // https://no-color.org
        let takes_colour = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { width, takes_colour }
    }

    /// As much of a line as fits.
    pub(super) fn cut(self, line: &str) -> String {
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
        if self.takes_colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

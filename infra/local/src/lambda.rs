//! Lambda on this machine: the real binary of a function in one process per execution environment.

mod environment;
mod output;
mod pool;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

pub use output::{Output, Show, is_problem, readable};
pub use pool::Pool;

/// A function ready to run.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Value of `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: String,
    /// Value of `AWS_ACCESS_KEY_ID`, by which the services know the function.
    pub access_key: String,
    /// Value of `AWS_REGION`.
    pub region: String,
    /// The executable.
    pub binary: PathBuf,
    /// After this long an invocation is killed.
    pub timeout: Duration,
    /// In MB; reported to the function, not enforced.
    pub memory_mb: u32,
    /// The template's variables and the services' addresses.
    pub environment: BTreeMap<String, String>,
}

/// Why an invocation has no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvokeError {
    /// The function responded with an error.
    Failed {
        /// `errorType` of the response.
        kind: String,
    },
    /// The process ended: it crashed, was killed, or did not start.
    Crashed(String),
    /// The invocation ran into the function's `Timeout` and was killed.
    TimedOut,
    /// The stack is stopping.
    Stopped,
}

impl std::fmt::Display for InvokeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // The error's message may quote the payload, so only its type is shown.
            Self::Failed { kind } => write!(f, "the function failed: {kind}"),
            Self::Crashed(how) => write!(f, "the process ended: {how}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Stopped => f.write_str("the stack is stopping"),
        }
    }
}

impl std::error::Error for InvokeError {}

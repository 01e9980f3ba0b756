//! Paths of the project on this machine.

use std::path::{Path, PathBuf};

/// The folder with `template.yaml`: the current one or one above it, else where this package was compiled.
pub fn root() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let above = here.ancestors().find(|folder| folder.join("template.yaml").is_file());
    above.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), Path::to_owned)
}

/// The file in which a running stack publishes its addresses.
pub fn stack_file() -> PathBuf {
    root().join("target/local/stack.json")
}

/// Where the functions' calls to AWS are written.
pub fn aws_calls() -> PathBuf {
    root().join("target/local/aws-calls.jsonl")
}

/// Where the functions' output goes.
pub fn logs() -> PathBuf {
    root().join("target/local/logs")
}

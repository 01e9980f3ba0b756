//! Builds the functions with cargo, which rebuilds only what has changed.

use std::{
    collections::BTreeMap,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::{process::Command, sync::OnceCell};

/// The cargo profile that the functions are built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Fast to build.
    Dev,
    /// As deployed.
    Release,
}

/// Where the executables come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// They are built from the workspace.
    Build(Profile),
    /// They are in packages, as they are uploaded to AWS: a file `<logical id>.zip` for each function in this folder.
    Zips(PathBuf),
}

impl Default for Source {
    fn default() -> Self {
        Self::Build(Profile::Dev)
    }
}

/// Executables by name.
pub type Executables = BTreeMap<String, PathBuf>;

/// Builds the packages named `names` in the workspace at `root`, once per process and profile.
///
/// Cargo's progress goes to stderr.
///
/// # Errors
/// When cargo cannot be run or the build fails.
pub async fn build(root: &Path, names: &[String], profile: Profile) -> Result<&'static Executables> {
    static DEV: OnceCell<Executables> = OnceCell::const_new();
    static RELEASE: OnceCell<Executables> = OnceCell::const_new();
    let built = match profile {
        Profile::Dev => &DEV,
        Profile::Release => &RELEASE,
    };
    let executables = built.get_or_try_init(|| cargo(root, names, profile)).await?;
    match names.iter().find(|name| !executables.contains_key(*name)) {
        Some(name) => bail!("cargo built no executable named {name}"),
        None => Ok(executables),
    }
}

/// Unpacks the package of a function into `folder`, and returns its executable.
///
/// # Errors
/// When there is no such package, it has no `bootstrap`, or it cannot be written.
pub fn unpack(package: &Path, folder: &Path) -> Result<PathBuf> {
    let about = || format!("cannot use {}", package.display());
    let file = std::fs::File::open(package).with_context(about)?;
    let mut archive = zip::ZipArchive::new(file).with_context(about)?;
    // The name that Lambda starts in a package for `provided.al2023`.
    let mut entry = archive.by_name("bootstrap").with_context(about)?;
    let is_executable = entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
    if !is_executable {
        bail!("{}: bootstrap is not executable", package.display());
    }
    std::fs::create_dir_all(folder).with_context(about)?;
    let executable = folder.join("bootstrap");
    // A running process of a stack before keeps its own file.
    let _ = std::fs::remove_file(&executable);
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create_new(true).mode(0o755).open(&executable).with_context(about)?;
    std::io::copy(&mut entry, &mut out).with_context(about)?;
    Ok(executable)
}

async fn cargo(root: &Path, names: &[String], profile: Profile) -> Result<Executables> {
    // Cargo sets `CARGO` for the programs that it runs, so the same toolchain is used.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg("build").arg("--message-format=json-render-diagnostics").current_dir(root);
    match profile {
        // Cargo unifies the features of shared dependencies over all packages of a build. With this package among them
        // they are those of `cargo run`, and nothing is compiled twice.
        Profile::Dev => command.args(["-p", env!("CARGO_PKG_NAME")]),
        Profile::Release => command.arg("--release"),
    };
    for name in names {
        command.args(["-p", name.as_str()]);
    }
    // `cargo run` sets variables that describe this package. Build scripts that read them would run again, and
    // everything that depends on those packages would be compiled again.
    for (variable, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
            .iter()
            .any(|prefix| variable.to_string_lossy().starts_with(prefix))
        {
            command.env_remove(variable);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let output = command.spawn().context("cannot run cargo")?.wait_with_output().await.context("cannot run cargo")?;
    if !output.status.success() {
        bail!("the functions do not build; see cargo's errors above");
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(executable).collect())
}

/// Name and path of the executable, if this line of cargo's messages reports one.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message["executable"].as_str()?;
    Some((message["target"]["name"].as_str()?.to_owned(), path.into()))
}

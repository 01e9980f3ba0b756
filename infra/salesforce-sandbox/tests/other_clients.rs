//! Third-party clients against the sandbox: `tests/run` installs them, and these tests fail without them.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use sandbox_kit::Server;

use crate::client::Client;

/// The directory in which `tests/run` installs tools that are not Rust crates.
fn cache() -> PathBuf {
    let home = || Path::new(&env::var_os("HOME").unwrap()).join(".cache");
    env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("aircall-salesforce")
}

/// Runs a program in `tests/clients` of the workspace, with the address and credentials of a new org.
async fn run(program: PathBuf, arguments: &'static [&'static str]) -> Output {
    let org = Client::new().org;
    let server = Server::start(org.router()).await.unwrap();
    let url = server.url();
    let grant = org.issue_grant(&org.admin_user_id());
    let output = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/clients"))
            .env("CLIENTS", cache().join("clients"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SALESFORCE_URL", url)
            .env("SALESFORCE_ACCESS_TOKEN", grant.access_token)
            .env("SALESFORCE_REFRESH_TOKEN", grant.refresh_token)
            .env("SALESFORCE_CLIENT_ID", org.client_id())
            .env("SALESFORCE_CLIENT_SECRET", org.client_secret());
        let missing = |error| panic!("{} cannot be run, run tests/run once: {error}", program.display());
        command.output().unwrap_or_else(missing)
    });
    output.await.unwrap()
}

#[track_caller]
fn check(output: &Output, expected: &str) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    // A run without tests would also succeed.
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn jsforce_works_against_the_sandbox() {
    let output = run(PathBuf::from("node"), &["--test", "--test-reporter=tap", "jsforce.test.mjs"]).await;
    check(&output, "# fail 0");
    check(&output, "searches find by phone");
}

#[tokio::test]
async fn simple_salesforce_works_against_the_sandbox() {
    let output = run(cache().join("venv/bin/python"), &["-m", "unittest", "test_simple_salesforce"]).await;
    check(&output, "Ran 5 tests");
}

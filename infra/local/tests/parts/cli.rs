//! If the stack cannot start, it prints one line and exits with code 1.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.current_dir(folder).args(arguments).env_remove("RUST_LOG").output().expect("it runs")
}

#[track_caller]
fn check(output: &Output, expected: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr.trim_end(), expected);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "nothing is ready");
}

/// A folder of the test's own with a `template.yaml`.
fn folder(name: &str, template: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("template.yaml"), template).expect("a template");
    folder
}

#[test]
fn a_port_in_use_is_reported_with_its_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    check(
        &run(here, &["--port", &port, "--salesforce-port", "0"]),
        &format!("error: port {port} is in use; choose another with --port"),
    );
    check(
        &run(here, &["--port", "0", "--salesforce-port", &port]),
        &format!("error: port {port} is in use; choose another with --salesforce-port"),
    );
}

/// Leaves a `stack.json` in a folder where no stack can start, tries to start one, and says whether the file is still
/// there.
fn survives(name: &str, stack_file: &str) -> bool {
    let folder = folder(name, "Resources: []");
    let file = folder.join("target/local/stack.json");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(&file, stack_file).expect("a file");
    let output = run(&folder, &["--port", "0", "--salesforce-port", "0"]);
    assert_eq!(output.status.code(), Some(1));
    file.exists()
}

#[test]
fn a_stale_stack_file_is_removed_first() {
    let mut ended = Command::new("true").spawn().expect("a process");
    ended.wait().expect("its end");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listening = listener.local_addr().expect("an address");
    let stack_file = |pid: u32, url: &str| format!(r#"{{"pid": {pid}, "console_url": "{url}"}}"#);
    let here = std::process::id();

    assert!(!survives("killed", &stack_file(ended.id(), &format!("http://{listening}"))), "its process has ended");
    assert!(
        !survives("replaced", &stack_file(here, "http://127.0.0.1:1")),
        "another process has reused its ID, and no console listens"
    );
    assert!(!survives("torn", "{"), "it is not the file of a stack");
    assert!(survives("alive", &stack_file(here, &format!("http://{listening}"))), "its stack is running");
}

#[test]
fn an_unsupported_resource_is_reported() {
    let folder = folder("broken", "Resources: { X: { Type: 'AWS::DynamoDB::GlobalTable' } }");
    check(
        &run(&folder, &["--port", "0", "--salesforce-port", "0"]),
        "error: X: AWS::DynamoDB::GlobalTable is not supported on this machine",
    );
}

#[test]
fn a_property_that_cannot_be_resolved_is_reported() {
    let folder = folder(
        "unresolved",
        "Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: !ImportValue x } } }",
    );
    check(
        &run(&folder, &["--port", "0", "--salesforce-port", "0"]),
        "error: Q.VisibilityTimeout: Fn::ImportValue is not supported on this machine",
    );
}

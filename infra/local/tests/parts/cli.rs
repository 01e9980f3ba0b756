//! What a person sees when the stack cannot start: one line, and exit code 1.

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
fn a_port_in_use() {
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

#[test]
fn a_template_that_cannot_be_read() {
    let folder = folder("broken", "Resources: { X: { Type: 'AWS::DynamoDB::GlobalTable' } }");
    check(
        &run(&folder, &["--port", "0", "--salesforce-port", "0"]),
        &format!(
            "error: cannot use {}/template.yaml: X: AWS::DynamoDB::GlobalTable is not supported on this machine",
            folder.display()
        ),
    );
}

#[test]
fn a_property_that_cannot_be_resolved() {
    let folder = folder(
        "unresolved",
        "Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: !ImportValue x } } }",
    );
    check(
        &run(&folder, &["--port", "0", "--salesforce-port", "0"]),
        "error: Q.VisibilityTimeout: Fn::ImportValue is not supported on this machine",
    );
}

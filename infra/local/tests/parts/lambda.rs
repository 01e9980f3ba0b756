//! Functions that do not start.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use local::lambda::{Launch, Output, Pool, Show};

/// The error of a pool whose function is a shell script.
async fn error_of(name: &str, script: &str) -> String {
    let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&binary, format!("#!/bin/sh\n{script}\n")).expect("a script");
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let launch = Launch {
        name: name.to_owned(),
        access_key: name.to_owned(),
        region: "us-east-1".to_owned(),
        binary,
        timeout: Duration::from_secs(3),
        memory_mb: 128,
        environment: BTreeMap::from([("TABLE".to_owned(), "local-Table".to_owned())]),
    };
    let output = Output::new(name, Show::Problems, None).expect("an output");
    format!("{:#}", Pool::start(launch, output).await.expect_err("it does not start"))
}

#[tokio::test]
async fn the_error_of_a_process_that_ends_at_start_has_its_last_line() {
    let script = r#"echo '{"level":"ERROR","fields":{"message":"CALLS_TABLE is missing"}}' >&2; exit 3"#;
    assert_eq!(error_of("ends-early", script).await, "exit status: 3: ERROR CALLS_TABLE is missing");
}

#[tokio::test]
async fn the_error_of_a_silent_process_has_its_exit_status() {
    assert_eq!(error_of("ends-silently", "exit 4").await, "exit status: 4");
}

#[tokio::test]
async fn a_process_gets_lambdas_variables_and_none_of_this_machines() {
    let script =
        r#"echo "$AWS_LAMBDA_FUNCTION_NAME $AWS_LAMBDA_FUNCTION_MEMORY_SIZE $TABLE ${HOME:-homeless}"; exit 1"#;
    assert_eq!(
        error_of("prints-its-variables", script).await,
        "exit status: 1: prints-its-variables 128 local-Table homeless"
    );
}
